// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/target_files.h"

#include "base/bytes.h"
#include "base/file.h"
#include "config/credentials.h"
#include "initramfs/key_pair.h"
#include "initramfs/known_hosts.h"
#include "initramfs/private_key.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

// Where distributions keep the certificates that the system trusts: Debian, Fedora, openSUSE, Alpine.
constexpr std::array system_certificates = {"/etc/ssl/certs/ca-certificates.crt",
                                            "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                            "/etc/ssl/cert.pem"};

bool trusts_certificates(const Target& target) {
    return target.scheme == Scheme::https || target.scheme == Scheme::ftps ||
           (target.scheme == Scheme::s3 && !target.value("endpoint").starts_with("http://"));
}

Result<> check_certificate(std::string_view text, const std::string& name) {
    if (text.find("-----BEGIN ") != std::string_view::npos &&
        text.find("CERTIFICATE-----") != std::string_view::npos)
        return {};
    return fail(make_error(ErrorKind::invalid, "use", name, "it holds no certificate in PEM")
                    .then("convert it: openssl x509 -inform DER -in FILE -out FILE.pem"));
}

Result<> check(const Target& target, std::string_view key, std::string_view text, const std::string& name) {
    if (key == "credentials") {
        KDK_TRY(parse_credentials(text, name));
        return {};
    }
    if (key == "known_hosts")
        return check_known_host(text, target.host, target.port.value_or(22), name);
    if (key == "key")
        return target.info().speaks_ssh() ? check_ssh_key(text, name) : check_tls_key(text, name);
    return check_certificate(text, name);
}

Result<> choose_certificates(Target& target, const Root& root) {
    if (!trusts_certificates(target) || target.parameters.contains("ca"))
        return {};
    for (const char* path : system_certificates)
        if (root.exists(path)) {
            target.parameters["ca"] = path;
            return {};
        }
    return fail(make_error(ErrorKind::absent, "find the certificates that the system trusts for",
                           target.url(), "there are none in /etc/ssl and /etc/pki")
                    .then("install ca-certificates, or name a file with ca="));
}

} // namespace

Result<std::vector<ExtraFile>> freeze_target_files(Target& target, const Root& root, std::size_t number) {
    std::vector<ExtraFile> files;
    KDK_TRY(choose_certificates(target, root));
    const std::string certificate = target.value("cert"), private_key = target.value("key");
    for (auto& [key, value] : target.parameters) {
        const Parameter* parameter = find_parameter(target.info(), key);
        if (!parameter || !parameter->names_file)
            continue;
        const auto advise = [&, &name = key](Error error) {
            return error.next_step.empty() ? std::move(error).then(fmt::format(
                                                 "make that file, or name another one with {}=", name))
                                           : error;
        };
        KDK_ASSIGN(const std::string path, root.resolve(value).map_error(advise));
        KDK_ASSIGN(auto content, read_file(path, std::size_t{4} << 20).map_error(advise));
        KDK_TRY(check(target, key, as_text(content), value));
        value = fmt::format("/etc/kdumpkit/targets/{}/{}", number, key);
        files.push_back({value, std::move(content), 0600});
    }
    const auto text_of = [&](std::string_view key) {
        const auto file = std::find_if(files.begin(), files.end(),
                                       [&](const ExtraFile& one) { return one.path == target.value(key); });
        return file == files.end() ? std::string_view() : as_text(file->content);
    };
    if (!certificate.empty())
        KDK_TRY(check_key_pair({text_of("cert"), certificate}, {text_of("key"), private_key}));
    return files;
}

} // namespace kdumpkit::initramfs
