// SPDX-License-Identifier: GPL-2.0-or-later
// The pure rules: how often, how large, what a failure means, where a target is.
#include "capture/send/login.h"
#include "capture/send/options.h"
#include "capture/send/patience.h"
#include "capture/send/s3/md5.h"
#include "capture/send/s3/part_plan.h"
#include "capture/send/s3/xml.h"
#include "capture/send/store.h"
#include "capture/send/verdict.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::send;
using Catch::Matchers::Contains;

TEST_CASE("pauses double up to half a minute, and progress begins anew") {
    Patience patience(8);
    for (const int seconds : {1, 2, 4, 8, 16, 30, 30, 30})
        CHECK(patience.after(0) == std::chrono::seconds(seconds));
    CHECK_FALSE(patience.after(Patience::step - 1));
    CHECK(patience.after(Patience::step) == std::chrono::seconds(1));
    CHECK(patience.after(2 * Patience::step - 1) == std::chrono::seconds(2));
    CHECK_FALSE(Patience(0).after(0));
}

TEST_CASE("parts suffice for everything that S3 can hold") {
    constexpr std::uint64_t mib = 1 << 20, gib = 1 << 30;
    CHECK(part_size(std::nullopt, 1) == 8 * mib);
    CHECK(part_size(std::nullopt, 2000) == 8 * mib);
    CHECK(part_size(std::nullopt, 2001) == 16 * mib);
    std::uint64_t stream = 0;
    for (unsigned number = 1; number <= most_parts; ++number)
        stream += part_size(std::nullopt, number);
    CHECK(stream > 484 * gib);
    for (const std::uint64_t total : {mib, 78 * gib, 79 * gib, 1000 * gib, 5120 * gib}) {
        CAPTURE(total);
        CHECK(part_size(total, 1) >= smallest_part);
        CHECK(part_size(total, 1) * most_parts >= total);
        CHECK(part_size(total, 1) <= 5 * gib);
    }
}

TEST_CASE("the object that was made of these parts, and no other of its size") {
    // MD5 of "first part" and of "second", then of their digests one behind the other (md5sum).
    const std::string first = "\"550cf6b6e60f65a0e3104a26e70fea42\"",
                      second = "\"a9f0e61a137d86aa9db53465e0801612\"";
    CHECK(object_etag(std::vector{first, second}) == "\"93f26da1291790e1134809a03511cd15-2\"");
    CHECK(object_etag(std::vector{second, first}) != object_etag(std::vector{first, second}));
    for (const char* other :
         {"", "\"\"", "\"sealed by the server, 32 characters\"", "550cf6b6e60f65a0e3104a26e70fea42"}) {
        CAPTURE(other);
        CHECK(object_etag(std::vector{first, std::string(other)}).empty());
    }
}

TEST_CASE("a reply is read no further than it goes") {
    const std::string xml =
        "<A><Key>a&amp;b &lt;&quot;&gt;</Key><Part><N>1</N></Part><Part><N>2</N></Part><Open>x";
    CHECK(xml_text(xml, "Key") == "a&b <\">");
    CHECK(xml_all(xml, "Part").size() == 2);
    CHECK(xml_text(xml_all(xml, "Part")[1], "N") == "2");
    CHECK(xml_text(xml, "Open").empty());
    CHECK(xml_text("", "A").empty());
    CHECK(xml_text("<A></A>", "A").empty());
}

TEST_CASE("what fails is judged by whether another attempt may help") {
    const Target target = *parse_target("https://host/x");
    CHECK(judge(CURLE_COULDNT_CONNECT, 0, "", target).verdict == Verdict::again);
    CHECK(judge(CURLE_COULDNT_RESOLVE_HOST, 0, "", target).verdict == Verdict::again);
    CHECK(judge(CURLE_RECV_ERROR, 0, "", target).verdict == Verdict::again);
    CHECK(judge(CURLE_LOGIN_DENIED, 530, "", target).verdict == Verdict::refused);
    const auto advice = [](const char* url) {
        return judge(CURLE_LOGIN_DENIED, 0, "", *parse_target(url)).error.next_step;
    };
    CHECK_THAT(advice("sftp://me@host/x?key=/k&known_hosts=/h"), Contains("ssh-copy-id"));
    CHECK_THAT(advice("ftp://host/x?credentials=/c"), Contains("password") && !Contains("ssh"));
    CHECK(judge(CURLE_PEER_FAILED_VERIFICATION, 0, "", target).verdict == Verdict::refused);
    CHECK(judge(CURLE_UPLOAD_FAILED, 553, "", target).verdict == Verdict::refused);
    CHECK(judge(CURLE_UPLOAD_FAILED, 452, "", target).verdict == Verdict::again);
    for (const auto& [status, verdict] : std::vector<std::pair<long, Verdict>>{{301, Verdict::refused},
                                                                               {401, Verdict::refused},
                                                                               {403, Verdict::refused},
                                                                               {408, Verdict::again},
                                                                               {413, Verdict::refused},
                                                                               {418, Verdict::refused},
                                                                               {429, Verdict::again},
                                                                               {500, Verdict::again},
                                                                               {503, Verdict::again},
                                                                               {507, Verdict::refused}}) {
        CAPTURE(status);
        const Trouble trouble = judge_http(status, "the server's words", target);
        CHECK(trouble.verdict == verdict);
        CHECK_THAT(trouble.error.reason, Contains("the server's words"));
        CHECK_FALSE(trouble.error.next_step.empty());
    }
    CHECK(exit_code_of({Verdict::again, {}}) == 6);
    CHECK(exit_code_of({Verdict::broken, {}}) == 6);
    CHECK(exit_code_of({Verdict::refused, {}}) == 7);
    CHECK(exit_code_of({Verdict::input, {}}) == 1);
}

TEST_CASE("where libcurl finds a target") {
    const auto server = [](const std::string& url) { return server_url(*parse_target(url)); };
    const std::string ssh = "?key=/k&known_hosts=/h", s3 = "?credentials=/c";
    CHECK(server("sftp://me@host:2222/x" + ssh) == "sftp://host:2222");
    CHECK(server("scp://me@[fe80::1]/x" + ssh) == "sftp://[fe80::1]");
    CHECK(server("https://host/x") == "https://host");
    CHECK(server("ftp://host/x") == "ftp://host");
    CHECK(server("ftps://host:990/x") == "ftps://host:990");
    CHECK(server("ftps://host/x?tls=explicit") == "ftp://host");
    CHECK(server("s3://b/x" + s3 + "&endpoint=https://h:9") == "https://h:9/b");
    CHECK(server("s3://b/x" + s3 + "&endpoint=https://h:9&style=virtual") == "https://b.h:9");
    CHECK(server("s3://b/x" + s3 + "&region=eu-west-1") == "https://b.s3.eu-west-1.amazonaws.com");
    CHECK(server("s3://b/x" + s3 + "&region=eu-west-1&style=path") == "https://s3.eu-west-1.amazonaws.com/b");
    CHECK(remote_path(*parse_target("https://host/a%20b"), "c/d e") == "/a%20b/c/d%20e");
    CHECK(remote_path(*parse_target("https://host/"), "c") == "/c");
    CHECK_FALSE(read_login(*parse_target("file:///x")));
    CHECK(read_login(*parse_target("ftp://h/x?credentials=/no/such/file")).error().kind == ErrorKind::absent);
}

TEST_CASE("command lines") {
    const auto good = parse_options({"--name=a/b", "--stall", "5", "--json", "sftp://x"});
    REQUIRE(good);
    CHECK(good->name == "a/b");
    CHECK(good->limits.stall == std::chrono::seconds(5));
    CHECK(good->json);
    CHECK(parse_options({"--file", "/var/crash/vmcore", "u"})->name == "vmcore");
    const auto part = parse_options({"--file=/dev/vdb", "--part=4096:10", "--name=a", "u"});
    REQUIRE(part);
    CHECK((part->part->offset == 4096 && part->part->bytes == 10));
    CHECK(parse_options({"--probe", "u"})->action == Options::Action::probe);
    CHECK(parse_options({"-h"})->action == Options::Action::help);
    const std::vector<std::vector<std::string>> bad = {
        {},
        {"u"},
        {"--name", "a"},
        {"--name", "a/../b", "u"},
        {"--name", "/a", "u"},
        {"--name", "a\nb", "u"},
        {"--name", "a//b", "u"},
        {"--probe", "--name", "a", "u"},
        {"--json=1", "--name", "a"},
        {"--retries", "-1", "--name", "a", "u"},
        {"--name", "a", "u", "v"},
        {"--buffer", "0", "--name", "a", "u"},
        {"--part", "0:10", "--name", "a", "u"},
        {"--part", "10", "--file", "/x", "u"},
        {"--part", ":", "--file", "/x", "u"},
        {"--part", "9223372036854775807:1", "--file", "/x", "u"},
        {"--stall"},
    };
    for (const auto& arguments : bad) {
        const auto options = parse_options(arguments);
        REQUIRE_FALSE(options);
        CHECK(options.error().kind == ErrorKind::invalid);
        CHECK_FALSE(options.error().next_step.empty());
    }
}
