// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/take_over.h"

#include "admin/setup.h"
#include "base/file.h"
#include "config/import.h"
#include "config/settings.h"
#include "initramfs/devices.h"

#include <algorithm>
#include <filesystem>

namespace kdumpkit::admin {

Result<std::optional<RivalSettings>> settings_of_rival(const std::string& unit) {
    const bool debian = unit == "kdump-tools.service";
    for (const char* path : {"/etc/default/kdump-tools", "/etc/kdump.conf", "/etc/sysconfig/kdump"}) {
        const auto text = read_text(path, std::size_t{1} << 20);
        if (!text || (std::string_view(path).ends_with("kdump-tools") != debian))
            continue;
        const auto format = recognise_foreign(*text, path);
        if (!format)
            continue; // it sets nothing
        Import import = import_settings(*text, *format, initramfs::uuid_of_filesystem);
        if (!import.lost_target.empty())
            return fail(
                make_error(ErrorKind::invalid, "take over the target of", path, import.lost_target)
                    .then("write /etc/kdumpkit.toml (kdumpkit config import helps), then run this again"));
        KDK_TRY(parse_settings(import.toml, path));
        const auto left = std::count_if(import.notes.begin(), import.notes.end(),
                                        [](const ImportNote& note) { return !note.mapped; });
        return RivalSettings{path, std::move(import.toml), import.notes.size(),
                             static_cast<std::size_t>(left)};
    }
    return std::nullopt;
}

std::vector<std::string> units_taken_over() {
    return parse_setup_record(read_text(SetupRecord::path).value_or(std::string()))
        .value_or(SetupRecord{})
        .disabled;
}

Result<> note_taken_over(const std::vector<std::string>& units) {
    SetupRecord record{units_taken_over()};
    for (const std::string& unit : units)
        if (std::find(record.disabled.begin(), record.disabled.end(), unit) == record.disabled.end())
            record.disabled.push_back(unit);
    std::error_code error;
    std::filesystem::create_directories(parent_folder(SetupRecord::path), error);
    return write_file_atomically(SetupRecord::path, to_json(record));
}

void forget_taken_over() {
    std::error_code error;
    std::filesystem::remove(SetupRecord::path, error);
}

} // namespace kdumpkit::admin
