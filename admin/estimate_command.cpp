// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/estimate_command.h"

#include "admin/estimate_machine.h"
#include "base/output.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string config;
    bool json = false;
};

Result<int> run_estimate(const Options& options) {
    KDK_ASSIGN(const EstimateInputs inputs, gather_estimate(options.config));
    KDK_ASSIGN(const std::uint64_t reserved, reserved_now());
    const Estimate estimate = estimate_reservation(inputs);
    KDK_TRY(print_result(options.json ? estimate_json(estimate, inputs, reserved)
                                      : estimate_text(estimate, inputs, reserved)));
    return exit_codes::success;
}

} // namespace

std::function<Result<int>()> define_estimate(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("--config", options->config, "settings (default: /etc/kdumpkit.toml if it is there)")
        ->type_name("FILE");
    app.add_flag("--json", options->json, "as JSON");
    return [options] { return run_estimate(*options); };
}

} // namespace kdumpkit::admin
