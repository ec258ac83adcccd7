// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/private_key.h"

#include "base/bytes.h"
#include "initramfs/base64.h"

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

constexpr const char* make_another = "make one for this purpose: ssh-keygen -t ed25519 -N '' -f FILE, and "
                                     "add FILE.pub to the server's authorized_keys";

Failure unusable(const std::string& name, std::string reason, std::string next_step) {
    return fail(make_error(ErrorKind::unsupported, "pack the private key", name, std::move(reason))
                    .then(std::move(next_step)));
}

// A text between "-----BEGIN LABEL-----" and its end (RFC 7468).
struct Armour {
    std::string_view label, inside;
};

std::optional<Armour> find_armour(std::string_view text) {
    constexpr std::string_view begin = "-----BEGIN ", dashes = "-----", key = "PRIVATE KEY";
    while (true) {
        const std::size_t at = text.find(begin);
        if (at == std::string_view::npos)
            return std::nullopt;
        text.remove_prefix(at + begin.size());
        const std::size_t label = text.find(dashes);
        if (label == std::string_view::npos)
            return std::nullopt;
        Armour found{text.substr(0, label), {}};
        text.remove_prefix(label + dashes.size());
        found.inside = text.substr(0, text.find(dashes));
        if (found.label.ends_with(key)) // and not "EC PARAMETERS", which may come first
            return found;
    }
}

bool has_passphrase(const Armour& armour) {
    return armour.label.starts_with("ENCRYPTED") ||
           armour.inside.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

// A string of SSH's wire format (RFC 4251, section 5): its length, big-endian, and its bytes.
std::optional<std::string_view> take_string(ByteReader reader, std::uint64_t& offset) {
    const auto size = reader.u32(offset);
    const auto bytes = size ? reader.slice(offset + 4, *size) : std::nullopt;
    if (!bytes)
        return std::nullopt;
    offset += 4 + *size;
    return as_text(*bytes);
}

// What OpenSSH's own format (its PROTOCOL.key) says without the passphrase.
struct OpensshKey {
    std::string_view cipher, type;
};

std::optional<OpensshKey> read_openssh(Bytes bytes) {
    constexpr std::string_view magic("openssh-key-v1\0", 15);
    if (!as_text(bytes).starts_with(magic))
        return std::nullopt;
    const ByteReader reader(bytes, std::endian::big);
    std::uint64_t offset = magic.size();
    const auto cipher = take_string(reader, offset);
    if (!cipher || !take_string(reader, offset) ||
        !take_string(reader, offset)) // key derivation: name, options
        return std::nullopt;
    offset += 4; // how many keys; there is one
    const auto public_key = take_string(reader, offset);
    std::uint64_t inside = 0;
    const auto type =
        public_key ? take_string(ByteReader(as_bytes(*public_key), std::endian::big), inside) : std::nullopt;
    if (!type)
        return std::nullopt;
    return OpensshKey{*cipher, *type};
}

// The object identifier rsaEncryption in DER (RFC 8017, appendix C), as PKCS #8 names the kind of its key.
bool names_rsa(Bytes der) {
    constexpr std::string_view identifier("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9);
    return as_text(der).find(identifier) != std::string_view::npos;
}

Failure passphrase(const std::string& name) {
    return unusable(name, "it has a passphrase, and nobody can type it after a panic", make_another);
}

Result<> check_type(std::string_view type, const std::string& name) {
    if (type == "ssh-ed25519" || type.starts_with("ecdsa-sha2-"))
        return {};
    if (type == "ssh-rsa")
        return unusable(name, "it is an RSA key, with which libssh2 signs by SHA-1 only: servers refuse that",
                        make_another);
    return unusable(name, fmt::format("it is a key of type {}, which libssh2 cannot use alone", type),
                    make_another);
}

} // namespace

Result<> check_ssh_key(std::string_view text, const std::string& name) {
    const auto armour = find_armour(text);
    if (!armour)
        return unusable(name, "it holds no private key in a format that libssh2 reads", make_another);
    if (has_passphrase(*armour))
        return passphrase(name);
    if (armour->label == "RSA PRIVATE KEY")
        return check_type("ssh-rsa", name);
    if (armour->label == "EC PRIVATE KEY")
        return {};
    const auto bytes = base64_decoded(armour->inside);
    if (armour->label == "OPENSSH PRIVATE KEY") {
        const auto key = bytes ? read_openssh(*bytes) : std::nullopt;
        if (!key)
            return unusable(name, "it is damaged", make_another);
        if (key->cipher != "none")
            return passphrase(name);
        return check_type(key->type, name);
    }
    if (armour->label == "PRIVATE KEY" && bytes)
        return names_rsa(*bytes) ? check_type("ssh-rsa", name) : Result<>();
    return check_type(armour->label, name);
}

Result<> check_tls_key(std::string_view text, const std::string& name) {
    const auto armour = find_armour(text);
    if (!armour)
        return unusable(name, "it holds no private key in PEM",
                        "convert it: openssl pkey -in FILE -out FILE.pem");
    if (armour->label == "OPENSSH PRIVATE KEY")
        return unusable(
            name, "it is a key for SSH, which TLS libraries do not read",
            "name the key that belongs to the certificate, or convert it: ssh-keygen -p -m PKCS8 -f "
            "a copy of it");
    if (has_passphrase(*armour))
        return unusable(name, "it has a passphrase, and nobody can type it after a panic",
                        "write it without one: openssl pkey -in FILE -out FILE.pem");
    return {};
}

} // namespace kdumpkit::initramfs
