// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/doctor_command.h"

#include "admin/doctor.h"
#include "base/output.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string config;
    bool all = false, json = false;
};

Result<int> run_doctor(const Options& options) {
    KDK_ASSIGN(const DoctorFacts facts, gather_doctor_facts(options.config));
    const std::vector<Finding> findings = examine(facts);
    KDK_TRY(print_result(options.json ? findings_json(findings) : findings_text(findings, options.all)));
    return doctor_exit_code(findings);
}

} // namespace

std::function<Result<int>()> define_doctor(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("--config", options->config, "settings (default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.add_flag("--all", options->all, "also what is good");
    app.add_flag("--json", options->json, "as JSON, all of it");
    app.footer(
        "Exit codes: 0 good, or only advice; 10 a capture may fail, or something could not be looked at;\n"
        "11 a panic now would leave no dump.");
    return [options] { return run_doctor(*options); };
}

} // namespace kdumpkit::admin
