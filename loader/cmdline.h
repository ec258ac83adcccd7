// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/command_line.h"
#include "base/error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// A parameter that every capture kernel gets unless the admin gives the same key.
struct CaptureDefault {
    std::string_view text;
    std::string_view reason;
    bool adds_up = false; // a kernel heeds each of several, so that production's stay
};
// docs/capture-command-line.md shows the same two tables; a test compares.
std::span<const CaptureDefault> capture_defaults();
// Production parameters that are left out: a key ("crashkernel"), or a prefix of keys ("systemd.*").
struct DroppedParameter {
    std::string_view pattern;
    std::string_view reason;
};
std::span<const DroppedParameter> dropped_parameters();

struct CommandLineWish {
    std::optional<std::string> replace; // --command-line: instead of the production line and the defaults
    std::string append;                 // --append: after them; a key here silences the default of that key
};

// Pure: the capture kernel's command line without elfcorehdr=, which depends on the placement. An elfcorehdr=
// of the admin's or the production line's is dropped. `invalid` for a line break or NUL in what the admin
// gave.
Result<std::string> compose_command_line(std::string_view production, const CommandLineWish& wish);

// Pure: the command line of a kernel for a reboot: `base`, less what the boot loader and kexec put there for
// the kernel that runs now, or `wish.replace`; then `wish.append`.
Result<std::string> compose_reboot_line(std::string_view base, const CommandLineWish& wish);

// Pure. Without the parameters of this name.
std::string without_parameter(std::string_view line, std::string_view key);
// Pure. `more` after the words of `line`, but before a lone "--": what follows that is for init.
std::string append_to_line(std::string_view line, std::string_view more);

// `invalid`, saying by how many bytes, when `line` is longer than `limit` bytes (without the NUL).
Result<> check_command_line(std::string_view line, std::uint64_t limit);

} // namespace kdumpkit::loader
