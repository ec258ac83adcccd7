// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/import.h"

#include "base/printable.h"
#include "base/spelling.h"
#include "config/foreign_format.h"
#include "config/foreign_key.h"
#include "config/import_target.h"
#include "config/settings.h"
#include "config/table.h"
#include "config/target.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

constexpr std::array every_format = {ForeignFormat::rhel_conf, ForeignFormat::rhel_sysconfig,
                                     ForeignFormat::debian, ForeignFormat::suse};

const ForeignKey* find_key(ForeignFormat format, std::string_view name) {
    for (const ForeignKey& key : foreign_keys(format))
        if (key.name == name)
            return &key;
    return nullptr;
}

// A target of ours names a filesystem by its UUID, which stays when devices change places.
void name_by_uuid(ImportDraft& draft, const FilesystemUuid& uuid_of, Import& import) {
    if (draft.device.empty() || draft.device.starts_with("UUID="))
        return;
    if (const auto uuid = uuid_of ? uuid_of(draft.device) : std::nullopt) {
        draft.device = "UUID=" + *uuid;
        return;
    }
    import.lost_target =
        fmt::format("{} is named by no UUID, and is no filesystem of this machine: write what blkid "
                    "says of it into the target ({})",
                    draft.device, filesystem_url(draft, "UUID=…"));
    for (ImportNote& note : import.notes)
        if (note.key == draft.type)
            note = {note.line, note.key, false, import.lost_target};
    draft.device.clear();
}

// Only targets that this version takes get into the file.
std::vector<std::string> checked_urls(const ImportDraft& draft, Import& import) {
    std::vector<std::string> good;
    for (const std::string& url : target_urls(draft, !import.lost_target.empty())) {
        const auto target = parse_target(url);
        if (target) {
            good.push_back(url);
            continue;
        }
        import.lost_target = fmt::format("{}: {}", without_password(url), target.error().reason);
        import.notes.push_back({0, "target", false, import.lost_target});
    }
    return good;
}

std::string to_toml(const ImportDraft& draft, const std::vector<std::string>& urls, ForeignFormat format,
                    const std::string& lost_target) {
    std::string toml = fmt::format("# Imported by kdumpkit config import from {}.\n", to_text(format));
    if (!lost_target.empty())
        toml += fmt::format("# Its target is not taken over, and has to be written here: {}\n",
                            printable(lost_target));
    if (urls != std::vector<std::string>{"file:///var/crash"} && !urls.empty())
        toml += fmt::format("target = {}\n", quoted_toml(urls));
    auto values = draft.values;
    if (!draft.modules.empty())
        values["capture.modules"] = quoted_toml(draft.modules);
    std::string section;
    for (const auto& [name, value] : values) {
        const std::size_t dot = name.find('.');
        if (name.substr(0, dot) != section) {
            section = name.substr(0, dot);
            toml += fmt::format("\n[{}]\n", section);
        }
        toml += fmt::format("{} = {}\n", name.substr(dot + 1), value);
    }
    return toml;
}

} // namespace

std::string_view to_text(ForeignFormat format) {
    switch (format) {
    case ForeignFormat::rhel_conf:
        return "kdump.conf";
    case ForeignFormat::rhel_sysconfig:
        return "rhel-sysconfig";
    case ForeignFormat::debian:
        return "kdump-tools";
    case ForeignFormat::suse:
        return "suse-sysconfig";
    }
    return "?";
}

Result<ForeignFormat> parse_foreign_format(std::string_view text) {
    std::vector<std::string> names;
    for (const ForeignFormat format : every_format) {
        if (to_text(format) == text)
            return format;
        names.emplace_back(to_text(format));
    }
    return fail(
        make_error(ErrorKind::invalid, "import", fmt::format("\"{}\"", text), "there is no such format")
            .then(fmt::format("write one of: {}", fmt::join(names, ", "))));
}

Result<ForeignFormat> recognise_foreign(std::string_view text, const std::string& name) {
    std::size_t best = 0;
    std::optional<ForeignFormat> found;
    for (const ForeignFormat format : every_format) {
        std::size_t known = 0, unknown = 0;
        for (const ForeignEntry& entry : foreign_entries(text, format))
            (find_key(format, entry.key) != nullptr ? known : unknown)++;
        if (known > best && known > unknown) {
            best = known;
            found = format;
        }
    }
    if (!found)
        return fail(make_error(ErrorKind::invalid, "recognise", name,
                               "its keys are those of no kdump.conf, kdump-tools or sysconfig/kdump")
                        .then("name its format with --format"));
    return *found;
}

std::span<const ForeignKey> foreign_keys(ForeignFormat format) {
    switch (format) {
    case ForeignFormat::rhel_conf:
        return foreign::rhel_conf_keys();
    case ForeignFormat::rhel_sysconfig:
        return foreign::rhel_sysconfig_keys();
    case ForeignFormat::debian:
        return foreign::debian_keys();
    case ForeignFormat::suse:
        return foreign::suse_keys();
    }
    return {};
}

namespace {

std::string unknown_key(ForeignFormat format, std::string_view name) {
    std::vector<std::string> names;
    for (const ForeignKey& known : foreign_keys(format))
        names.emplace_back(known.name);
    const std::string meant = nearest(name, names);
    return meant.empty() ? "no such key is documented"
                         : fmt::format("no such key is documented; did you mean {}?", meant);
}

ImportAnswer answer_of(const ForeignKey* key, const ForeignEntry& entry, ForeignFormat format,
                       ImportDraft& draft) {
    if (key == nullptr)
        return {false, unknown_key(format, entry.key)};
    if (!entry.trouble.empty())
        return {false, entry.trouble};
    if (key->take == nullptr)
        return {false, std::string(key->why)};
    if (entry.value.empty() && key->names_target && format == ForeignFormat::rhel_conf)
        return {false, "it has no value"};
    if (entry.value.empty())
        return {true, "empty, so the default"};
    const ImportDraft before = draft;
    ImportAnswer answer = key->take(draft, entry.value);
    // TOML is UTF-8: such a byte would become another text. A target's URL has it as an escape.
    if (!is_utf8(entry.value) && (draft.values != before.values || draft.modules != before.modules)) {
        draft = before;
        return {false, "it is no UTF-8"};
    }
    // One value that our settings do not take must not cost the others.
    if (const auto settings = parse_settings(to_toml(draft, {}, format, {}), "it"); !settings) {
        draft = before;
        return {false, settings.error().reason};
    }
    return answer;
}

// The places of the entries in the order in which they are taken: that of the table.
std::vector<std::size_t> by_table(const std::vector<ForeignEntry>& entries, ForeignFormat format) {
    std::vector<std::size_t> places(entries.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto rank = [&](std::size_t at) { return find_key(format, entries[at].key); };
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
        return std::less<>()(rank(a), rank(b)); // rows of one array; unknown keys, nullptr, come first
    });
    return places;
}

} // namespace

Import import_settings(std::string_view text, ForeignFormat format, const FilesystemUuid& uuid_of) {
    Import import;
    ImportDraft draft;
    const auto entries = foreign_entries(text, format);
    import.notes.resize(entries.size());
    std::map<std::string, unsigned> last; // of two lines with one key, the later counts
    for (const ForeignEntry& entry : entries)
        last[entry.key] = entry.line;
    for (const std::size_t at : by_table(entries, format)) {
        const ForeignEntry& entry = entries[at];
        const ForeignKey* key = find_key(format, entry.key);
        const bool counts = last[entry.key] == entry.line;
        ImportAnswer answer =
            counts ? answer_of(key, entry, format, draft)
                   : ImportAnswer{true, fmt::format("line {} sets it again, and counts", last[entry.key])};
        if (key != nullptr && key->names_target && !answer.mapped && !answer.target_stays)
            import.lost_target = fmt::format("{}: {}", entry.key, answer.text);
        import.notes[at] = {entry.line, entry.key, answer.mapped, std::move(answer.text)};
    }
    name_by_uuid(draft, uuid_of, import);
    const auto urls = checked_urls(draft, import);
    import.toml = to_toml(draft, urls, format, import.lost_target);
    return import;
}

} // namespace kdumpkit
