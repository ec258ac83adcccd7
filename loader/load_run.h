// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "loader/machine.h"
#include "loader/reboot.h"

#include <string>

namespace kdumpkit::loader {

// What `kdumpkit load` was asked for.
struct LoadOptions {
    std::string kernel, initrd, dtb, syscall = "auto", entry = "auto", root = "/";
    RebootWish wish;
    bool reboot = false, again = false, plan = false, json = false;

    [[nodiscard]] KexecPurpose purpose() const {
        return reboot ? KexecPurpose::reboot : KexecPurpose::capture;
    }
};

// Loads a kernel, or shows the plan of it, and says so. Returns the exit code. An error says what is loaded
// now when the kernel that was loaded before is gone.
Result<int> run_load(const LoadOptions& given);

// `kdumpkit load --kernel KERNEL --initrd INITRD --append APPEND`, its words on standard output included.
Result<int> load_capture_kernel(const std::string& kernel, const std::string& initrd,
                                const std::string& append);

} // namespace kdumpkit::loader
