// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/capture_image.h"

#include "base/json.h"
#include "base/sha256.h"
#include "config/frozen.h"

#include <sstream>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

using nlohmann::ordered_json;

constexpr const char* kernel_key = "kernel";
constexpr const char* network_key = "network";
constexpr const char* collector_path = "/usr/bin/makedumpfile-lite";

// The layout without the addresses of its symbols: they move with each boot (KASLR), the collector moves them
// back, and the build ID, which stays, stands for them.
std::string without_addresses(std::string_view layout) {
    std::string out;
    std::istringstream lines{std::string(layout)};
    for (std::string line; std::getline(lines, line);)
        out += (line.starts_with("SYMBOL(") ? line.substr(0, line.find('=')) : line) + "\n";
    return out;
}

std::string digest_of(const Frozen& frozen) {
    return to_hex(sha256_of(as_bytes(to_toml(frozen))));
}

// The network apart: an admin who changed no setting is to be told what changed.
void add_frozen(Digests& digests, const initramfs::Entry& entry) {
    auto frozen = parse_frozen(as_text(entry.content), entry.path);
    if (!frozen) {
        digests[entry.path] = to_hex(sha256_of(entry.content));
        return;
    }
    Frozen alone;
    std::swap(alone.settings.network, frozen->settings.network);
    if (alone.settings.network != Network{})
        digests[network_key] = digest_of(alone);
    digests[entry.path] = digest_of(*frozen);
}

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

// What an entry of the initramfs is called among people.
std::string spoken(const std::string& path) {
    if (path == kernel_key)
        return "the kernel's image";
    if (path == network_key)
        return "the network (addresses, routes or names of the way to a target)";
    if (path == Frozen::path)
        return "the settings, the targets or the machine's name";
    if (path == Frozen::layout_path)
        return "the kernel's layout";
    if (path == "/init")
        return "kdump-capture";
    if (path.ends_with(".ko"))
        return "the module " + file_name(path);
    return file_name(path);
}

} // namespace

std::string digest_of(const initramfs::Entry& entry) {
    if (entry.type != initramfs::EntryType::file)
        return fmt::format("{} {}:{}", entry.link, entry.major, entry.minor);
    if (entry.path == Frozen::layout_path)
        return to_hex(sha256_of(as_bytes(without_addresses(as_text(entry.content)))));
    return to_hex(sha256_of(entry.content));
}

Digests digests_of(const std::vector<initramfs::Entry>& entries, const Digest& kernel) {
    Digests digests;
    for (const initramfs::Entry& entry : entries) {
        if (entry.type == initramfs::EntryType::folder)
            continue;
        if (entry.path == Frozen::path)
            add_frozen(digests, entry);
        else
            digests[entry.path] = digest_of(entry);
    }
    digests[kernel_key] = to_hex(kernel);
    return digests;
}

std::string to_json(const ImageRecord& record) {
    const ordered_json json{{"kernel_release", record.kernel_release},
                            {"kernel", record.kernel_path},
                            {"packing", record.packing},
                            {"host", record.host},
                            {"former_hosts", record.former_hosts},
                            {"sha256", record.image_digest},
                            {"bytes", record.bytes},
                            {"unpacked_bytes", record.unpacked},
                            {"built_at", record.built_at},
                            {"layout_of", record.layout_of},
                            {"made_of", record.made_of}};
    return json_text(json);
}

std::optional<ImageRecord> parse_image_record(std::string_view text) {
    const ordered_json json = ordered_json::parse(text, nullptr, false);
    ImageRecord record;
    record.kernel_release = text_in(json, "kernel_release");
    record.kernel_path = text_in(json, "kernel");
    record.packing = text_in(json, "packing");
    record.host = text_in(json, "host");
    if (json.is_object() && json.contains("former_hosts") && json["former_hosts"].is_array())
        for (const auto& host : json["former_hosts"])
            if (host.is_string())
                record.former_hosts.push_back(host.get<std::string>());
    record.image_digest = text_in(json, "sha256");
    record.layout_of = text_in(json, "layout_of");
    record.bytes = number_in(json, "bytes").value_or(0);
    record.unpacked = number_in(json, "unpacked_bytes").value_or(0);
    record.built_at = static_cast<std::int64_t>(number_in(json, "built_at").value_or(0));
    if (json.is_object() && json.contains("made_of") && json["made_of"].is_object())
        for (const auto& [path, digest] : json["made_of"].items())
            if (digest.is_string())
                record.made_of[path] = digest.get<std::string>();
    if (record.kernel_release.empty() || record.image_digest.empty())
        return std::nullopt;
    return record;
}

std::vector<std::string> names_so_far(const std::optional<ImageRecord>& before) {
    constexpr std::size_t most = 32;
    if (!before || before->host.empty())
        return {};
    std::vector<std::string> names = before->former_hosts;
    std::erase(names, before->host);
    names.push_back(before->host);
    if (names.size() > most)
        names.erase(names.begin(), names.end() - most);
    return names;
}

std::optional<std::string> same_layout(const std::optional<ImageRecord>& before, const ImageRecord& wanted) {
    const auto digest_in = [](const Digests& digests, const char* path) {
        const auto found = digests.find(path);
        return found == digests.end() ? std::string() : found->second;
    };
    if (!before || wanted.layout_of.empty() || before->layout_of != wanted.layout_of ||
        digest_in(before->made_of, collector_path) != digest_in(wanted.made_of, collector_path))
        return std::nullopt;
    std::string digest = digest_in(before->made_of, Frozen::layout_path);
    return digest.empty() ? std::nullopt : std::optional(std::move(digest));
}

std::vector<std::string> why_stale(const std::optional<ImageRecord>& record, std::string_view image_digest,
                                   const ImageRecord& wanted) {
    if (image_digest.empty())
        return {"there is none yet"};
    if (!record || record->image_digest != image_digest)
        return {"it is not the file that kdumpkit arm wrote last"};
    if (record->kernel_release != wanted.kernel_release)
        return {
            fmt::format("it is for kernel {}, not for {}", record->kernel_release, wanted.kernel_release)};
    std::vector<std::string> reasons;
    if (record->packing != wanted.packing)
        reasons.push_back("the kernel unpacks another compression");
    for (const auto& [path, digest] : wanted.made_of) {
        const auto before = record->made_of.find(path);
        if (before == record->made_of.end())
            reasons.push_back(spoken(path) + " is new");
        else if (before->second != digest)
            reasons.push_back(spoken(path) + " changed");
    }
    for (const auto& [path, digest] : record->made_of)
        if (!wanted.made_of.contains(path))
            reasons.push_back(spoken(path) + " is no longer needed");
    if (reasons.size() > 5) {
        const std::size_t more = reasons.size() - 4;
        reasons.resize(4);
        reasons.push_back(fmt::format("{} more changes", more));
    }
    return reasons;
}

} // namespace kdumpkit::admin
