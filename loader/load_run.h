// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "loader/machine.h"
#include "loader/reboot.h"

#include <cstdint>
#include <string>

namespace kdumpkit::loader {

// What `kdumpkit load` was asked for.
struct LoadOptions {
    std::string kernel, initrd, dtb, syscall = "auto", root = "/";
    RebootWish wish;
    bool reboot = false, preserve_context = false, again = false, plan = false, json = false;
    std::uint64_t memory = std::uint64_t{128} << 20; // of a kernel that may return

    [[nodiscard]] KexecPurpose purpose() const {
        return reboot ? KexecPurpose::reboot : KexecPurpose::capture;
    }
};

// Loads a kernel, or shows the plan of it, and says so. Returns the exit code. An error says what is loaded
// now when the kernel that was loaded before is gone.
Result<int> run_load(const LoadOptions& given);

} // namespace kdumpkit::loader
