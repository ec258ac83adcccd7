// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/commands.h"

#include "base/file.h"
#include "base/log.h"
#include "base/output.h"
#include "base/progress.h"
#include "loader/load.h"
#include "loader/plan_report.h"
#include "loader/status.h"

#include <ctime>
#include <memory>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::loader {

namespace {

struct LoadOptions {
    std::string kernel, initrd, syscall = "auto", root = "/";
    CommandLineWish command_line;
    bool plan = false, json = false;
};

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm broken{};
    ::gmtime_r(&now, &broken);
    char text[32];
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &broken);
    return text;
}

// Status would otherwise not know what is loaded; failing here does not make the load worse.
void keep_record(const LoadRecord& record, const Log& log) {
    ::mkdir("/run", 0755);
    ::mkdir(parent_folder(LoadRecord::path).c_str(), 0755);
    if (const auto written = write_file_atomically(LoadRecord::path, to_json(record)); !written)
        log.warning("kdumpkit status will not know what was loaded: {}", written.error().message());
}

// A regular file that can be read; anything else is refused before it is read.
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
    return read_file(path);
}

Result<int> print_plan(const LoadOptions& options, const SyscallDecision& decision, const Machine& machine,
                       const CaptureImages& images) {
    if (decision.syscall == KexecSyscall::kexec_load) {
        KDK_ASSIGN(const PreparedLoad prepared, prepare_kexec_load(machine, images, options.command_line));
        KDK_TRY(print_result(options.json ? plan_json(prepared) : plan_text(prepared)));
    } else {
        KDK_ASSIGN(const PreparedFileLoad prepared, prepare_file_load(machine, images, options.command_line));
        KDK_TRY(print_result(options.json ? plan_json(prepared) : plan_text(prepared)));
    }
    return exit_codes::success;
}

struct Done {
    std::string command_line, kernel_version;
    KexecSyscall syscall;
    std::string reason; // why this system call
};

Result<Done> load_by_file(const LoadOptions& options, const Machine& machine, const CaptureImages& images,
                          const std::string& reason) {
    KDK_ASSIGN(const PreparedFileLoad prepared, prepare_file_load(machine, images, options.command_line));
    KDK_ASSIGN(const Fd kernel_file, open_file(options.kernel, O_RDONLY));
    KDK_ASSIGN(const Fd initrd_file, open_file(options.initrd, O_RDONLY));
    KDK_TRY(kexec_file_load_crash(kernel_file.get(), initrd_file.get(), prepared.command_line));
    return Done{prepared.command_line, prepared.kernel_version, KexecSyscall::kexec_file_load, reason};
}

Result<Done> load_now(const LoadOptions& options, const SyscallDecision& decision, const Machine& machine,
                      const CaptureImages& images, const Log& log) {
    if (decision.syscall == KexecSyscall::kexec_file_load)
        return load_by_file(options, machine, images, decision.reason);
    KDK_ASSIGN(const PreparedLoad prepared, prepare_kexec_load(machine, images, options.command_line));
    for (const std::string& warning : prepared.warnings)
        log.warning("{}", warning);
    const auto loaded = kexec_load_crash(prepared.entry, prepared.segments());
    if (loaded)
        return Done{prepared.command_line, prepared.kernel_version, KexecSyscall::kexec_load,
                    decision.reason};
    const int why = loaded.error().errno_value;
    if (decision.may_fall_back && (why == EPERM || why == ENOSYS)) {
        log.info("the kernel refuses kexec_load ({}), trying kexec_file_load", loaded.error().reason);
        return load_by_file(options, machine, images, "the kernel refuses kexec_load");
    }
    log.info("the plan was:\n{}", prepared.plan.text());
    return fail(loaded.error());
}

Result<int> run_load(const LoadOptions& options) {
    const Log log = stderr_log("kdumpkit load");
    if (options.root != "/" && !options.plan)
        return fail(
            make_error(ErrorKind::invalid, "use --root", options.root, "it only makes sense with --plan")
                .then("add --plan, or load on the machine itself"));
    KDK_ASSIGN(const SyscallChoice choice, parse_syscall_choice(options.syscall));
    KDK_ASSIGN(const Machine machine, gather_machine(options.root));
    if (!options.plan)
        KDK_TRY(require_root(machine, "load"));
    KDK_ASSIGN(const auto kernel,
               read_image(options.kernel, "--kernel",
                          "give the kernel's bzImage, for instance /boot/vmlinuz-$(uname -r)"));
    KDK_ASSIGN(const auto initrd,
               read_image(options.initrd, "--initrd", "make one with kdumpkit build -o FILE"));
    const CaptureImages images{kernel, options.kernel, initrd, options.initrd};
    KDK_ASSIGN(const SyscallDecision decision, decide_syscall(choice, machine));
    if (options.plan)
        return print_plan(options, decision, machine, images);

    const bool replaces = machine.crash_loaded == "1";
    auto done = load_now(options, decision, machine, images, log);
    if (!done) {
        // The kernel drops the old one first, so say what is true now.
        const auto after = gather_machine("/");
        if (replaces && after && after->crash_loaded != "1") {
            ::unlink(LoadRecord::path);
            Error error = std::move(done).error();
            error.reason += "; the capture kernel that was loaded before is gone, this machine is not armed";
            return fail(std::move(error));
        }
        return fail(std::move(done).error());
    }
    keep_record({options.kernel, options.initrd, done->kernel_version, done->command_line,
                 std::string(to_text(done->syscall)), utc_now()},
                log);
    KDK_TRY(print_result(fmt::format("{}armed: {} is loaded by {} ({})\n",
                                     replaces ? "replaced the capture kernel loaded before\n" : "",
                                     options.kernel, to_text(done->syscall), done->reason),
                         "the capture kernel is loaded, only this could not be said"));
    return exit_codes::success;
}

Result<int> run_unload() {
    KDK_ASSIGN(const Machine machine, gather_machine("/"));
    KDK_TRY(require_root(machine, "unload"));
    KDK_TRY(kexec_unload_crash());
    ::unlink(LoadRecord::path);
    KDK_TRY(print_result(machine.crash_loaded == "1"
                             ? "the capture kernel is unloaded: a panic leaves no dump\n"
                             : "no capture kernel was loaded\n",
                         "no capture kernel is loaded any more, only this could not be said"));
    return exit_codes::success;
}

std::function<Result<int>()> define_load(CLI::App& app) {
    auto options = std::make_shared<LoadOptions>();
    app.add_option("--kernel", options->kernel, "the capture kernel, a bzImage")
        ->required()
        ->type_name("FILE");
    app.add_option("--initrd", options->initrd, "its initramfs, made by kdumpkit build")
        ->required()
        ->type_name("FILE");
    auto* append = app.add_option("--append", options->command_line.append,
                                  "parameters added to the capture kernel's command line");
    app.add_option("--command-line", options->command_line.replace,
                   "the whole command line (elfcorehdr= is always added)")
        ->excludes(append);
    app.add_option("--syscall", options->syscall, "auto, kexec_load or kexec_file_load")
        ->capture_default_str();
    auto* plan = app.add_flag("--plan", options->plan, "show what would be loaded where, and load nothing");
    app.add_flag("--json", options->json, "with --plan: as JSON")->needs(plan);
    app.add_option("--root", options->root, "with --plan: read /proc and /sys below this folder")
        ->type_name("DIR")
        ->needs(plan);
    return [options] { return run_load(*options); };
}

std::function<Result<int>()> define_status(CLI::App& app) {
    auto json = std::make_shared<bool>(false);
    app.add_flag("--json", *json, "as JSON");
    return [json]() -> Result<int> {
        KDK_ASSIGN(const Machine machine, gather_machine("/"));
        const Status status = make_status(machine, read_text(LoadRecord::path).value_or(std::string()));
        KDK_TRY(print_result(*json ? to_json(status) : to_text(status)));
        return status.armed ? exit_codes::success : exit_codes::absent;
    };
}

} // namespace

std::vector<Subcommand> commands() {
    return {{"load", "put the capture kernel into the crash reservation", define_load},
            {"unload", "drop the loaded capture kernel", [](CLI::App&) { return run_unload; }},
            {"status", "say whether a panic would be captured", define_status}};
}

} // namespace kdumpkit::loader
