// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kdumpkit {

struct Target;

enum class Scheme { file, raw, nfs, sftp, scp, https, s3, ftp, ftps };

// Who brings a dump to such a target: the kernel through a mounted filesystem (of a disk or of the network),
// the capture program writing a device, or kdump-send.
enum class Carrier { filesystem, network_filesystem, device, sender };

enum class Presence { none, optional, required };

// One key of a URL's query.
struct Parameter {
    std::string_view key;
    std::string_view wanted; // what a value is: "UUID= followed by a filesystem's UUID"
    bool (*fits)(std::string_view value);
    std::string_view pattern; // for the schema, ECMA-262: takes whatever fits
    // A file of this machine, which `kdumpkit build` packs into the initramfs.
    bool names_file = false;
};

// All that tells one scheme from another. A new scheme is one more of these in scheme.cpp.
struct SchemeInfo {
    Scheme scheme;
    std::string_view name;
    Carrier carrier;
    Presence user, host, port;
    std::span<const Parameter> parameters; // besides those that every scheme has
    std::string_view example;
    // What is wrong with how parameters go together; empty when they are right. May be null.
    std::string (*contradiction)(const Target& target);

    [[nodiscard]] bool remote() const {
        return carrier == Carrier::network_filesystem || carrier == Carrier::sender;
    }
    [[nodiscard]] bool speaks_ssh() const { return scheme == Scheme::sftp || scheme == Scheme::scp; }
};

std::span<const SchemeInfo> schemes();
const SchemeInfo& scheme_info(Scheme scheme);
const SchemeInfo* find_scheme(std::string_view name);
// Of the scheme or of all schemes; nullptr when it has none of that name.
const Parameter* find_parameter(const SchemeInfo& scheme, std::string_view key);
// "fs, type, deadline".
std::string parameter_names(const SchemeInfo& scheme);

} // namespace kdumpkit
