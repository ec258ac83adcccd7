// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/settings.h"

#include "base/bytes.h"
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

// Reads `key` as one of the texts that `to_text` gives for the values.
template<class Enum, std::size_t N>
void choice(TableReader& reader, std::string_view key, const std::array<Enum, N>& values, Enum& out) {
    std::string text(to_text(out));
    reader.text(key, text);
    std::vector<std::string> names;
    for (const Enum value : values) {
        if (to_text(value) == text) {
            out = value;
            return;
        }
        names.emplace_back(to_text(value));
    }
    reader.wrong(key, fmt::format("is \"{}\", but must be one of: {}", text, fmt::join(names, ", ")),
                 fmt::format("write {} = \"{}\", or another of these", key, names.front()));
}

void read_dump(TableReader& reader, Settings& settings) {
    choice(reader, "method", std::array{DumpMethod::filter, DumpMethod::copy}, settings.method);
    std::int64_t level = settings.level;
    reader.integer("level", 0, 31, level);
    settings.level = static_cast<unsigned>(level);
    std::string compress = settings.compression.text();
    reader.text("compress", compress);
    if (auto compression = parse_compression(compress))
        settings.compression = *compression;
    else
        reader.wrong("compress", fmt::format("is \"{}\": {}", compress, compression.error().reason),
                     compression.error().next_step);
}

void read_capture(TableReader& reader, Settings& settings) {
    std::int64_t seconds = settings.device_timeout.count();
    reader.integer("device_timeout", 1, 86400, seconds);
    settings.device_timeout = std::chrono::seconds(seconds);
    constexpr std::array actions = {FinalAction::reboot, FinalAction::poweroff, FinalAction::halt};
    choice(reader, "final_action", actions, settings.final_action);
    choice(reader, "failure_action", actions, settings.failure_action);
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

Result<Settings> parse_settings(std::string_view toml, const std::string& name) {
    KDK_ASSIGN(const toml::table table, parse_toml(toml, name));
    Settings settings;
    TableReader top(table, name);
    std::vector<std::string> urls;
    top.texts("target", urls);
    for (const std::string& url : urls) {
        auto target = parse_target(url);
        if (target)
            settings.targets.push_back(*std::move(target));
        else
            top.wrong("target", fmt::format("\"{}\": {}", url, target.error().reason),
                      target.error().next_step);
    }
    const toml::table* dump = top.section("dump");
    const toml::table* capture = top.section("capture");
    KDK_TRY(top.finish());
    if (dump) {
        TableReader reader(*dump, name, "dump.");
        read_dump(reader, settings);
        KDK_TRY(reader.finish());
    }
    if (capture) {
        TableReader reader(*capture, name, "capture.");
        read_capture(reader, settings);
        KDK_TRY(reader.finish());
    }
    return settings;
}

std::string to_toml(const Settings& settings) {
    std::string out = "target = [";
    for (const Target& target : settings.targets)
        out += fmt::format("{}\"{}\"", &target == settings.targets.data() ? "" : ", ", target.url());
    out += fmt::format("]\n\n[dump]\nmethod = \"{}\"\nlevel = {}\ncompress = \"{}\"\n",
                       to_text(settings.method), settings.level, settings.compression.text());
    out += fmt::format("\n[capture]\ndevice_timeout = {}\nfinal_action = \"{}\"\nfailure_action = \"{}\"\n",
                       settings.device_timeout.count(), to_text(settings.final_action),
                       to_text(settings.failure_action));
    return out;
}

} // namespace kdumpkit
