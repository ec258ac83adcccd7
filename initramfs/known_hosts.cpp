// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/known_hosts.h"

#include "base/bytes.h"
#include "initramfs/base64.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <nettle/hmac.h>

namespace kdumpkit::initramfs {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(separators), text.size());
        if (end != 0)
            parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

const std::uint8_t* octets(Bytes bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

// "|1|SALT|HASH": HMAC-SHA1 of the host's name, the salt is its key.
bool hash_names(std::string_view hashed, const std::string& host) {
    const auto parts = split(hashed, "|");
    if (parts.size() != 3 || parts[0] != "1")
        return false;
    const auto salt = base64_decoded(parts[1]), hash = base64_decoded(parts[2]);
    if (!salt || !hash || hash->size() != SHA1_DIGEST_SIZE)
        return false;
    hmac_sha1_ctx context;
    std::array<std::uint8_t, SHA1_DIGEST_SIZE> digest{};
    ::nettle_hmac_sha1_set_key(&context, salt->size(), octets(*salt));
    ::nettle_hmac_sha1_update(&context, host.size(), octets(as_bytes(host)));
    ::nettle_hmac_sha1_digest(&context, digest.size(), digest.data());
    return std::equal(digest.begin(), digest.end(), octets(*hash));
}

bool names(std::string_view field, const std::string& host) {
    if (field.starts_with('|'))
        return hash_names(field, host);
    const auto list = split(field, ",");
    return std::find(list.begin(), list.end(), host) != list.end();
}

} // namespace

Result<> check_known_host(std::string_view text, const std::string& host, std::uint16_t port,
                          const std::string& name) {
    // libssh2 looks for the name with a strange port first, then for the bare name.
    std::vector<std::string> wanted{host};
    if (port != 22)
        wanted.push_back(fmt::format("[{}]:{}", host, port));
    bool other_type = false;
    for (const std::string_view line : split(text, "\n")) {
        const auto fields = split(line, " \t\r");
        if (fields.size() < 3 || fields[0].starts_with('#') || fields[0].starts_with('@'))
            continue;
        if (std::none_of(wanted.begin(), wanted.end(),
                         [&](const auto& one) { return names(fields[0], one); }))
            continue;
        if (fields[1] == "ssh-ed25519" || fields[1].starts_with("ecdsa-sha2-"))
            return {};
        other_type = true;
    }
    return fail(
        make_error(ErrorKind::invalid, "use", name,
                   other_type ? fmt::format("of {} it has only keys of types that libssh2 cannot check", host)
                              : fmt::format("it has no key of {}", wanted.back()))
            .then(fmt::format(
                "ssh-keyscan -t ed25519 -p {} {} >> {}, and compare the fingerprint with the server's", port,
                host, name)));
}

} // namespace kdumpkit::initramfs
