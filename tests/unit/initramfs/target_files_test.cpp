// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "base/process.h"
#include "initramfs/base64.h"
#include "initramfs/known_hosts.h"
#include "initramfs/private_key.h"
#include "initramfs/target_files.h"
#include "temporary_folder.h"

#include <catch2/catch.hpp>
#include <fcntl.h>

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using Catch::Matchers::Contains;
using kdumpkit::initramfs::test::TemporaryFolder;

namespace {

void run(std::vector<std::string> argv) {
    auto child = spawn({.argv = std::move(argv)});
    REQUIRE(child);
    REQUIRE(child->wait()->success());
}

// A new key's file; the public half lies beside it with .pub.
std::string make_key(const TemporaryFolder& folder, const std::string& type,
                     const std::string& passphrase = "", const std::string& format = "RFC4716") {
    std::string path = folder.path() + "/" + type + passphrase + format;
    run({"ssh-keygen", "-q", "-t", type, "-N", passphrase, "-m", format, "-f", path});
    return path;
}

std::string complaint(const std::string& path) {
    const auto result = check_ssh_key(read_text(path).value(), path);
    return result ? "" : result.error().reason;
}

} // namespace

TEST_CASE("keys that nobody can use after a panic are refused") {
    const TemporaryFolder folder;
    CHECK(complaint(make_key(folder, "ed25519")).empty());
    CHECK(complaint(make_key(folder, "ecdsa")).empty());
    CHECK(complaint(make_key(folder, "ecdsa", "", "PEM")).empty());
    CHECK(complaint(make_key(folder, "ecdsa", "", "PKCS8")).empty());
    for (const char* format : {"RFC4716", "PEM", "PKCS8"}) {
        CAPTURE(format);
        CHECK_THAT(complaint(make_key(folder, "rsa", "", format)), Contains("RSA"));
        CHECK_THAT(complaint(make_key(folder, "ecdsa", "secret", format)), Contains("passphrase"));
    }
    const std::string good = make_key(folder, "ed25519", "", "PEM");
    CHECK_THAT(check_ssh_key("nothing", "f").error().reason, Contains("no private key"));
    CHECK_THAT(check_ssh_key(read_text(good + ".pub").value(), "f").error().next_step,
               Contains("ssh-keygen"));
    // Cut at every byte: no harm, and never taken for a good one before its type can be read.
    const std::string text = read_text(good).value();
    for (std::size_t size = 0; size < text.size(); ++size)
        if (const auto result = check_ssh_key(text.substr(0, size), "f"); result)
            CHECK(size > 100);
    CHECK(check_tls_key("-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n", "f"));
    CHECK_FALSE(check_tls_key("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA\n-----END", "f"));
    CHECK_FALSE(check_tls_key("x", "f"));
    CHECK_THAT(check_tls_key(read_text(folder.path() + "/ed25519RFC4716").value(), "f").error().reason,
               Contains("a key for SSH"));
}

TEST_CASE("a known host is one whose key libssh2 can check") {
    const std::string key =
        " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEHpHHWut50/jeJnGiDGqAYAUq61iCtZ3xjhOzNxs1ma\n";
    const auto known = [](const std::string& text, const std::string& host, std::uint16_t port) {
        return check_known_host(text, host, port, "f").has_value();
    };
    CHECK(known("# comment\n\nother,host" + key, "host", 22));
    CHECK(known("[host]:2222" + key, "host", 2222));
    CHECK(known("host" + key, "host", 2222)); // as libssh2 looks it up
    CHECK_FALSE(known("[host]:2222" + key, "host", 22));
    CHECK_FALSE(known("[host]:2223" + key, "host", 2222));
    CHECK_FALSE(known("hostess" + key, "host", 22));
    CHECK_FALSE(known("@revoked host" + key, "host", 22));
    CHECK_FALSE(known("#host" + key, "host", 22));
    CHECK_FALSE(known("", "host", 22));
    // What ssh-keygen -H made of [10.0.2.2]:2222.
    const std::string hashed = "|1|4guAyrXmfn+MVAmVWC5+sUtg88g=|HjHz6QN7QEfi9hA14nEAc3h9XeA=" + key;
    CHECK(known(hashed, "10.0.2.2", 2222));
    CHECK_FALSE(known(hashed, "10.0.2.2", 2223));
    CHECK_FALSE(known("|1|4guAyrXmfn|" + key, "10.0.2.2", 2222));
    const Error rsa = check_known_host("host ssh-rsa AAAA\n", "host", 22, "f").error();
    CHECK_THAT(rsa.reason, Contains("types that libssh2 cannot check"));
    CHECK_THAT(rsa.next_step, Contains("ssh-keyscan -t ed25519 -p 22 host"));
}

TEST_CASE("a target's files are packed and named as they lie inside") {
    const TemporaryFolder folder;
    const Root root(folder.path());
    const auto put = [&](const std::string& name, const std::string& text) {
        REQUIRE(write_file_atomically(folder.path() + "/" + name, text));
    };
    put("known_hosts", "host ssh-ed25519 AAAA\n");
    put("id", read_text(make_key(folder, "ed25519")).value());
    Target target = parse_target("sftp://me@host/x?key=/id&known_hosts=/known_hosts&deadline=9").value();
    const auto files = freeze_target_files(target, root, 3);
    REQUIRE(files);
    REQUIRE(files->size() == 2);
    for (const ExtraFile& file : *files)
        CHECK(file.mode == 0600);
    CHECK(target.url() == "sftp://me@host/x?deadline=9&key=/etc/kdumpkit/targets/3/key&known_hosts=/etc/"
                          "kdumpkit/targets/3/known_hosts");

    const auto refused = [&](const std::string& url) {
        Target wrong = parse_target(url).value();
        const auto result = freeze_target_files(wrong, root, 1);
        REQUIRE_FALSE(result);
        CHECK_FALSE(result.error().next_step.empty());
        return result.error().reason;
    };
    CHECK_THAT(refused("sftp://me@other/x?key=/id&known_hosts=/known_hosts"), Contains("no key of other"));
    refused("sftp://me@host/x?key=/none&known_hosts=/known_hosts");
    CHECK_THAT(refused("https://host/x"), Contains("/etc/ssl"));
    put("text", "no certificate");
    CHECK_THAT(refused("https://host/x?ca=/text"), Contains("no certificate"));
    CHECK_THAT(refused("ftp://host/x?credentials=/text"), Contains("not one of user"));
    put("ca", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n");
    Target web = parse_target("https://host/x?ca=/ca").value();
    CHECK(freeze_target_files(web, root, 1)->front().path == "/etc/kdumpkit/targets/1/ca");
}

TEST_CASE("a certificate with somebody else's key is refused when it is packed") {
    const TemporaryFolder folder;
    const Root root(folder.path());
    const auto make = [&](const std::string& name, const std::vector<std::string>& kind) {
        const std::string path = folder.path() + "/" + name;
        std::vector<std::string> argv{"openssl",     "req",  "-x509",       "-nodes",  "-subj",
                                      "/CN=" + name, "-out", path + ".crt", "-keyout", path + ".key"};
        argv.insert(argv.end(), kind.begin(), kind.end());
        const Fd nothing = open_file("/dev/null", O_WRONLY).value();
        auto child = spawn({argv, -1, nothing.get(), nothing.get()});
        REQUIRE(child);
        REQUIRE(child->wait()->success());
    };
    const std::vector<std::pair<std::string, std::vector<std::string>>> kinds{
        {"rsa", {"-newkey", "rsa:2048"}},
        {"ec", {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"}},
        {"ed", {"-newkey", "ed25519"}}};
    REQUIRE(write_file_atomically(folder.path() + "/ca", "-----BEGIN CERTIFICATE-----\n"));
    REQUIRE(write_file_atomically(folder.path() + "/bad.crt",
                                  "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"));
    const auto freeze = [&](const std::string& certificate, const std::string& key) {
        Target target =
            parse_target("https://host/x?ca=/ca&cert=/" + certificate + ".crt&key=/" + key + ".key").value();
        const auto files = freeze_target_files(target, root, 1);
        return files ? "" : files.error().message();
    };
    for (const auto& [name, kind] : kinds) {
        make(name, kind);
        make(name + "2", kind);
        CHECK(freeze(name, name).empty());
        CHECK_THAT(freeze(name, name + "2"),
                   Contains("/" + name + "2.key") &&
                       Contains("not the private key of the certificate in /" + name));
    }
    CHECK_THAT(freeze("rsa", "ec"), Contains("not the private key"));
    CHECK_THAT(freeze("bad", "ec"), Contains("cannot read the certificate"));
}
