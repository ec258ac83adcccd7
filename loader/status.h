// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/range.h"
#include "loader/machine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

// What `kdumpkit load` notes down, because the kernel does not tell what it has loaded.
struct LoadRecord {
    static constexpr const char* path = "/run/kdumpkit/loaded.json"; // gone with the next boot

    std::string kernel, initrd;
    std::string kernel_version;
    std::string command_line;
    std::string syscall;
    std::string loaded_at; // UTC, ISO 8601
    friend bool operator==(const LoadRecord&, const LoadRecord&) = default;
};
std::string to_json(const LoadRecord& record);
// nullopt when the text is not such a record.
std::optional<LoadRecord> parse_load_record(std::string_view json);

struct Status {
    bool armed = false;              // a panic now would start a capture kernel
    std::optional<bool> kernel_says; // crash_loaded; absent when this kernel cannot tell
    std::uint64_t reserved = 0;      // bytes
    std::vector<Range> reservations; // empty for unprivileged users, who see no addresses
    std::string running_kernel;
    std::optional<LoadRecord> record; // only while something is loaded
};
// Pure. `record` is the content of LoadRecord::path, or empty.
Status make_status(const Machine& machine, std::string_view record);

std::string to_text(const Status& status);
std::string to_json(const Status& status);

} // namespace kdumpkit::loader
