// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "admin/setup.h"

#include <string>
#include <utility>

namespace kdumpkit::admin {

// Notes down what setup finds and does; in a dry run what it would do.
struct SetupSteps {
    SetupReport& report;

    void good(std::string name, std::string text) {
        add(std::move(name), SetupState::good, std::move(text), {});
    }
    void changed(std::string name, std::string text, std::string next = {}) {
        add(std::move(name), report.dry_run ? SetupState::planned : SetupState::done, std::move(text),
            report.dry_run ? std::string() : std::move(next));
    }
    void remains(std::string name, std::string text, std::string next) {
        add(std::move(name), SetupState::remains, std::move(text), std::move(next));
    }

    // A failure that keeps nothing else from being done.
    void remains(std::string name, Error error) {
        std::string next = std::move(error.next_step);
        error.next_step.clear(); // has a place of its own
        add(std::move(name), SetupState::remains, error.message(), std::move(next));
    }

  private:
    void add(std::string name, SetupState state, std::string text, std::string next) {
        report.steps.push_back({std::move(name), state, std::move(text), std::move(next)});
    }
};

} // namespace kdumpkit::admin
