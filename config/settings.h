// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/network.h"
#include "config/target.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// How the dump is made: filtered by makedumpfile-lite, or the crashed memory copied as it is (an ELF vmcore).
enum class DumpMethod { filter, copy };
// What the capture kernel does at its end. kexec: it starts the production kernel by itself, without the
// firmware.
enum class FinalAction { reboot, poweroff, halt, shell, kexec };
// What is piped to a server or written to a raw partition: makedumpfile's flattened format, or our stream.
enum class StreamFormat { flattened, stream };

std::string_view to_text(DumpMethod method);
std::string_view to_text(FinalAction action);
std::string_view to_text(StreamFormat format);

// "zstd", "zstd:3", "lzo", "snappy", "zlib:1", "none".
struct Compression {
    std::string algorithm = "zstd";
    std::optional<int> level; // the algorithm's own scale; absent: the collector's default

    // As makedumpfile-lite's --compress takes it.
    [[nodiscard]] std::string text() const;
    friend bool operator==(const Compression&, const Compression&) = default;
};
Result<Compression> parse_compression(std::string_view text);

// [retention]: which dumps `kdumpkit prune` removes. 0: without limit.
struct Retention {
    unsigned count = 0, days = 0, gib = 0;
    unsigned free_gib = 0; // of the target's filesystem, before a dump; only the capture kernel looks at it
    friend bool operator==(const Retention&, const Retention&) = default;
};

// [hooks]: programs of this machine that run in the capture kernel.
struct Hooks {
    std::vector<std::string> pre, post; // absolute paths; before the first target, after the last
    std::chrono::seconds deadline{30};  // of each
    friend bool operator==(const Hooks&, const Hooks&) = default;
};

// What an admin decides. An empty file gives these defaults. config/keys.h describes each key.
struct Settings {
    std::vector<Target> targets{file_target("/var/crash")}; // tried in order, at least one
    DumpMethod method = DumpMethod::filter;                 // [dump] method
    unsigned level = 31;     // [dump] level, 0 to 31, makedumpfile's meaning of the bits
    Compression compression; // [dump] compress
    StreamFormat stream = StreamFormat::flattened; // [dump] stream
    std::string kernel = "running";                // [capture] kernel: that, or a release
    std::string append;                            // [capture] append: for the capture kernel's command line
    std::vector<std::string> modules;              // [capture] modules: further ones
    std::chrono::seconds device_timeout{60}; // [capture] device_timeout: how long a target's disk may take
    std::chrono::seconds target_deadline{0}; // [capture] of each target whose URL has none; 0: none
    std::chrono::seconds stall_timeout{120}; // [capture] how long a target may show no sign of life
    unsigned copies = 1;                     // [capture] how many targets get the dump; 0: all
    FinalAction final_action = FinalAction::reboot;   // [capture] after a complete dump
    FinalAction failure_action = FinalAction::reboot; // [capture] when no target took it
    // [capture] where to save when no target took anything: "any", or "UUID=…" of local filesystems
    std::vector<std::string> last_resort;
    std::vector<std::string>
        fence_kdump;                // [capture] ADDRESS or ADDRESS:PORT, told that a capture is under way
    std::vector<std::string> files; // [capture] further files of this machine for the initramfs
    Network network;
    Retention retention;
    Hooks hooks;
    std::vector<std::string> notify; // [record] programs that are told of a capture; absolute paths
    // An action at the end is to start the production kernel.
    [[nodiscard]] bool want_kexec() const {
        return final_action == FinalAction::kexec || failure_action == FinalAction::kexec;
    }
    // A target is remote, or a cluster is to be told: the capture kernel needs a network.
    [[nodiscard]] bool want_network() const;
    friend bool operator==(const Settings&, const Settings&) = default;
};

// TOML. `name` is for messages, which carry NAME:LINE:COLUMN. An unknown key is an error that names the
// nearest known one; a value out of range is `invalid`.
Result<Settings> parse_settings(std::string_view toml, const std::string& name);
// TOML with every key written out; parse_settings(to_toml(s)) == s.
std::string to_toml(const Settings& settings);

} // namespace kdumpkit
