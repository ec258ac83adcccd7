// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit {

// Settings files of other kdumps.
enum class ForeignFormat {
    rhel_conf,      // /etc/kdump.conf of RHEL and Fedora
    rhel_sysconfig, // /etc/sysconfig/kdump of RHEL and Fedora
    debian,         // /etc/default/kdump-tools
    suse            // /etc/sysconfig/kdump of openSUSE and SLES
};
std::string_view to_text(ForeignFormat format);
Result<ForeignFormat> parse_foreign_format(std::string_view text);

// By the keys that it has; `invalid` when most of them belong to none of the formats.
Result<ForeignFormat> recognise_foreign(std::string_view text, const std::string& name);

// What became of one key of the file.
struct ImportNote {
    unsigned line = 0; // 0: of no line
    std::string key;
    bool mapped = false;
    std::string text; // "dump.level = 31", or why it is not taken over
};
struct Import {
    std::string toml;              // a settings file that parse_settings() takes
    std::vector<ImportNote> notes; // in the order of the file
    // Why the place that the file names for dumps is not the one in `toml`; empty: it is.
    std::string lost_target;
};
// The UUID of the filesystem on a device ("LABEL=dumps", "/dev/vdb1"), if the machine knows it.
using FilesystemUuid = std::function<std::optional<std::string>(const std::string& device)>;

// Pure but for `uuid_of`. Keys that the format does not document are noted as unknown. What cannot be said in
// our settings is noted with the reason, never dropped in silence.
Import import_settings(std::string_view text, ForeignFormat format, const FilesystemUuid& uuid_of = {});

// The keys that a format documents, for tests and documentation.
struct ForeignKey;
std::span<const ForeignKey> foreign_keys(ForeignFormat format);

} // namespace kdumpkit
