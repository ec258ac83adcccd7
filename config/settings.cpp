// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/settings.h"

#include "base/bytes.h"
#include "base/socket_address.h"
#include "config/keys.h"
#include "config/module_name.h"
#include "config/table.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

struct Codec {
    std::string_view name;
    int lowest, highest; // levels as the collector takes them, 0 is none of them; both 0: it has none
};
constexpr std::array<Codec, 5> codecs = {
    {{"zstd", -50, 19}, {"lzo", 0, 0}, {"snappy", 0, 0}, {"zlib", 1, 9}, {"none", 0, 0}}};

Failure wrong_compression(std::string_view text, std::string reason) {
    return fail(make_error(ErrorKind::invalid, "read compression", std::string(text), std::move(reason))
                    .then("write zstd, zstd:LEVEL, lzo, snappy, zlib, zlib:LEVEL or none"));
}

std::optional<int> parse_level(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative)
        text.remove_prefix(1);
    const auto number = parse_number(text, 10);
    if (!number || *number > 100)
        return std::nullopt;
    return negative ? -static_cast<int>(*number) : static_cast<int>(*number);
}

void read_dump(TableReader& reader, Settings& settings) {
    reader.choice("method", std::array{DumpMethod::filter, DumpMethod::copy}, settings.method);
    std::int64_t level = settings.level;
    reader.integer("level", 0, 31, level);
    settings.level = static_cast<unsigned>(level);
    std::string compress = settings.compression.text();
    reader.text("compress", compress);
    reader.choice("stream", std::array{StreamFormat::flattened, StreamFormat::stream}, settings.stream);
    if (auto compression = parse_compression(compress))
        settings.compression = *compression;
    else
        reader.wrong("compress", fmt::format("is \"{}\": {}", compress, compression.error().reason),
                     compression.error().next_step);
}

// A release becomes part of paths, words become part of a command line.
bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void read_paths(TableReader& reader, std::string_view key, std::vector<std::string>& paths) {
    reader.texts(key, paths);
    for (const std::string& path : paths)
        if (path.size() < 2 || path.front() != '/' || (path + "/").find("/../") != std::string::npos ||
            has_control_character(path))
            reader.wrong(key, fmt::format("\"{}\" is no absolute path of a file", path),
                         "begin it with /, and leave /../ out");
}

void read_capture(TableReader& reader, Settings& settings) {
    reader.text("kernel", settings.kernel);
    if (settings.kernel.empty() || settings.kernel.front() == '.' ||
        settings.kernel.find('/') != std::string::npos || has_control_character(settings.kernel))
        reader.wrong("kernel", fmt::format("is \"{}\", which is no kernel's release", settings.kernel),
                     "write kernel = \"running\", or a release as uname -r prints it");
    reader.text("append", settings.append);
    if (has_control_character(settings.append))
        reader.wrong("append", "has a line break or another control character",
                     "write the words in one line with blanks between them");
    reader.texts("modules", settings.modules);
    for (const std::string& name : settings.modules)
        if (!is_module_name(name))
            reader.wrong(
                "modules", fmt::format("\"{}\" is no module's name", name),
                "write names as lsmod prints them, without .ko: modules = [\"nvme\", \"mlx5_core\"]");
    const auto duration = [&](std::string_view key, std::int64_t least, std::int64_t most,
                              std::chrono::seconds& out) {
        std::int64_t value = out.count();
        reader.integer(key, least, most, value);
        out = std::chrono::seconds(value);
    };
    duration("device_timeout", 1, 86400, settings.device_timeout);
    duration("target_deadline", 0, 604'800, settings.target_deadline);
    duration("stall_timeout", 10, 86400, settings.stall_timeout);
    std::int64_t copies = settings.copies;
    reader.integer("copies", 0, 100, copies);
    settings.copies = static_cast<unsigned>(copies);
    constexpr std::array actions = {FinalAction::reboot, FinalAction::poweroff, FinalAction::halt,
                                    FinalAction::shell, FinalAction::kexec};
    reader.choice("final_action", actions, settings.final_action);
    reader.choice("failure_action", actions, settings.failure_action);
    reader.texts("last_resort", settings.last_resort);
    const Parameter* fs_parameter = find_parameter(scheme_info(Scheme::file), "fs");
    for (const std::string& one : settings.last_resort)
        if (one != "any" && !fs_parameter->fits(one))
            reader.wrong("last_resort", fmt::format("\"{}\" is no filesystem", one),
                         "write \"any\", or UUID= with a filesystem's UUID as blkid prints it");
    reader.texts("fence_kdump", settings.fence_kdump);
    for (const std::string& one : settings.fence_kdump)
        if (const auto address = parse_address(one, 1); !address)
            reader.wrong("fence_kdump", fmt::format("\"{}\": {}", one, address.error().reason),
                         "write fence_kdump = [\"192.0.2.1\"]; the port is 7410 when it is left out");
    read_paths(reader, "files", settings.files);
}

void read_retention(TableReader& reader, Retention& retention) {
    const auto limit = [&](std::string_view key, unsigned& out) {
        std::int64_t value = out;
        reader.integer(key, 0, 1'000'000, value);
        out = static_cast<unsigned>(value);
    };
    limit("count", retention.count);
    limit("days", retention.days);
    limit("gib", retention.gib);
    limit("free_gib", retention.free_gib);
}

void read_hooks(TableReader& reader, Hooks& hooks) {
    read_paths(reader, "pre", hooks.pre);
    read_paths(reader, "post", hooks.post);
    std::int64_t seconds = hooks.deadline.count();
    reader.integer("deadline", 1, 3600, seconds);
    hooks.deadline = std::chrono::seconds(seconds);
}

} // namespace

std::string_view to_text(DumpMethod method) {
    switch (method) {
    case DumpMethod::filter:
        return "filter";
    case DumpMethod::copy:
        return "copy";
    }
    return "?";
}

std::string_view to_text(FinalAction action) {
    switch (action) {
    case FinalAction::reboot:
        return "reboot";
    case FinalAction::poweroff:
        return "poweroff";
    case FinalAction::halt:
        return "halt";
    case FinalAction::shell:
        return "shell";
    case FinalAction::kexec:
        return "kexec";
    }
    return "?";
}

std::string_view to_text(StreamFormat format) {
    switch (format) {
    case StreamFormat::flattened:
        return "flattened";
    case StreamFormat::stream:
        return "stream";
    }
    return "?";
}

std::string Compression::text() const {
    return level ? fmt::format("{}:{}", algorithm, *level) : algorithm;
}

Result<Compression> parse_compression(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    const auto codec =
        std::find_if(codecs.begin(), codecs.end(), [&](const Codec& known) { return known.name == name; });
    if (codec == codecs.end())
        return wrong_compression(text, "there is no such algorithm here");
    Compression compression;
    compression.algorithm = name;
    if (colon == std::string_view::npos)
        return compression;
    if (codec->lowest == codec->highest)
        return wrong_compression(text, fmt::format("{} has no levels", name));
    const auto level = parse_level(text.substr(colon + 1));
    if (!level || *level == 0 || *level < codec->lowest || *level > codec->highest)
        return wrong_compression(text, fmt::format("the levels of {} are {} to {}{}", name, codec->lowest,
                                                   codec->highest, codec->lowest < 0 ? ", without 0" : ""));
    compression.level = level;
    return compression;
}

bool Settings::want_network() const {
    return !fence_kdump.empty() ||
           std::any_of(targets.begin(), targets.end(), [](const Target& t) { return t.info().remote(); });
}

Result<Settings> parse_settings(std::string_view toml, const std::string& name) {
    KDK_ASSIGN(const toml::table table, parse_toml(toml, name));
    Settings settings;
    TableReader top(table, name);
    std::vector<std::string> urls;
    top.texts("target", urls);
    if (!urls.empty())
        settings.targets.clear();
    else if (table.contains("target"))
        top.wrong("target", "names no target",
                  "write target = \"file:///var/crash\", or remove the line for that default");
    for (const std::string& url : urls) {
        auto target = parse_target(url);
        if (target)
            settings.targets.push_back(*std::move(target));
        else
            top.wrong("target", fmt::format("\"{}\": {}", without_password(url), target.error().reason),
                      target.error().next_step);
    }
    const toml::table* dump = top.section("dump");
    const toml::table* capture = top.section("capture");
    const toml::table* network = top.section("network");
    const toml::table* retention = top.section("retention");
    const toml::table* hooks = top.section("hooks");
    const toml::table* record = top.section("record");
    KDK_TRY(top.finish(setting_names()));
    const auto read = [&](const toml::table* section, const char* prefix, const auto& reading) -> Result<> {
        if (!section)
            return {};
        TableReader reader(*section, name, prefix);
        reading(reader);
        return reader.finish(setting_names());
    };
    KDK_TRY(read(dump, "dump.", [&](TableReader& reader) { read_dump(reader, settings); }));
    KDK_TRY(read(capture, "capture.", [&](TableReader& reader) { read_capture(reader, settings); }));
    KDK_TRY(read(network, "network.",
                 [&](TableReader& reader) { read_network(reader, name, settings.network); }));
    KDK_TRY(read(retention, "retention.",
                 [&](TableReader& reader) { read_retention(reader, settings.retention); }));
    KDK_TRY(read(hooks, "hooks.", [&](TableReader& reader) { read_hooks(reader, settings.hooks); }));
    KDK_TRY(
        read(record, "record.", [&](TableReader& reader) { read_paths(reader, "notify", settings.notify); }));
    return settings;
}

std::string to_toml(const Settings& settings) {
    std::string out;
    std::string_view section;
    for (const SettingKey& key : setting_keys()) {
        if (key.section != section)
            out += fmt::format("\n[{}]\n", key.section);
        section = key.section;
        out += fmt::format("{} = {}\n", key.name, to_toml(key.value(settings)));
    }
    return out;
}

} // namespace kdumpkit
