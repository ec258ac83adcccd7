// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/load_command.h"

#include "loader/load_run.h"

#include <cstdint>
#include <memory>

#include <CLI/CLI.hpp>

namespace kdumpkit::loader {

namespace {

struct LoadLine : LoadOptions {
    bool preserve_context = false;
    std::uint64_t memory = std::uint64_t{128} << 20; // bytes
};

} // namespace

std::function<Result<int>()> define_load(CLI::App& app) {
    auto options = std::make_shared<LoadLine>();
    CommandLineWish& line = options->wish.command_line;
    auto* kernel =
        app.add_option(
               "--kernel", options->kernel,
               "the kernel: a bzImage, a vmlinux or a unified image, packed by gzip, xz, lzma, zstd or "
               "lz4 or not")
            ->type_name("FILE");
    auto* initrd =
        app.add_option(
               "--initrd", options->initrd,
               "its initramfs, made by kdumpkit build for a capture kernel; default: the unified image's")
            ->type_name("FILE");
    auto* dtb =
        app.add_option("--dtb", options->dtb, "a device tree for it (kexec_load only)")->type_name("FILE");
    auto* append =
        app.add_option("--append", line.append, "parameters added to the new kernel's command line");
    auto* replace =
        app.add_option("--command-line", line.replace,
                       "the whole command line (elfcorehdr= is always added for a capture kernel)");
    replace->excludes(append);
    auto* reboot =
        app.add_flag("--reboot", options->reboot, "load a kernel for kdumpkit reboot, not one for a panic");
    app.add_flag("--reuse-cmdline", options->wish.reuse_cmdline,
                 "with --reboot: the running kernel's command line, even if a unified image has its own")
        ->needs(reboot)
        ->excludes(replace);
    auto* preserve = app.add_flag("--preserve-context", options->preserve_context,
                                  "with --reboot: the new kernel may return to this one (CONFIG_KEXEC_JUMP)")
                         ->needs(reboot);
    app.add_option("--memory", options->memory,
                   "with --preserve-context: all the memory that the new kernel gets")
        ->transform(CLI::AsSizeValue(false))
        ->check(CLI::PositiveNumber)
        ->default_str("128M")
        ->type_name("SIZE")
        ->needs(preserve);
    auto* syscall = app.add_option("--syscall", options->syscall, "auto, kexec_load or kexec_file_load")
                        ->capture_default_str();
    auto* entry = app.add_option("--entry", options->entry,
                                 "auto, 64-bit or pvh: where a vmlinux is entered (pvh: kexec_load only)")
                      ->capture_default_str();
    app.add_flag("--again", options->again,
                 "load once more what is loaded, after CPUs or memory came or went")
        ->excludes(kernel, initrd, dtb, syscall, entry, replace, append);
    auto* plan = app.add_flag("--plan", options->plan, "show what would be loaded where, and load nothing");
    app.add_flag("--json", options->json, "with --plan: as JSON")->needs(plan);
    app.add_option("--root", options->root, "with --plan: read /proc and /sys below this folder")
        ->type_name("DIR")
        ->needs(plan);

    return [options] {
        if (options->preserve_context)
            options->wish.context_memory = options->memory;
        return run_load(*options);
    };
}

} // namespace kdumpkit::loader
