// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/production.h"

#include "base/text.h"
#include "config/table.h"

#include <fmt/format.h>

namespace kdumpkit {
namespace {

// "0x100000-0x3ffd6fff System RAM": the end is inclusive, as the kernel writes it.
std::optional<FirmwareRange> parse_range(std::string_view text) {
    const auto dash = text.find('-'), blank = text.find(' ');
    if (dash == std::string_view::npos || blank == std::string_view::npos || dash > blank)
        return std::nullopt;
    FirmwareRange one{std::string(text.substr(0, dash)), std::string(text.substr(dash + 1, blank - dash - 1)),
                      std::string(text.substr(blank + 1))};
    return one.range() ? std::optional(std::move(one)) : std::nullopt;
}

} // namespace

Result<Production> parse_production(std::string_view toml, const std::string& name) {
    KDK_ASSIGN(const toml::table table, parse_toml(toml, name));
    Production production;
    TableReader top(table, name);
    top.text("release", production.release);
    top.text("command_line", production.command_line);
    top.text("boot_cpu", production.boot_cpu);
    top.boolean("efi", production.efi);
    top.text("filesystem", production.filesystem);
    top.text("filesystem_type", production.filesystem_type);
    top.text("kernel", production.kernel.path);
    top.text("kernel_sha256", production.kernel.sha256);
    top.text("initrd", production.initrd.path);
    top.text("initrd_sha256", production.initrd.sha256);
    std::vector<std::string> memory;
    top.texts("memory", memory);
    for (const std::string& text : memory) {
        if (auto one = parse_range(text))
            production.memory.push_back(std::move(*one));
        else
            top.wrong("memory", fmt::format("\"{}\" is no range of memory", text),
                      "let kdumpkit build make the file");
    }
    KDK_TRY(top.finish());
    if (production.kernel.path.empty() || production.memory.empty())
        return fail(make_error(ErrorKind::corrupt, "read", name, "it names no kernel or no memory")
                        .then("let kdumpkit build make the file"));
    return production;
}

std::string to_toml(const Production& production) {
    std::string out;
    const auto text = [&](const char* key, const std::string& value) {
        out += fmt::format("{} = {}\n", key, quoted_toml(value));
    };
    text("release", production.release);
    text("command_line", production.command_line);
    text("boot_cpu", production.boot_cpu);
    out += fmt::format("efi = {}\n", production.efi);
    text("filesystem", production.filesystem);
    text("filesystem_type", production.filesystem_type);
    text("kernel", production.kernel.path);
    text("kernel_sha256", production.kernel.sha256);
    text("initrd", production.initrd.path);
    text("initrd_sha256", production.initrd.sha256);
    out += "memory = [\n";
    for (const FirmwareRange& one : production.memory)
        out += fmt::format("    {},\n", quoted_toml(fmt::format("{}-{} {}", one.start, one.end, one.type)));
    return out + "]\n";
}

std::string boot_cpu_of(std::string_view cpuinfo) {
    bool first = false;
    while (!cpuinfo.empty()) {
        const auto end = std::min(cpuinfo.find('\n'), cpuinfo.size());
        const std::string_view line = cpuinfo.substr(0, end);
        cpuinfo.remove_prefix(std::min(end + 1, cpuinfo.size()));
        const auto colon = std::min(line.find(':'), line.size());
        const std::string_view key = trimmed(line.substr(0, colon));
        const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
        if (key == "processor")
            first = value == "0";
        if (first && key == "apicid")
            return std::string(value);
    }
    return {};
}

} // namespace kdumpkit
