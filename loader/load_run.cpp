// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/load_run.h"

#include "base/file.h"
#include "base/log.h"
#include "base/output.h"
#include "base/utc.h"
#include "loader/choice.h"
#include "loader/load.h"
#include "loader/load_lock.h"
#include "loader/plan_report.h"
#include "loader/status.h"
#include "loader/way_back.h"

#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::loader {

namespace {

// What was read for it, and what the machine said before.
struct LoadCase {
    const LoadOptions& options;
    const Machine& machine;
    LoadFiles files;

    [[nodiscard]] Result<PreparedLoad> prepare() const {
        return options.reboot
                   ? prepare_reboot(machine, files, options.wish)
                   : prepare_kexec_load(machine, files, options.wish.command_line, options.wish.entry);
    }
    [[nodiscard]] Result<PreparedFileLoad> prepare_file() const {
        return options.reboot ? prepare_file_reboot(machine, files, options.wish)
                              : prepare_file_load(machine, files, options.wish.command_line);
    }
};

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

struct Done {
    std::string command_line, kernel, kernel_version;
    KexecSyscall syscall;
    std::string reason; // why this system call
};

// A file in memory, for what came out of another file: the system call takes descriptors only.
Result<Fd> in_memory(Bytes content, const char* name) {
    Fd fd(::memfd_create(name, MFD_CLOEXEC));
    if (!fd.valid())
        return fail(system_error("make a file in memory for", name, errno));
    KDK_TRY(write_all(fd.get(), content, name));
    return fd;
}

Result<Done> load_by_file(const LoadCase& load, const std::string& reason, const Log& log) {
    KDK_ASSIGN(const PreparedFileLoad prepared, load.prepare_file());
    for (const std::string& warning : prepared.warnings)
        log.warning("{}", warning);
    const Inputs& inputs = prepared.inputs;
    KDK_ASSIGN(const Fd kernel, inputs.image.wrappings.empty()
                                    ? open_file(load.options.kernel, O_RDONLY)
                                    : in_memory(inputs.image.kernel_file, "kernel"));
    Fd initrd;
    if (inputs.initrd_carried) {
        KDK_ASSIGN(initrd, in_memory(inputs.initrd, "initrd"));
    } else if (!load.options.initrd.empty()) {
        KDK_ASSIGN(initrd, open_file(load.options.initrd, O_RDONLY));
    }
    const KexecPurpose purpose = load.options.purpose();
    if (auto loaded = kexec_file_load(purpose, kernel.get(), initrd.get(), prepared.command_line); !loaded) {
        log.info("the plan was:\n{}", plan_text(prepared));
        return fail(
            explain_refusal(std::move(loaded).error(), load.machine, purpose, KexecSyscall::kexec_file_load));
    }
    return Done{prepared.command_line, prepared.kernel, prepared.kernel_version,
                KexecSyscall::kexec_file_load, reason};
}

Result<Done> load_now(const LoadCase& load, const SyscallDecision& decision, const Log& log) {
    if (decision.syscall == KexecSyscall::kexec_file_load)
        return load_by_file(load, decision.reason, log);
    KDK_ASSIGN(const PreparedLoad prepared, load.prepare());
    for (const std::string& warning : prepared.warnings)
        log.warning("{}", warning);
    const KexecPurpose purpose = load.options.purpose();
    KDK_TRY(
        check_segments(prepared.segments(), prepared.plan.rooms, prepared.entry).map_error([&](Error error) {
            return with_plan(std::move(error), prepared.plan);
        }));
    if (prepared.returns)
        KDK_TRY(require_way_back(load.machine, log));
    const auto loaded = kexec_load(purpose, prepared.entry, prepared.segments(),
                                   {prepared.returns, prepared.kernel_updates_core_header});
    if (loaded)
        return Done{prepared.command_line, prepared.kernel, prepared.kernel_version, KexecSyscall::kexec_load,
                    decision.reason};
    const Error error = explain_refusal(loaded.error(), load.machine, purpose, KexecSyscall::kexec_load,
                                        decision.only_kexec_load);
    const int why = error.errno_value;
    if (decision.may_fall_back && (why == EPERM || why == EACCES || why == ENOSYS)) {
        log.info("the kernel refuses kexec_load ({}), trying kexec_file_load", error.reason);
        return load_by_file(load, "the kernel refuses kexec_load", log);
    }
    log.info("the plan was:\n{}", prepared.plan.text());
    return fail(error);
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
