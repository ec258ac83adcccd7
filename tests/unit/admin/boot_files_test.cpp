// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_change.h"
#include "admin/boot_files.h"
#include "admin/bootloader.h"

#include <random>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

namespace {

constexpr const char* parameter = "crashkernel=192M";

// After reserve, and after reserve and undo.
struct Texts {
    std::string reserved, undone;
    BootPlan undo;
};
Texts there_and_back(const std::string& path, const std::string& text,
                     const std::function<std::string(std::string)>& edit = {}) {
    BootTree tree;
    tree.files[path] = text;
    const auto plan = plan_boot(tree, parameter).value();
    if (!plan.changes.empty())
        tree.files[path] = plan.changes.at(0).after;
    Texts texts{tree.files[path], {}, {}};
    CHECK(plan_boot(tree, parameter)->changes.empty());
    if (edit)
        tree.files[path] = edit(tree.files[path]);
    texts.undo = plan_undo(tree, record_of(plan, parameter, std::nullopt)).value();
    texts.undone = texts.undo.changes.empty() ? tree.files[path] : texts.undo.changes.at(0).after;
    return texts;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

constexpr const char* entry_path = "/boot/loader/entries/a.conf";
constexpr const char* extlinux_path = "/boot/extlinux/extlinux.conf";
constexpr const char* cmdline_path = "/etc/kernel/cmdline";

} // namespace

TEST_CASE("several lines of one file come back as they were, each with its own words") {
    const std::string text = "label a\n\tlinux /a\n\tappend root=1 crashkernel=1G  ro\n"
                             "label b\n\tlinux /b\n\tappend root=1\n"
                             "label c\n\tlinux /b\n\tAPPEND root=1 crashkernel=2G\n";
    const Texts texts = there_and_back(extlinux_path, text);
    CHECK(texts.reserved == "label a\n\tlinux /a\n\tappend root=1 ro crashkernel=192M\n"
                            "label b\n\tlinux /b\n\tappend root=1 crashkernel=192M\n"
                            "label c\n\tlinux /b\n\tAPPEND root=1 crashkernel=192M\n");
    CHECK(texts.undone == text);
    CHECK(texts.undo.notes.empty());
}

TEST_CASE("options lines of an entry make one command line, which gets the words once") {
    const std::string text = "title x\nlinux /x\noptions root=1 crashkernel=1G\noptions ro\ninitrd /i\n";
    const Texts texts = there_and_back(entry_path, text);
    CHECK(texts.reserved == "title x\nlinux /x\noptions root=1\noptions ro crashkernel=192M\ninitrd /i\n");
    CHECK(texts.undone == text);
}

TEST_CASE("an entry and a label without a command line get one, and lose it again") {
    const std::string entry = "title x\nlinux /x\ninitrd /i\n";
    CHECK(there_and_back(entry_path, entry).reserved ==
          "title x\nlinux /x\noptions crashkernel=192M\ninitrd /i\n");
    CHECK(there_and_back(entry_path, entry).undone == entry);
    const std::string menu =
        "label a\n  linux /a\n  fdt /f\nlabel b\n  kernel /b\n  append x\nlabel c\n  localboot 0\n";
    CHECK(there_and_back(extlinux_path, menu).reserved ==
          "label a\n  linux /a\n  append crashkernel=192M\n  fdt /f\n"
          "label b\n  kernel /b\n  append x crashkernel=192M\nlabel c\n  localboot 0\n");
    CHECK(there_and_back(extlinux_path, menu).undone == menu);
    // Those of the whole file reach every label.
    CHECK(there_and_back(extlinux_path, "append root=1\nlabel a\n  linux /a\n").reserved ==
          "append root=1 crashkernel=192M\nlabel a\n  linux /a\n");
    // What starts no Linux is named.
    BootTree tree;
    tree.files[entry_path] = "title Memory test\nefi /memtest.efi\n";
    const auto plan = plan_boot(tree, parameter).value();
    CHECK(plan.changes.empty());
    REQUIRE(plan.notes.size() == 1);
    CHECK_THAT(plan.notes[0], Contains(entry_path));
}

TEST_CASE("line ends stay, also at the end of the file") {
    const std::string entry = "linux /x\r\noptions root=1 ro\r\n";
    CHECK(there_and_back(entry_path, entry).reserved == "linux /x\r\noptions root=1 ro crashkernel=192M\r\n");
    CHECK(there_and_back(entry_path, entry).undone == entry);
    CHECK(there_and_back(entry_path, "linux /x\r\n").reserved == "linux /x\r\noptions crashkernel=192M\r\n");
    CHECK(there_and_back(cmdline_path, "root=1 ro").reserved == "root=1 ro crashkernel=192M");
    CHECK(there_and_back(cmdline_path, "root=1 ro").undone == "root=1 ro");
}

TEST_CASE("lines of /etc/kernel/cmdline stay lines") {
    const std::string text = "root=1\ncrashkernel=1G ro\nquiet\n\n";
    const Texts texts = there_and_back(cmdline_path, text);
    CHECK(texts.reserved == "root=1\nro\nquiet crashkernel=192M\n\n");
    CHECK(texts.undone == text);
    CHECK(there_and_back(cmdline_path, "").reserved == "crashkernel=192M\n");
    CHECK(there_and_back(cmdline_path, "").undone.empty());
}

TEST_CASE("lines that are there twice are told apart, and words that were there already stay") {
    for (const std::string text :
         {"label a\nlinux /a\nappend x crashkernel=192M\nlabel b\nlinux /a\nappend x crashkernel=1G\n",
          "label a\nlinux /a\nappend x crashkernel=1G\nlabel b\nlinux /a\nappend x crashkernel=192M\n"}) {
        CHECK(there_and_back(extlinux_path, text).undone == text);
        // Also when another size came between.
        BootTree tree;
        tree.files[extlinux_path] = text;
        const auto first = plan_boot(tree, parameter).value();
        tree.files[extlinux_path] = first.changes.at(0).after;
        const auto second = plan_boot(tree, "crashkernel=256M").value();
        tree.files[extlinux_path] = second.changes.at(0).after;
        const auto record = record_of(second, "crashkernel=256M", record_of(first, parameter, std::nullopt));
        CHECK(plan_undo(tree, record)->changes.at(0).after == text);
    }
    const std::string blank = "\ncrashkernel=1G\nroot=1\n";
    CHECK(there_and_back(cmdline_path, blank).undone == blank);
    CHECK(there_and_back(cmdline_path, "root=1 crashkernel=192M\n").undone == "root=1 crashkernel=192M\n");
}

TEST_CASE("undo after an edit by hand does what is clear and says what is left") {
    const std::string text = "linux /x\noptions root=1 crashkernel=1G\n";
    // Another word beside ours: both ours goes and the earlier comes.
    Texts texts =
        there_and_back(entry_path, text, [](auto now) { return replaced(now, "root=1", "root=1 debug"); });
    CHECK(texts.undone == "linux /x\noptions root=1 debug crashkernel=1G\n");
    CHECK(texts.undo.notes.empty());
    // Other words instead of ours.
    texts = there_and_back(entry_path, text,
                           [](auto now) { return replaced(now, "crashkernel=192M", "crashkernel=512M"); });
    CHECK(texts.undo.changes.empty());
    REQUIRE(texts.undo.notes.size() == 2);
    CHECK_THAT(texts.undo.notes[0], Contains(entry_path) && Contains("crashkernel=512M in line 2"));
    CHECK_THAT(texts.undo.notes[1], Contains("crashkernel=1G, there before, does not come back"));
    // Two lines of which nobody knows any more which was which.
    texts = there_and_back(
        extlinux_path,
        "label a\nlinux /a\nappend a crashkernel=1G\nlabel b\nlinux /b\nappend b crashkernel=2G\n",
        [](auto now) { return replaced(replaced(now, "append a", "append c"), "append b", "append d"); });
    CHECK(texts.undone == "label a\nlinux /a\nappend c\nlabel b\nlinux /b\nappend d\n");
    REQUIRE(texts.undo.notes.size() == 1);
    CHECK_THAT(texts.undo.notes[0], Contains("crashkernel=1G and crashkernel=2G"));
}

TEST_CASE("what was written before u-boot-menu came is taken back as well") {
    BootTree tree;
    const std::string text = "label a\n\tlinux /a\n\tappend root=1\n";
    tree.files[extlinux_path] = text;
    const auto plan = plan_boot(tree, parameter).value();
    tree.files[extlinux_path] = plan.changes.at(0).after;
    tree.files[boot_paths::u_boot_menu] = "# U_BOOT_PARAMETERS=\"ro quiet\"\n";
    const auto undo = plan_undo(tree, record_of(plan, parameter, std::nullopt)).value();
    REQUIRE(undo.changes.size() == 1);
    CHECK(undo.changes[0].after == text);
}

TEST_CASE("a new kernel's entry with kdumpkit's words loses them, too") {
    BootTree tree;
    tree.files[cmdline_path] = "root=1 ro\n";
    const auto plan = plan_boot(tree, parameter).value();
    tree.files[cmdline_path] = plan.changes.at(0).after;
    tree.files[entry_path] = "linux /x\noptions root=1 ro crashkernel=192M\n";
    const auto record = record_of(plan, parameter, std::nullopt);
    CHECK(plan_undo(tree, record)->changes.at(0).after == "linux /x\noptions root=1 ro\n");
    // Also when another size came between.
    const auto larger = plan_boot(tree, "crashkernel=256M").value();
    for (const FileChange& change : larger.changes)
        tree.files[change.path] = change.after;
    const auto undo = plan_undo(tree, record_of(larger, "crashkernel=256M", record)).value();
    CHECK(undo.changes.size() == 2);
    for (const FileChange& change : undo.changes)
        CHECK(change.after ==
              (change.path == cmdline_path ? "root=1 ro\n" : "linux /x\noptions root=1 ro\n"));
}

TEST_CASE("a kernel that carries its command line has to be made anew, and that is said") {
    BootTree tree;
    tree.files[cmdline_path] = "root=1 ro\n";
    REQUIRE(plan_boot(tree, parameter)->by_hand.size() == 1);
    tree.unified = {"/efi/EFI/Linux/a.efi"};
    const auto plan = plan_boot(tree, parameter).value();
    REQUIRE(plan.by_hand.size() == 1);
    CHECK_THAT(plan.by_hand[0], Contains("kernel-install add VERSION") && Contains("/efi/EFI/Linux/a.efi"));
    tree.files[cmdline_path] = plan.changes.at(0).after;
    CHECK(plan_undo(tree, record_of(plan, parameter, std::nullopt))->by_hand.size() == 1);
    // Entries are read at each boot.
    BootTree entries;
    entries.files = {{cmdline_path, "root=1 ro\n"}, {entry_path, "linux /x\noptions root=1\n"}};
    CHECK(plan_boot(entries, parameter)->by_hand.empty());
    // Nothing that it could be made from.
    tree.files.clear();
    const auto none = plan_boot(tree, parameter);
    REQUIRE_FALSE(none);
    CHECK_THAT(none.error().message(), Contains("/efi/EFI/Linux/a.efi") && Contains(cmdline_path));
}

TEST_CASE("whatever a boot loader's file holds, its record is read back and brings the file back") {
    const std::vector<std::string> pieces = {"crashkernel=",
                                             "crashkernel=192M",
                                             "crashkernel=192M,high",
                                             "1G",
                                             "\"",
                                             "'",
                                             " ",
                                             " ",
                                             "\t",
                                             "\r",
                                             "\n",
                                             "\n",
                                             "\xff",
                                             "\xc3\xa9",
                                             std::string(1, '\0'),
                                             "root=1",
                                             "#",
                                             "=",
                                             ",",
                                             "options ",
                                             "linux /x",
                                             "append ",
                                             "label a",
                                             "\\",
                                             "$x",
                                             "\nGRUB_CMDLINE_LINUX=",
                                             "\nGRUB_CMDLINE_LINUX_DEFAULT=\"",
                                             "\nU_BOOT_PARAMETERS=\""};
    std::mt19937 random(20260); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same files in every run
    for (int round = 0; round < 20000; ++round) {
        const std::string path =
            std::vector<std::string>{entry_path, extlinux_path, cmdline_path, boot_paths::grub_defaults,
                                     boot_paths::u_boot_menu}[random() % 5];
        std::string text;
        for (auto left = 1 + random() % 12; left > 0; --left)
            text += pieces[random() % pieces.size()];
        BootTree tree;
        tree.files[path] = text;
        std::optional<ReservationRecord> record;
        for (const char* one : {parameter, "crashkernel=256M"}) {
            const auto plan = plan_boot(tree, one);
            if (!plan || plan->changes.empty())
                break;
            tree.files[path] = plan->changes.at(0).after;
            CAPTURE(path, text, tree.files[path]);
            const ReservationRecord written = record_of(*plan, one, record);
            CAPTURE(to_json(written));
            record = parse_reservation_record(to_json(written));
            REQUIRE(record == written);
            const auto undo = plan_undo(tree, *record).value();
            REQUIRE((undo.changes.empty() ? tree.files[path] : undo.changes.at(0).after) == text);
        }
    }
}

TEST_CASE("undo keeps a word that only begins as kdumpkit's does") {
    BootTree tree;
    tree.files[entry_path] = "linux /x\noptions root=1 crashkernel=1G\n";
    const auto plan = plan_boot(tree, parameter).value();
    const std::string by_hand = "linux /x\noptions root=1 crashkernel=192M,high\n";
    tree.files[entry_path] = by_hand;
    const auto larger = plan_boot(tree, "crashkernel=256M").value();
    tree.files[entry_path] = larger.changes.at(0).after;
    const auto record = record_of(larger, "crashkernel=256M", record_of(plan, parameter, std::nullopt));
    CHECK(plan_undo(tree, record)->changes.at(0).after == by_hand);
}
