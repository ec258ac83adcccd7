// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/load_run.h"

#include "base/file.h"
#include "base/log.h"
#include "base/output.h"
#include "base/utc.h"
#include "loader/load_case.h"
#include "loader/load_lock.h"
#include "loader/plan_report.h"
#include "loader/status.h"

#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::loader {

namespace {

// What --again finds again from any folder. Links stay: they may lead to a newer file then.
std::string absolute(const std::string& path) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    return path.empty() || error ? path : whole.lexically_normal().string();
}

// Status would otherwise not know what is loaded; failing here does not make the load worse.
void keep_record(const LoadRecord& record, KexecPurpose purpose, const Log& log) {
    const std::string path = LoadRecord::path(purpose);
    ::mkdir("/run", 0755);
    ::mkdir(parent_folder(path).c_str(), 0755);
    if (const auto written = write_file_atomically(path, to_json(record)); !written)
        log.warning("kdumpkit status will not know what was loaded: {}", written.error().message());
}

// A regular file that can be read; anything else is refused before it is read. A vmlinux with debug
// information has more than half a GiB.
Result<std::vector<std::byte>> read_image(const std::string& path, const char* option, const char* advice) {
    const auto advise = [&](Error error) { return std::move(error).then(advice); };
    if (path.empty())
        return fail(advise(
            make_error(ErrorKind::invalid, fmt::format("use {}", option), "\"\"", "the name is empty")));
    KDK_ASSIGN(const Fd file, open_file(path, O_RDONLY | O_NONBLOCK).map_error(advise));
    struct stat about {};
    if (::fstat(file.get(), &about) != 0)
        return fail(system_error("look at", path, errno));
    if (!S_ISREG(about.st_mode))
        return fail(advise(
            make_error(ErrorKind::invalid, fmt::format("use {}", option), path, "it is not a regular file")));
    return read_file(path, std::size_t{1} << 30);
}

// A plan is shown of what the kernel permits no more, too: it is there to be looked at.
template<typename Prepared>
Result<int> print_plan(const LoadCase& load, const SyscallDecision& decision, Prepared prepared) {
    if (const auto permitted = require_permission(load.machine, load.options.purpose()); !permitted)
        prepared.warnings.push_back(fmt::format("it would not be loaded: {}; next: {}",
                                                permitted.error().reason, permitted.error().next_step));
    else if (const auto refusal = certain_refusal(decision, load.machine))
        prepared.warnings.push_back("it would not be loaded: " + *refusal);
    KDK_TRY(print_result(load.options.json ? plan_json(prepared) : plan_text(prepared)));
    return exit_codes::success;
}

Result<int> print_plan(const LoadCase& load, const SyscallDecision& decision) {
    if (decision.syscall == KexecSyscall::kexec_load) {
        KDK_ASSIGN(PreparedLoad prepared, load.prepare());
        return print_plan(load, decision, std::move(prepared));
    }
    KDK_ASSIGN(PreparedFileLoad prepared, load.prepare_file());
    return print_plan(load, decision, std::move(prepared));
}

// --again: what the record says, with its final command line. What CPUs and memory there are is found out
// anew.
Result<LoadOptions> as_before(LoadOptions options) {
    const std::string path = LoadRecord::path(options.purpose());
    const auto record = parse_load_record(read_text(path).value_or(std::string()));
    if (!record)
        return fail(make_error(ErrorKind::absent, "load again what is in", path,
                               "nothing was loaded by kdumpkit since the boot")
                        .then("kdumpkit load --kernel FILE --initrd FILE"));
    options.kernel = record->kernel;
    options.initrd = record->initrd;
    options.dtb = record->dtb;
    options.wish.command_line = {record->command_line, ""};
    options.syscall = record->syscall;
    options.entry = record->entry;
    options.wish.context_memory = record->context_memory;
    return options;
}

Result<> check_options(const LoadOptions& options) {
    if (options.kernel.empty())
        return fail(make_error(ErrorKind::invalid, "read the command line", {}, "--kernel is required")
                        .then("see kdumpkit load --help"));
    if (options.root != "/" && !options.plan)
        return fail(
            make_error(ErrorKind::invalid, "use --root", options.root, "it only makes sense with --plan")
                .then("add --plan, or load on the machine itself"));
    return {};
}

std::string only_kexec_load(const LoadOptions& options, const LoadFiles& files) {
    if (options.wish.context_memory != 0)
        return "--preserve-context";
    if (options.wish.entry == EntryChoice::pvh)
        return "--entry pvh";
    if (!files.dtb_name.empty())
        return "a device tree";
    // What is no kernel at all is named later, by what reads it.
    const auto image = unwrap_image(files.kernel, files.kernel_name);
    return image && image->format == ImageFormat::elf ? "an ELF vmlinux" : "";
}

} // namespace

Result<int> run_load(const LoadOptions& given) {
    const Log log = stderr_log("kdumpkit load");
    Fd lock;
    if (!given.plan && ::geteuid() == 0) {
        // A system whose /run cannot be written is still armed.
        if (auto locked = lock_loading())
            lock = std::move(*locked);
        else
            log.warning("another kdumpkit is not kept waiting: {}", locked.error().message());
    }
    KDK_ASSIGN(LoadOptions options, given.again ? as_before(given) : given);
    KDK_TRY(check_options(options));
    KDK_ASSIGN(options.wish.entry, parse_entry_choice(options.entry));
    KDK_ASSIGN(const SyscallChoice choice, parse_syscall_choice(options.syscall));
    KDK_ASSIGN(const Machine machine, gather_machine(options.root));
    const KexecPurpose purpose = options.purpose();
    if (!options.plan)
        KDK_TRY(require_root(machine, "load", purpose));
    KDK_ASSIGN(const auto kernel,
               read_image(options.kernel, "--kernel",
                          "give the kernel's bzImage, for instance /boot/vmlinuz-$(uname -r)"));
    std::vector<std::byte> initrd, dtb;
    if (!options.initrd.empty()) {
        KDK_ASSIGN(initrd, read_image(options.initrd, "--initrd", "make one with kdumpkit build -o FILE"));
    }
    if (!options.dtb.empty()) {
        KDK_ASSIGN(dtb, read_image(options.dtb, "--dtb", "give a flattened device tree"));
    }
    const LoadCase load{options, machine, {kernel, options.kernel, initrd, options.initrd, dtb, options.dtb}};
    KDK_ASSIGN(const SyscallDecision decision,
               decide_syscall(choice, machine, only_kexec_load(options, load.files)));
    if (options.plan)
        return print_plan(load, decision);
    KDK_TRY(require_permission(machine, purpose));

    const bool replaces = machine.loaded(purpose) == "1";
    auto done = load_now(load, decision, log);
    if (!done) {
        // The kernel drops the old one first, so say what is true now. Its record stays: --again can bring it
        // back, also for the udev rule when the next CPU comes.
        const auto after = gather_machine("/");
        if (replaces && after && after->loaded(purpose) != "1") {
            Error error = std::move(done).error();
            error.reason +=
                purpose == KexecPurpose::capture
                    ? "; the capture kernel that was loaded before is gone, this machine is not armed "
                      "(kdumpkit load --again brings it back)"
                    : "; the kernel that was loaded for a reboot before is gone";
            return fail(std::move(error));
        }
        return fail(std::move(done).error());
    }
    keep_record({absolute(options.kernel), absolute(options.initrd), done->kernel_version, done->command_line,
                 std::string(to_text(done->syscall)), utc_text(std::time(nullptr)),
                 options.wish.context_memory, absolute(options.dtb), options.entry},
                purpose, log);
    std::string said = replaces ? fmt::format("replaced {} loaded before\n", to_text(purpose)) : "";
    said += fmt::format("{}: {} is loaded by {} ({})\n", options.reboot ? "ready to reboot" : "armed",
                        options.kernel, to_text(done->syscall), done->reason);
    if (options.reboot)
        said += fmt::format("command line: {}\nnext: kdumpkit reboot{}\n", done->command_line,
                            options.wish.context_memory != 0
                                ? " --now; in the new kernel, to return here: kdumpkit reboot --back"
                                : "");
    if (const auto left = loads_left(machine, purpose); left && *left > 0)
        said += fmt::format("kernel.kexec_load_limit_{} permits {} more until the next boot\n",
                            options.reboot ? "reboot" : "panic", *left - 1);
    KDK_TRY(print_result(said, "the kernel is loaded, only this could not be said"));
    return exit_codes::success;
}

Result<int> load_capture_kernel(const std::string& kernel, const std::string& initrd,
                                const std::string& append) {
    LoadOptions options;
    options.kernel = kernel;
    options.initrd = initrd;
    options.wish.command_line.append = append;
    return run_load(options);
}

} // namespace kdumpkit::loader
