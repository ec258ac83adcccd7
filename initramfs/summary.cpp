// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/summary.h"

#include "base/json.h"

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

std::string size_text(std::uint64_t bytes) {
    if (bytes < std::uint64_t{1} << 20)
        return fmt::format("{} KiB", (bytes + 1023) >> 10);
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::uint64_t total(const std::vector<Part>& parts) {
    std::uint64_t sum = 0;
    for (const Part& part : parts)
        sum += part.bytes;
    return sum;
}

std::string names_text(const std::vector<Part>& parts) {
    if (parts.empty())
        return "none";
    std::string text;
    for (const Part& part : parts)
        text += (text.empty() ? "" : " ") + part.name;
    return fmt::format("{} ({})", text, size_text(total(parts)));
}

std::string production_text(const FrozenProduction& frozen) {
    const Production& production = frozen.production;
    return fmt::format("{} {}, {} to load, {}", production.kernel.path,
                       production.initrd.path.empty() ? "without an initrd" : production.initrd.path,
                       size_text(frozen.bytes),
                       production.filesystem.empty() ? "packed" : "from UUID=" + production.filesystem);
}

nlohmann::ordered_json parts_json(const std::vector<Part>& parts) {
    auto list = nlohmann::ordered_json::array();
    for (const Part& part : parts)
        list.push_back({{"name", part.name}, {"path", part.path}, {"bytes", part.bytes}});
    return list;
}

} // namespace

std::string summary_text(const Build& build, const std::string& output) {
    std::string text = fmt::format("{}: {} ({}), {} unpacked, for kernel {}\n", output,
                                   size_text(build.archive.bytes.size()),
                                   build.packing == Packing::none ? "not packed" : to_text(build.packing),
                                   size_text(build.archive.unpacked), build.frozen.kernel_release);
    for (const Target& target : build.frozen.settings.targets)
        text += fmt::format("  target     {}\n", target.url());
    text += fmt::format("  modules    {}\n", names_text(build.modules));
    if (!build.built_in.empty())
        text += fmt::format("  built in   {}\n", fmt::join(build.built_in, " "));
    text += fmt::format("  layout     {}\n", build.layout);
    if (build.production)
        text += fmt::format("  kexec      {}\n", production_text(*build.production));
    text += fmt::format("  programs   {}\n", names_text(build.programs));
    return text + fmt::format("  libraries  {}\n", names_text(build.libraries));
}

std::string summary_json(const Build& build, const std::string& output) {
    nlohmann::ordered_json json;
    json["output"] = output;
    json["kernel_release"] = build.frozen.kernel_release;
    json["host"] = build.frozen.host;
    json["targets"] = nlohmann::ordered_json::array();
    for (const Target& target : build.frozen.settings.targets)
        json["targets"].push_back(target.url());
    json["packing"] = to_text(build.packing);
    json["bytes"] = {{"packed", build.archive.bytes.size()}, {"unpacked", build.archive.unpacked}};
    json["layout"] = build.layout;
    if (build.production)
        json["kexec"] = {{"kernel", build.production->production.kernel.path},
                         {"initrd", build.production->production.initrd.path},
                         {"filesystem", build.production->production.filesystem},
                         {"bytes", build.production->bytes}};
    json["modules"] = parts_json(build.modules);
    json["built_in"] = build.built_in;
    json["programs"] = parts_json(build.programs);
    json["libraries"] = parts_json(build.libraries);
    json["contents"] = parts_json(build.contents);
    json["warnings"] = build.warnings;
    return json_text(json);
}

} // namespace kdumpkit::initramfs
