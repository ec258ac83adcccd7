// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "base/mapped_file.h"
#include "base/text.h"
#include "loader/choice.h"
#include "loader/kexec.h"
#include "loader/production_load.h"

#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>

#include <fmt/format.h>

using namespace kdumpkit;
using namespace kdumpkit::loader;

namespace {

constexpr std::string_view usage =
    "Usage: kdump-kexec PRODUCTION KERNEL [INITRD]   load the production kernel, in a capture kernel\n"
    "       kdump-kexec --help | --version\n"
    "\n"
    "kdump-capture runs it when its last action is kexec, and then starts what was loaded. PRODUCTION is "
    "what\n"
    "`kdumpkit build` saw of the kernel that ran; the files must be those that it saw.\n"
    "Exit codes: 0 success, 1 system error, 2 wrong use or a machine that changed, 3 something is absent,\n"
    "4 corrupt input, 5 not possible here.\n";

// With nothing but a capture kernel's memory around: the files are read where they lie.
Result<> load_production(const std::string& path, const std::string& kernel_path,
                         const std::string& initrd_path) {
    KDK_ASSIGN(const std::string text, read_text(path));
    KDK_ASSIGN(const Production production, parse_production(text, path));
    KDK_ASSIGN(const MappedFile kernel, MappedFile::open(kernel_path));
    std::optional<MappedFile> initrd;
    if (!initrd_path.empty()) {
        KDK_ASSIGN(MappedFile file, MappedFile::open(initrd_path));
        initrd.emplace(std::move(file));
    }
    KDK_ASSIGN(const Machine machine, gather_machine("/"));
    KDK_TRY(require_root(machine, "load", KexecPurpose::reboot));
    KDK_TRY(require_permission(machine, KexecPurpose::reboot));
    KDK_ASSIGN(const std::string meminfo, read_text("/proc/meminfo"));
    KDK_ASSIGN(
        const PreparedLoad load,
        prepare_production(production, machine, read_elf_headers("/proc/vmcore"),
                           {kernel.bytes(), kernel_path, initrd ? initrd->bytes() : Bytes(), initrd_path},
                           kib_of(meminfo, "MemTotal").value_or(0) * 1024));
    KDK_TRY(check_segments(load.segments(), load.plan.rooms, load.entry));
    KDK_TRY(kexec_load(KexecPurpose::reboot, load.entry, load.segments()).map_error([&](Error error) {
        return explain_refusal(std::move(error), machine, KexecPurpose::reboot, KexecSyscall::kexec_load,
                               "the whole machine's memory map");
    }));
    fmt::print("kdump-kexec: {} is loaded, its command line: {}\n", production.release, load.command_line);
    return {};
}

int run(int argc, char** argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (argc == 2 && (first == "--help" || first == "-h")) {
        fmt::print("{}", usage);
        return exit_codes::success;
    }
    if (argc == 2 && first == "--version") {
        fmt::print("kdump-kexec {}\n", KDUMPKIT_VERSION);
        return exit_codes::success;
    }
    if (argc < 3 || argc > 4 || first.starts_with('-')) {
        fmt::print(stderr, "kdump-kexec: wrong use\n{}", usage);
        return exit_codes::invalid;
    }
    const auto loaded = load_production(argv[1], argv[2], argc > 3 ? argv[3] : "");
    if (loaded)
        return exit_codes::success;
    fmt::print(stderr, "kdump-kexec: {}\n", loaded.error().message());
    return exit_code(loaded.error());
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kdump-kexec: stopped: %s\n", error.what());
        return exit_codes::system;
    }
}
