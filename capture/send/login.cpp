// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/login.h"

#include "base/file.h"
#include "config/object_store.h"

#include <fcntl.h>
#include <fmt/format.h>

namespace kdumpkit::send {
namespace {

void set(CURL* handle, CURLoption option, const std::string& text) {
    if (!text.empty())
        (void)curl_easy_setopt(handle, option, text.c_str());
}

void apply_ssh(const Login& login, CURL* handle) {
    const std::string key = login.target.value("key");
    set(handle, CURLOPT_USERNAME, login.target.user);
    set(handle, CURLOPT_SSH_KNOWNHOSTS, login.target.value("known_hosts"));
    set(handle, CURLOPT_SSH_PRIVATE_KEYFILE, key);
    if (login.credentials)
        set(handle, CURLOPT_PASSWORD, login.credentials->password);
    const long publickey = key.empty() ? 0 : CURLSSH_AUTH_PUBLICKEY;
    const long password = login.credentials ? CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD : 0;
    (void)curl_easy_setopt(handle, CURLOPT_SSH_AUTH_TYPES, publickey | password);
}

void apply_tls(const Target& target, CURL* handle) {
    (void)curl_easy_setopt(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    (void)curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    if (const std::string ca = target.value("ca"); !ca.empty()) {
        set(handle, CURLOPT_CAINFO, ca);
        (void)curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
    }
    if (!target.info().speaks_ssh()) {
        set(handle, CURLOPT_SSLCERT, target.value("cert"));
        set(handle, CURLOPT_SSLKEY, target.value("key"));
    }
    if (target.scheme == Scheme::ftps)
        (void)curl_easy_setopt(handle, CURLOPT_USE_SSL, long{CURLUSESSL_ALL});
}

const char* protocols(const Target& target) {
    switch (target.scheme) {
    case Scheme::sftp:
    case Scheme::scp:
        return "sftp";
    case Scheme::ftp:
    case Scheme::ftps:
        return "ftp,ftps";
    case Scheme::s3:
        return "http,https";
    default:
        return "https";
    }
}

std::string host_in_url(const Target& target) {
    const std::string host =
        target.host.find(':') == std::string::npos ? target.host : fmt::format("[{}]", target.host);
    return target.port ? fmt::format("{}:{}", host, *target.port) : host;
}

} // namespace

Result<Login> read_login(const Target& target) {
    if (target.info().carrier != Carrier::sender)
        return fail(make_error(ErrorKind::invalid, "send to", target.url(),
                               fmt::format("{}: is not a target of kdump-send", target.info().name))
                        .then("use sftp:, https:, s3:, ftp: or ftps:"));
    Login login{target, std::nullopt};
    for (const auto& [key, value] : target.parameters)
        if (const Parameter* parameter = find_parameter(target.info(), key);
            parameter && parameter->names_file)
            KDK_TRY(open_file(value, O_RDONLY));
    if (const std::string path = target.value("credentials"); !path.empty()) {
        KDK_ASSIGN(const std::string text, read_text(path, std::size_t{64} << 10));
        KDK_ASSIGN(login.credentials, parse_credentials(text, path));
    }
    return login;
}

std::string server_url(const Target& target) {
    switch (target.scheme) {
    case Scheme::s3:
        return bucket_url(target);
    case Scheme::scp: // as scp(1) since OpenSSH 9.0: the SCP protocol cannot take a stream of unknown length
        return fmt::format("sftp://{}", host_in_url(target));
    case Scheme::ftps:
        return fmt::format("{}://{}", target.value("tls") == "explicit" ? "ftp" : "ftps",
                           host_in_url(target));
    default:
        return fmt::format("{}://{}", target.info().name, host_in_url(target));
    }
}

void apply(const Login& login, CURL* handle) {
    (void)curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, protocols(login.target));
    (void)curl_easy_setopt(handle, CURLOPT_PROXY, "");
    apply_tls(login.target, handle);
    if (login.target.info().speaks_ssh())
        return apply_ssh(login, handle);
    if (!login.credentials)
        return;
    set(handle, CURLOPT_USERNAME, login.credentials->user);
    set(handle, CURLOPT_PASSWORD, login.credentials->password);
    if (login.target.scheme == Scheme::s3) {
        const std::string region = login.target.value("region");
        set(handle, CURLOPT_AWS_SIGV4, fmt::format("aws:amz:{}:s3", region.empty() ? "us-east-1" : region));
    }
}

} // namespace kdumpkit::send
