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
    static std::string path(KexecPurpose purpose); // below /run: gone with the next boot

    std::string kernel, initrd;
    std::string kernel_version;
    std::string command_line;
    std::string syscall;
    std::string loaded_at;            // UTC, ISO 8601
    std::uint64_t context_memory = 0; // bytes for a kernel that may return; 0: it does not
    std::string dtb = {};             // empty: none
    std::string entry = "auto";       // what was asked for
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
    bool reboot_loaded = false;       // a kernel waits for kdumpkit reboot
    std::optional<LoadRecord> reboot_record;
    bool load_disabled = false;                           // kernel.kexec_load_disabled
    std::optional<std::uint64_t> panic_left, reboot_left; // loads still permitted; nullopt without limit
    bool locked_down = false;
};
// Pure. The records are the contents of LoadRecord::path(), or empty.
Status make_status(const Machine& machine, std::string_view record, std::string_view reboot_record = {});

// `more`: further lines, before the one that begins with "next:".
std::string to_text(const Status& status, std::string_view more = {});
std::string to_json(const Status& status);

} // namespace kdumpkit::loader
