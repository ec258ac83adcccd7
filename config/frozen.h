// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/settings.h"

#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// What `kdumpkit build` found out before the panic and `kdump-capture` believes after it.
struct Frozen {
    // Where it lies inside the capture initramfs.
    static constexpr const char* path = "/etc/kdumpkit/frozen.toml";
    // What the collector has to know of the kernel (makedumpfile-lite --write-layout), when it could be found
    // out.
    static constexpr const char* layout_path = "/etc/kdumpkit/layout";

    Settings settings; // every target resolved
    std::string host;  // the machine's name, part of the dump's folder name
    // What the machine was called before: its dumps of that time are its own.
    std::vector<std::string> former_hosts;
    std::string kernel_release;       // of the capture kernel; the modules below are for it
    std::vector<std::string> modules; // absolute paths inside the initramfs, in the order to load them
    friend bool operator==(const Frozen&, const Frozen&) = default;
};

Result<Frozen> parse_frozen(std::string_view toml, const std::string& name);
std::string to_toml(const Frozen& frozen);

} // namespace kdumpkit
