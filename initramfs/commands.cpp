// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/commands.h"

#include "base/file.h"
#include "base/log.h"
#include "base/output.h"
#include "initramfs/build.h"
#include "initramfs/summary.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

struct Options {
    BuildRequest request;
    std::string output;
    std::vector<std::string> modules;
    bool json = false;
};

Result<int> run_build(const Options& options, bool modules_named) {
    BuildRequest request = options.request;
    if (modules_named) {
        request.modules = options.modules;
        const bool none = std::erase(*request.modules, "none") > 0;
        if (none && !request.modules->empty())
            return fail(make_error(ErrorKind::invalid, "use --modules",
                                   fmt::format("{}", fmt::join(options.modules, ",")),
                                   "\"none\" stands alone: it says that every driver is built in")
                            .then("name drivers, or say --modules none"));
    }
    KDK_ASSIGN(const Build made, build(request));
    const Log log = stderr_log("kdumpkit build");
    for (const std::string& warning : made.warnings)
        log.warning("{}", warning);
    // Only its owner may read it: settings may come to hold keys.
    KDK_TRY(write_file_atomically(options.output, made.archive.bytes, 0600));
    KDK_TRY(
        print_result(options.json ? summary_json(made, options.output) : summary_text(made, options.output),
                     fmt::format("{} is written, only this could not be said", options.output)));
    return exit_codes::success;
}

std::function<Result<int>()> define_build(CLI::App& app) {
    auto options = std::make_shared<Options>();
    BuildRequest& request = options->request;
    app.add_option("-o,--output", options->output, "the initramfs to write")->required()->type_name("FILE");
    app.add_option(
           "--target", request.targets,
           "where a dump goes instead of the settings' targets: file:///FOLDER; repeat it for fallbacks")
        ->type_name("URL");
    app.add_option("--config", request.config, "settings (TOML; default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.add_option("--kver", request.release, "release of the capture kernel (default: the running one)")
        ->type_name("RELEASE");
    app.add_option("--root", request.root, "build for the system in this folder")->type_name("DIR");
    app.add_option("--programs", request.programs, "where kdump-capture and makedumpfile-lite are")
        ->type_name("DIR");
    CLI::Option* modules =
        app.add_option("--modules", options->modules, "drivers of the target's disk, or none: all built in")
            ->delimiter(',')
            ->type_name("A,B");
    app.add_option("--add-modules", request.more_modules, "further modules to load")
        ->delimiter(',')
        ->type_name("A,B");
    app.add_option("--host", request.host, "this machine's name in the dump's folder")->type_name("NAME");
    app.footer("A URL may name its filesystem: file:///FOLDER?fs=UUID=…&type=ext4. See kdumpkit(8).");
    app.add_flag("--json", options->json, "print contents and sizes as JSON");
    return [options, modules]() { return run_build(*options, modules->count() > 0); };
}

} // namespace

std::vector<Subcommand> commands() {
    return {{"build", "make the capture initramfs", define_build}};
}

} // namespace kdumpkit::initramfs
