// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/arm_record.h"
#include "admin/capture_image.h"
#include "admin/kernel_image.h"
#include "config/frozen.h"

#include <functional>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

namespace {

ImageRecord record() {
    ImageRecord one;
    one.kernel_release = "6.1.0-test";
    one.kernel_path = "/boot/vmlinuz-6.1.0-test";
    one.packing = "zstd";
    one.image_digest = "0123";
    one.bytes = 12;
    one.unpacked = 34;
    one.built_at = 56;
    one.layout_of = "abcd";
    one.made_of = {{"kernel", "k"}, {"/init", "i"}, {"/etc/kdumpkit/frozen.toml", "f"}, {"/m/ext4.ko", "m"}};
    return one;
}

} // namespace

TEST_CASE("each entry and the kernel have digests of their own") {
    std::vector<initramfs::Entry> entries(3);
    entries[0] = {"/a", initramfs::EntryType::file, 0644, {std::byte{1}}, "", 0, 0};
    entries[1] = {"/b", initramfs::EntryType::link, 0777, {}, "/a", 0, 0};
    entries[2] = {"/c", initramfs::EntryType::folder, 0755, {}, "", 0, 0};
    const Digests digests = digests_of(entries, sha256_of(as_bytes("kernel")));
    CHECK(digests.size() == 3);
    CHECK(digests.at("/b") == "/a 0:0");
    entries[0].content[0] = std::byte{2};
    CHECK(digests_of(entries, sha256_of(as_bytes("kernel"))).at("/a") != digests.at("/a"));
    CHECK(digests_of(entries, sha256_of(as_bytes("kernel2"))).at("kernel") != digests.at("kernel"));
}

TEST_CASE("a machine's former names go from record to record, the latest last and not without end") {
    ImageRecord one = record();
    CHECK(names_so_far(std::nullopt).empty());
    CHECK(names_so_far(one).empty()); // an earlier version's record
    one.host = "b";
    one.former_hosts = {"b", "a"};
    CHECK(parse_image_record(to_json(one)) == one);
    CHECK(names_so_far(one) == std::vector<std::string>{"a", "b"});
    for (int i = 0; i < 40; ++i) {
        one.former_hosts = names_so_far(one);
        one.host = fmt::format("boot{}", i);
    }
    const auto names = names_so_far(one);
    CHECK(names.size() == 32);
    CHECK(names.front() == "boot8");
    CHECK(names.back() == "boot39");
}

TEST_CASE("a kernel that only moved (KASLR) is the same kernel") {
    const auto digest = [](std::string_view layout) {
        const Bytes bytes = as_bytes(layout);
        const initramfs::Entry entry{
            Frozen::layout_path, initramfs::EntryType::file, 0644, {bytes.begin(), bytes.end()}, "", 0, 0};
        return digests_of({entry}, {}).at(Frozen::layout_path);
    };
    const std::string first = "BUILD-ID=ab\nSYMBOL(_stext)=ffffffff81000000\nSIZE(page)=64\n";
    CHECK(digest(first) == digest("BUILD-ID=ab\nSYMBOL(_stext)=ffffffffa1000000\nSIZE(page)=64\n"));
    CHECK(digest(first) != digest("BUILD-ID=ac\nSYMBOL(_stext)=ffffffff81000000\nSIZE(page)=64\n"));
    CHECK(digest(first) != digest("BUILD-ID=ab\nSYMBOL(_stext)=ffffffff81000000\nSIZE(page)=56\n"));
    CHECK(digest(first) != digest("BUILD-ID=ab\nSIZE(page)=64\n"));
}

TEST_CASE("the layout of the same kernel by the same collector is not written again") {
    const std::string collector = "/usr/bin/makedumpfile-lite";
    ImageRecord before = record();
    before.made_of[collector] = "c";
    const ImageRecord wanted = before; // it has no layout yet
    CHECK_FALSE(same_layout(before, wanted));
    before.made_of[Frozen::layout_path] = "l";
    CHECK(same_layout(before, wanted) == "l");
    CHECK_FALSE(same_layout(std::nullopt, wanted));
    for (const auto& [build_id, program] : {std::pair{"other", "c"}, {"", "c"}, {"abcd", "other"}}) {
        CAPTURE(build_id, program);
        ImageRecord other = wanted;
        other.layout_of = build_id;
        other.made_of[collector] = program;
        CHECK_FALSE(same_layout(before, other));
    }
    ImageRecord unknown = before;
    unknown.layout_of.clear(); // by an earlier kdumpkit
    CHECK_FALSE(same_layout(unknown, wanted));
}

TEST_CASE("a network that is no longer the frozen one is named") {
    const auto wanted = [](const char* address, unsigned level) {
        Frozen frozen;
        frozen.host = "h";
        frozen.kernel_release = "6.1.0-test";
        frozen.settings.level = level;
        frozen.settings.network.dns = {address};
        const std::string toml = to_toml(frozen);
        const Bytes bytes = as_bytes(toml);
        ImageRecord one = record();
        one.made_of = digests_of(
            {{Frozen::path, initramfs::EntryType::file, 0644, {bytes.begin(), bytes.end()}, "", 0, 0}}, {});
        return one;
    };
    const ImageRecord now = wanted("192.0.2.1", 31);
    CHECK(why_stale(now, "0123", wanted("192.0.2.1", 31)).empty());
    const auto moved = why_stale(now, "0123", wanted("192.0.2.2", 31));
    REQUIRE(moved.size() == 1);
    CHECK_THAT(moved[0], Contains("the network") && Contains("changed"));
    const auto set = why_stale(now, "0123", wanted("192.0.2.1", 1));
    REQUIRE(set.size() == 1);
    CHECK_THAT(set[0], Contains("the settings"));
}

TEST_CASE("a record reads back, and junk is none") {
    CHECK(parse_image_record(to_json(record())) == record());
    for (const char* text : {"", "[]", "{}", "{\"kernel_release\": 3}"})
        CHECK_FALSE(parse_image_record(text));
    ArmRecord arm{7, "it failed", "/k", "/i", 9, {"because"}};
    CHECK(parse_arm_record(to_json(arm)) == arm);
    for (const char* text : {"", "[]", "{}", "{\"at\": \"x\"}"})
        CHECK_FALSE(parse_arm_record(text));
}

TEST_CASE("an initramfs is stale when anything that it is made of changed, and says what") {
    struct Row {
        std::function<void(ImageRecord&)> change; // of what is wanted
        std::string reason;                       // "" for fresh
    };
    const std::vector<Row> rows = {
        {[](ImageRecord&) {}, ""},
        {[](ImageRecord& one) { one.built_at = 99; }, ""}, // times do not count
        {[](ImageRecord& one) { one.kernel_release = "6.2"; }, "for kernel 6.1.0-test, not for 6.2"},
        {[](ImageRecord& one) { one.made_of["kernel"] = "x"; }, "the kernel's image changed"},
        {[](ImageRecord& one) { one.made_of["/init"] = "x"; }, "kdump-capture changed"},
        {[](ImageRecord& one) { one.made_of["/etc/kdumpkit/frozen.toml"] = "x"; }, "the settings"},
        {[](ImageRecord& one) { one.made_of["/m/xfs.ko"] = "x"; }, "the module xfs.ko is new"},
        {[](ImageRecord& one) { one.made_of.erase("/m/ext4.ko"); }, "ext4.ko is no longer needed"},
        {[](ImageRecord& one) { one.packing = "gzip"; }, "another compression"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.reason);
        ImageRecord wanted = record();
        row.change(wanted);
        const auto reasons = why_stale(record(), "0123", wanted);
        REQUIRE(reasons.size() == (row.reason.empty() ? 0 : 1));
        if (!reasons.empty())
            CHECK_THAT(reasons[0], Contains(row.reason));
    }
    CHECK_THAT(why_stale(record(), "", record()).at(0), Contains("none yet"));
    CHECK_THAT(why_stale(record(), "4567", record()).at(0), Contains("not the file"));
    CHECK_THAT(why_stale(std::nullopt, "0123", record()).at(0), Contains("not the file"));
    ImageRecord other = record();
    for (int i = 0; i < 9; ++i)
        other.made_of["/m/" + std::to_string(i)] = "x";
    CHECK(why_stale(record(), "0123", other).size() == 5);
    CHECK(why_stale(record(), "0123", other).back() == "5 more changes");
}

TEST_CASE("a kernel's image is looked for where distributions put it") {
    const auto paths = kernel_image_paths("6.1", "abc");
    CHECK(paths.front() == "/boot/vmlinuz-6.1");
    CHECK(std::find(paths.begin(), paths.end(), "/boot/abc/6.1/linux") != paths.end());
    CHECK(kernel_image_paths("6.1", "").size() == paths.size() - 3);
    CHECK_FALSE(find_kernel_image("no-such-release"));
}
