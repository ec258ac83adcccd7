// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/commands.h"

#include "base/file.h"
#include "base/output.h"
#include "loader/choice.h"
#include "loader/kexec.h"
#include "loader/load_command.h"
#include "loader/load_lock.h"
#include "loader/reboot_command.h"
#include "loader/status.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::loader {

namespace {

Result<int> run_unload(KexecPurpose purpose) {
    const auto lock = lock_loading(); // as for a load, better unlocked than not at all
    KDK_ASSIGN(const Machine machine, gather_machine("/"));
    KDK_TRY(require_root(machine, "unload", purpose));
    KDK_TRY(kexec_unload(purpose).map_error([&](Error error) {
        return explain_refusal(std::move(error), machine, purpose, KexecSyscall::kexec_file_load);
    }));
    ::unlink(LoadRecord::path(purpose).c_str());
    const bool was_loaded = machine.loaded(purpose) == "1";
    std::string said;
    if (purpose == KexecPurpose::capture)
        said = was_loaded ? "the capture kernel is unloaded: a panic leaves no dump\n"
                          : "no capture kernel was loaded\n";
    else
        said = was_loaded ? "the kernel for a reboot is unloaded: a reboot goes through the firmware\n"
                          : "no kernel for a reboot was loaded\n";
    KDK_TRY(print_result(said, "nothing is loaded any more, only this could not be said"));
    return exit_codes::success;
}

std::function<Result<int>()> define_unload(CLI::App& app) {
    auto reboot = std::make_shared<bool>(false);
    app.add_flag("--reboot", *reboot, "the one for kdumpkit reboot, not the one for a panic");
    return [reboot] { return run_unload(*reboot ? KexecPurpose::reboot : KexecPurpose::capture); };
}

} // namespace

std::vector<Subcommand> commands() {
    return {{"load", "put a kernel into the crash reservation, or into memory for a reboot", define_load},
            {"unload", "drop the loaded capture kernel, or the one for a reboot", define_unload},
            {"reboot", "reboot into the loaded kernel, without the firmware", define_reboot}};
}

} // namespace kdumpkit::loader
