// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/settings_file.h"

#include "base/file.h"

#include <cerrno>
#include <filesystem>

#include <fmt/format.h>

namespace kdumpkit {

Result<SettingsFile> read_settings_text(const std::string& named, const std::string& standard) {
    SettingsFile file;
    file.path = named.empty() ? standard : named;
    auto text = read_text(file.path, std::size_t{1} << 20);
    if (text) {
        file.exists = true;
        file.text = *std::move(text);
        return file;
    }
    Error error = std::move(text).error();
    std::error_code unreadable;
    const auto leads_to = std::filesystem::read_symlink(file.path, unreadable);
    if (error.kind == ErrorKind::absent && !unreadable)
        error = make_error(named.empty() ? ErrorKind::invalid : ErrorKind::absent, "read settings", file.path,
                           fmt::format("it is a link to {}, which does not exist", leads_to.string()));
    if (named.empty() && error.kind == ErrorKind::absent)
        return file;
    if (error.kind == ErrorKind::unsupported) // larger than any settings are
        error.kind = ErrorKind::invalid;
    if (error.errno_value == EACCES)
        return fail(std::move(error).then("run it with sudo"));
    return fail(std::move(error).then(named.empty()
                                          ? "mend that file, or remove it: without it the defaults apply"
                                          : "name a settings file, or leave --config out"));
}

Result<> write_new_settings(const std::string& path, std::string_view toml) {
    std::error_code error;
    const auto status = std::filesystem::symlink_status(path, error);
    if (std::filesystem::is_symlink(status))
        return fail(ErrorKind::invalid, "write", path, "a link is there");
    if (std::filesystem::exists(status))
        return fail(ErrorKind::invalid, "write", path, "it exists");
    return write_file_atomically(path, toml);
}

Result<SettingsFile> read_settings_file(const std::string& named, const std::string& standard) {
    KDK_ASSIGN(SettingsFile file, read_settings_text(named, standard));
    KDK_ASSIGN(file.settings, parse_settings(file.text, file.path));
    return file;
}

} // namespace kdumpkit
