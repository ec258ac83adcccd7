// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/manifest.h"

#include "base/file.h"
#include "base/json.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t version = 1;
constexpr std::string_view kind = "kdumpkit dump manifest";
constexpr std::uint64_t smallest_block = std::uint64_t{1} << 20;
constexpr std::uint64_t largest_block = std::uint64_t{1} << 40;
constexpr std::uint64_t most_blocks = std::uint64_t{1} << 18;
constexpr std::size_t most_text = std::size_t{64} << 20;

// Of the digests, one behind the other: whether the manifest itself is as it was.
Digest seal(const std::vector<Digest>& blocks) {
    return sha256_of(std::as_bytes(std::span(blocks)));
}

} // namespace

std::string manifest_name(const std::string& dump) {
    return dump + ".manifest";
}

std::uint64_t manifest_block(std::uint64_t bytes) {
    std::uint64_t block = smallest_block;
    while (block < largest_block && bytes / block >= most_blocks)
        block *= 2;
    return block;
}

// By hand: a tree of JSON values would hold each digest several times over.
std::string to_json(const Manifest& m) {
    std::string text = fmt::format("{{\n"
                                   "  \"manifest\": \"{}\",\n"
                                   "  \"manifest_version\": {},\n"
                                   "  \"program\": \"makedumpfile-lite\",\n"
                                   "  \"version\": \"{}\",\n"
                                   "  \"format\": \"{}\",\n"
                                   "  \"flattened\": {},\n"
                                   "  \"complete\": {},\n"
                                   "  \"bytes\": {},\n"
                                   "  \"block_bytes\": {},\n"
                                   "  \"sha256_of_digests\": \"{}\",\n"
                                   "  \"sha256\": [",
                                   kind, version, KDUMPKIT_VERSION, m.format, m.flattened, m.complete,
                                   m.bytes, m.block_bytes, to_hex(seal(m.blocks)));
    text.reserve(text.size() + m.blocks.size() * 72 + 16);
    for (std::size_t i = 0; i < m.blocks.size(); ++i)
        text += fmt::format("{}\n    \"{}\"", i == 0 ? "" : ",", to_hex(m.blocks[i]));
    return text + "\n  ]\n}\n";
}

Result<Manifest> parse_manifest(std::string_view text, const std::string& name) {
    const auto wrong = [&](std::string reason) {
        return fail(make_error(ErrorKind::corrupt, "use the manifest", name, std::move(reason))
                        .then("name the manifest that was written with this dump, or move this file away")
                        .from(ErrorSide::source));
    };
    const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
    if (text_in(json, "manifest") != kind)
        return wrong("it is no manifest of a dump");
    if (number_in(json, "manifest_version") != version)
        return wrong("it is of another version");
    Manifest m;
    m.format = text_in(json, "format");
    m.flattened = is_true_in(json, "flattened");
    m.complete = is_true_in(json, "complete");
    m.bytes = number_in(json, "bytes").value_or(0);
    m.block_bytes = number_in(json, "block_bytes").value_or(0);
    if (!std::has_single_bit(m.block_bytes) || m.block_bytes < 4096 || m.block_bytes > largest_block ||
        !json.contains("sha256") || !json["sha256"].is_array() ||
        json["sha256"].size() != m.bytes / m.block_bytes + (m.bytes % m.block_bytes != 0 ? 1 : 0))
        return wrong("it is damaged: its numbers contradict each other");
    for (const auto& digest : json["sha256"])
        if (!digest.is_string() || !from_hex(digest.get_ref<const std::string&>(), m.blocks.emplace_back()))
            return wrong("it is damaged: a digest in it is none");
    if (text_in(json, "sha256_of_digests") != to_hex(seal(m.blocks)))
        return wrong("it is damaged: its digests are not those that were written");
    return m;
}

Result<Manifest> read_manifest(const std::string& path) {
    KDK_ASSIGN(const std::string text, read_text(path, most_text).map_error([](Error error) {
        return std::move(error).from(ErrorSide::source);
    }));
    return parse_manifest(text, path);
}

Result<> write_manifest(const std::string& path, const format::Destination& destination, Manifest facts) {
    const format::FileDigests* digests = destination.digests();
    if (digests == nullptr)
        return fail(make_error(ErrorKind::system, "write", path, "the dump could not be read back for it")
                        .from(ErrorSide::destination));
    facts.bytes = digests->bytes;
    facts.block_bytes = digests->block_bytes;
    facts.blocks = digests->blocks;
    return write_file_atomically(path, to_json(facts), 0600).map_error([](Error error) {
        return std::move(error).from(ErrorSide::destination);
    });
}

void drop_stale_manifest(const std::string& dump) {
    const std::string path = manifest_name(dump);
    const auto text = read_text(path, most_text);
    if (text && text->starts_with(fmt::format("{{\n  \"manifest\": \"{}\"", kind)))
        ::unlink(path.c_str());
}

Result<std::vector<Range>> damaged_blocks(const Manifest& m, const Content& file,
                                          const std::function<Result<>(std::uint64_t)>& progress) {
    std::vector<Range> damaged;
    const auto add = [&](const Range& range) {
        if (!damaged.empty() && damaged.back().end == range.begin)
            damaged.back().end = range.end;
        else
            damaged.push_back(range);
    };
    std::vector<std::byte> bytes(std::size_t{1} << 20);
    std::uint64_t done = 0;
    for (std::size_t i = 0; i < m.blocks.size(); ++i) {
        const std::uint64_t begin = i * m.block_bytes;
        const std::uint64_t end = std::min(m.bytes, begin + m.block_bytes);
        Sha256 hash;
        bool readable = end <= file.size();
        for (std::uint64_t at = begin; readable && at < end;) {
            const auto part = std::span(bytes).first(
                static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), end - at)));
            // A sector that cannot be read is damage, and not the end of the search for more.
            readable = file.read(at, part).has_value();
            hash.update(part);
            at += part.size();
            done += part.size();
            KDK_TRY(progress(done));
        }
        if (!readable || hash.finish() != m.blocks[i])
            add({begin, end});
    }
    if (file.size() > m.bytes)
        add({m.bytes, file.size()});
    return damaged;
}

} // namespace kdumpkit::dump
