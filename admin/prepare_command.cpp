// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/prepare_command.h"

#include "admin/arm.h"
#include "admin/capture_image.h"
#include "admin/prepared_image.h"
#include "base/file.h"
#include "base/log.h"
#include "base/output.h"
#include "config/settings_file.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string release, config;
    bool forget = false;
};

Result<int> say(const std::string& text) {
    KDK_TRY(print_result(text + "\n"));
    return exit_codes::success;
}

Result<int> run_prepare(const Options& options) {
    KDK_TRY(prepared_image_of(options.release));
    if (::geteuid() != 0)
        return fail(make_error(ErrorKind::invalid, "prepare for kernel", options.release, "this needs root")
                        .then("run it with sudo"));
    KDK_ASSIGN(const Fd lock, lock_arming());
    if (options.forget) {
        KDK_ASSIGN(const bool was_there, forget_prepared_image(options.release));
        return say(
            (was_there ? "what was prepared is removed for kernel " : "nothing was prepared for kernel ") +
            options.release);
    }
    // Kernels are also installed where nobody wants panics captured.
    if (!file_exists(ImageRecord::path))
        return say("kdumpkit is not set up on this machine, so nothing is prepared; next: kdumpkit setup");
    KDK_ASSIGN(const SettingsFile file, read_settings_file(options.config));
    if (file.settings.kernel != "running" && file.settings.kernel != options.release)
        return say(
            fmt::format("panics are captured by kernel {} (capture.kernel), so nothing is prepared for {}",
                        file.settings.kernel, options.release));
    KDK_ASSIGN(const auto reasons,
               prepare_image(options.release, options.config, stderr_log("kdumpkit prepare")));
    return say((reasons.empty() ? "the capture initramfs is fresh that is prepared for kernel "
                                : "the capture initramfs is prepared for kernel ") +
               options.release);
}

} // namespace

std::function<Result<int>()> define_prepare(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("RELEASE", options->release, "of the kernel, as uname -r prints it")
        ->type_name("")
        ->required();
    app.add_option("--config", options->config, "settings (default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.add_flag("--forget", options->forget, "remove what was prepared for that kernel");
    app.footer("Hooks run this when a kernel is installed or removed, so that what would go wrong at its "
               "first boot\n"
               "is seen now. At that boot kdumpkit arm makes the initramfs of what is there then.");
    return [options] { return run_prepare(*options); };
}

} // namespace kdumpkit::admin
