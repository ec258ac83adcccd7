// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/import_command.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/output.h"
#include "config/import.h"
#include "config/settings_file.h"
#include "initramfs/devices.h"

#include <cerrno>

namespace kdumpkit::admin {
namespace {

std::string notes_json(const Import& import, ForeignFormat format) {
    using Json = nlohmann::ordered_json;
    Json json{{"format", to_text(format)},
              {"settings", import.toml},
              {"lost_target", or_null(import.lost_target)},
              {"keys", Json::array()}};
    for (const ImportNote& note : import.notes)
        json["keys"].push_back(
            {{"key", note.key}, {"line", note.line}, {"taken_over", note.mapped}, {"text", note.text}});
    return json_text(json);
}

void say_notes(const Import& import, const std::string& file) {
    const Log log = stderr_log("kdumpkit config import");
    for (const ImportNote& note : import.notes) {
        const std::string place = note.line == 0 ? file : fmt::format("{}:{}", file, note.line);
        if (note.mapped)
            log.info("{}: {}: {}", place, note.key, note.text);
        else
            log.warning("{}: {} is not taken over: {}", place, note.key, note.text);
    }
}

} // namespace

Result<int> run_import(const ImportWish& wish) {
    KDK_ASSIGN(const std::string text, read_text(wish.file, std::size_t{1} << 20).map_error([](Error error) {
        if (error.kind == ErrorKind::unsupported) // larger than any settings are
            error.kind = ErrorKind::invalid;
        return std::move(error).then(error.errno_value == EACCES
                                         ? "run it with sudo"
                                         : "name the settings of another kdump, such as /etc/kdump.conf");
    }));
    KDK_ASSIGN(const ForeignFormat format,
               wish.format.empty() ? recognise_foreign(text, wish.file) : parse_foreign_format(wish.format));
    const Import import = import_settings(text, format, initramfs::uuid_of_filesystem);
    // What is said of the file must hold: it is read back before anyone gets it.
    KDK_TRY(parse_settings(import.toml, "the imported settings"));
    if (!wish.json)
        say_notes(import, wish.file);
    if (wish.write && import.lost_target.empty())
        KDK_TRY(write_new_settings(default_settings_path, import.toml).map_error([](Error error) {
            return std::move(error).then("leave --write out, look at what comes, and put it there yourself");
        }));
    if (wish.json)
        KDK_TRY(print_result(notes_json(import, format)));
    else if (!wish.write || !import.lost_target.empty())
        KDK_TRY(print_result(import.toml));
    else
        KDK_TRY(print_result(fmt::format("{} is written\n", default_settings_path)));
    // Its dumps would go to the default folder, which nobody said.
    if (!import.lost_target.empty())
        return fail(make_error(ErrorKind::invalid, "take over the target of", wish.file, import.lost_target)
                        .then("write the target into these settings"));
    return exit_codes::success;
}

} // namespace kdumpkit::admin
