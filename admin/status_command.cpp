// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/status_command.h"

#include "admin/arm_record.h"
#include "admin/local_dumps.h"
#include "admin/prometheus_text.h"
#include "admin/status_report.h"
#include "base/file.h"
#include "base/output.h"
#include "config/settings_file.h"
#include "loader/status.h"

#include <ctime>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string prometheus;
    bool json = false;
};

AdminStatus look_at_the_rest() {
    AdminStatus more;
    more.arm = parse_arm_record(read_text(ArmRecord::path).value_or(std::string()));
    const auto file = read_settings_file("");
    if (!file) {
        more.settings_error = file.error();
        return more;
    }
    more.targets = look_at_targets(file->settings);
    // Only root can look for dumps; for others there is none.
    const auto local = find_local_dumps(file->settings);
    if (local && !local->dumps.empty())
        more.last = *newest_first(local->dumps, std::time(nullptr)).front();
    return more;
}

// The words that matter stand out on a terminal.
std::string coloured(std::string text) {
    const auto paint = [&](std::string_view words, const char* colour) {
        if (const std::size_t at = text.find(words); at != std::string::npos)
            text.replace(at, words.size(), fmt::format("\033[{}m{}\033[0m", colour, words));
    };
    paint("armed:       yes", "1;32");
    paint("armed:       no", "1;31");
    paint("arm failed:", "1;31");
    paint("settings:", "1;31");
    paint("next:", "1");
    return text;
}

Result<int> run_status(const Options& options) {
    if (options.json && !options.prometheus.empty())
        return fail(make_error(ErrorKind::invalid, "use", "--json with --prometheus", "each is a format")
                        .then("leave one of them out"));
    KDK_ASSIGN(const loader::Machine machine, loader::gather_machine("/"));
    const auto note = [](loader::KexecPurpose purpose) {
        return read_text(loader::LoadRecord::path(purpose)).value_or(std::string());
    };
    const loader::Status status =
        loader::make_status(machine, note(loader::KexecPurpose::capture), note(loader::KexecPurpose::reboot));
    const AdminStatus more = look_at_the_rest();
    if (!options.prometheus.empty()) {
        KDK_TRY(write_file_atomically(options.prometheus, prometheus_text(status, more)));
        return exit_codes::success; // a timer that writes a file has not failed
    }
    const std::string text = loader::to_text(status, to_text(more));
    KDK_TRY(print_result(options.json                   ? with_admin_status(loader::to_json(status), more)
                         : takes_colours(STDOUT_FILENO) ? coloured(text)
                                                        : text));
    return status_exit_code(status.armed, more);
}

} // namespace

std::function<Result<int>()> define_status(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_flag("--json", options->json, "as JSON");
    app.add_option("--prometheus", options->prometheus,
                   "write it to FILE for node_exporter's textfile collector, instead; exit code 0")
        ->type_name("FILE");
    app.footer("Exit codes: 0 armed, 2 armed but the settings are wrong and nothing can be armed anew, 3 not "
               "armed.");
    return [options] { return run_status(*options); };
}

} // namespace kdumpkit::admin
