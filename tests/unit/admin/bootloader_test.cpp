// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_change.h"
#include "admin/bootloader.h"
#include "admin/reservation_text.h"
#include "base/file.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;

namespace {

const char* const debian_grub = "# If you change this file, run 'update-grub' afterwards to update\n"
                                "GRUB_DEFAULT=0\n"
                                "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\n"
                                "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
                                "GRUB_CMDLINE_LINUX=\"\"\n";
const char* const fedora_grub = "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=\"rd.lvm.lv=fedora/root rhgb quiet\"\n"
                                "GRUB_ENABLE_BLSCFG=true\n";
const char* const fedora_entry =
    "title Fedora Linux (6.8.5-301.fc40.x86_64) 40\n"
    "version 6.8.5-301.fc40.x86_64\n"
    "linux /vmlinuz-6.8.5-301.fc40.x86_64\n"
    "initrd /initramfs-6.8.5-301.fc40.x86_64.img\n"
    "options root=/dev/mapper/fedora-root ro crashkernel=1G-4G:192M,4G-64G:256M rhgb\n"
    "grub_users $grub_users\n";
const char* const suse_grub = "GRUB_CMDLINE_LINUX_DEFAULT=\"splash=silent crashkernel=205M,high "
                              "crashkernel=72M,low mitigations=auto\"\nGRUB_CMDLINE_LINUX=\"\"\n";
const char* const systemd_boot_entry =
    "title      Debian GNU/Linux 13\nmachine-id 0123456789abcdef\n"
    "options    root=UUID=1-2 ro quiet systemd.machine_id=0123456789abcdef\n"
    "linux      /0123456789abcdef/6.12.1-amd64/linux\n";
const char* const extlinux = "default l0\nmenu title U-Boot menu\n\nlabel l0\n\tmenu label Debian 6.1\n"
                             "\tlinux /boot/vmlinuz-6.1\n\tAPPEND root=UUID=1 ro quiet\n\nlabel l0r\n"
                             "\tlinux /boot/vmlinuz-6.1\n\tappend root=UUID=1 ro single\n";

const FileChange* change_of(const BootPlan& plan, const std::string& path) {
    for (const FileChange& change : plan.changes)
        if (change.path == path)
            return &change;
    return nullptr;
}

// The tree after the plan.
BootTree changed(BootTree tree, const BootPlan& plan) {
    for (const FileChange& change : plan.changes) {
        if (change.remove)
            tree.files.erase(change.path);
        else
            tree.files[change.path] = change.after;
    }
    return tree;
}

} // namespace

TEST_CASE("a value that could not be written again the same is refused, the file and the name said") {
    const BootTree tree{
        {{"/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"dyndbg=\\\"file x +p\\\" root=/dev/sda2\"\n"}},
        {},
        {"grub2-mkconfig"}};
    const auto plan = plan_boot(tree, "crashkernel=192M");
    REQUIRE_FALSE(plan);
    CHECK_THAT(plan.error().message(),
               Contains("GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub") && Contains("crashkernel=192M"));
}

TEST_CASE("GRUB on Debian gets a file of its own, and undo removes it") {
    BootTree tree;
    tree.files["/etc/default/grub"] = debian_grub;
    tree.folders = {"/etc/default/grub.d"};
    tree.programs = {"update-grub", "grub-mkconfig"};
    const auto plan = plan_boot(tree, "crashkernel=192M").value();
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].path == "/etc/default/grub.d/kdumpkit.cfg");
    CHECK_FALSE(plan.changes[0].exists);
    CHECK_THAT(plan.changes[0].after,
               Contains("GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=192M\"\n"));
    CHECK(plan.commands == std::vector<std::vector<std::string>>{{"update-grub"}});
    CHECK(plan.notes.empty());
    CHECK_THAT(to_text(plan),
               Contains("kdumpkit.cfg (new)") && Contains("  + GRUB_CMD") && Contains("run: update-grub"));

    const BootTree after = changed(tree, plan);
    CHECK(plan_boot(after, "crashkernel=192M")->changes.empty()); // again: nothing to do
    CHECK(plan_boot(after, "crashkernel=192M")->commands.empty());
    const auto larger = plan_boot(after, "crashkernel=256M").value();
    REQUIRE(larger.changes.size() == 1);
    const auto undo = plan_undo(changed(after, larger), {"crashkernel=256M", {}}).value();
    REQUIRE(undo.changes.size() == 1);
    CHECK(undo.changes[0].remove);
    CHECK(changed(changed(after, larger), undo).files == tree.files);

    tree.files["/etc/default/grub.d/kdump-tools.cfg"] =
        "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=384M-:128M\"\n";
    const auto beside = plan_boot(tree, "crashkernel=192M").value();
    REQUIRE(beside.notes.size() == 1);
    CHECK_THAT(beside.notes[0], Contains("kdump-tools.cfg also has crashkernel="));
}

TEST_CASE(
    "GRUB without grub.d, boot loader entries, extlinux: the words are replaced, and undo brings them back") {
    struct Row {
        std::string name;
        BootTree tree;
        std::vector<std::pair<std::string, std::string>> after; // file and what it has then
        std::vector<std::string> command;
    };
    const std::vector<Row> rows = {
        {"Fedora",
         {{{"/etc/default/grub", fedora_grub},
           {"/boot/loader/entries/abc-6.8.5.conf", fedora_entry},
           {"/etc/kernel/cmdline", "root=/dev/mapper/fedora-root ro rhgb\n"}},
          {},
          {"grub2-mkconfig"}},
         {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"rd.lvm.lv=fedora/root rhgb quiet crashkernel=192M\"\n"},
          {"/boot/loader/entries/abc-6.8.5.conf",
           "options root=/dev/mapper/fedora-root ro rhgb crashkernel=192M\ngrub_users $grub_users\n"},
          {"/etc/kernel/cmdline", "root=/dev/mapper/fedora-root ro rhgb crashkernel=192M\n"}},
         {"grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"}},
        {"SUSE",
         {{{"/etc/default/grub", suse_grub}}, {}, {"grub2-mkconfig"}},
         {{"/etc/default/grub",
           "GRUB_CMDLINE_LINUX_DEFAULT=\"splash=silent mitigations=auto crashkernel=192M\"\n"}},
         {"grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"}},
        {"systemd-boot",
         {{{"/boot/efi/loader/entries/0123-6.12.conf", systemd_boot_entry}}, {}, {}},
         {{"/boot/efi/loader/entries/0123-6.12.conf",
           "options    root=UUID=1-2 ro quiet systemd.machine_id=0123456789abcdef crashkernel=192M\nlinux"}},
         {}},
        {"extlinux",
         {{{"/boot/extlinux/extlinux.conf", extlinux}}, {}, {}},
         {{"/boot/extlinux/extlinux.conf", "\tAPPEND root=UUID=1 ro quiet crashkernel=192M\n"},
          {"/boot/extlinux/extlinux.conf", "\tappend root=UUID=1 ro single crashkernel=192M\n"}},
         {}},
        {"u-boot-menu",
         {{{"/etc/default/u-boot", "U_BOOT_UPDATE=\"true\"\nU_BOOT_PARAMETERS=\"ro quiet\"\n"},
           {"/boot/extlinux/extlinux.conf", extlinux}},
          {},
          {"u-boot-update"}},
         {{"/etc/default/u-boot", "U_BOOT_PARAMETERS=\"ro quiet crashkernel=192M\"\n"}},
         {"u-boot-update"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto plan = plan_boot(row.tree, "crashkernel=192M").value();
        for (const auto& [path, text] : row.after) {
            CAPTURE(path);
            REQUIRE(change_of(plan, path) != nullptr);
            CHECK_THAT(change_of(plan, path)->after, Contains(text));
        }
        if (row.command.empty())
            CHECK(plan.commands.empty());
        else
            CHECK(plan.commands == std::vector<std::vector<std::string>>{row.command});
        const BootTree after = changed(row.tree, plan);
        CHECK(plan_boot(after, "crashkernel=192M")->changes.empty());
        const auto undo = plan_undo(after, record_of(plan, "crashkernel=192M", std::nullopt)).value();
        // What is not kdumpkit's stays.
        CHECK(plan_undo(row.tree, record_of(plan, "crashkernel=192M", std::nullopt))->changes.empty());
        CHECK(changed(after, undo).files == row.tree.files);
        // A second size does not make the first one an earlier one.
        const auto first = record_of(plan, "crashkernel=192M", std::nullopt);
        const auto second = plan_boot(after, "crashkernel=256M").value();
        const auto both =
            plan_undo(changed(after, second), record_of(second, "crashkernel=256M", first)).value();
        CHECK(changed(changed(after, second), both).files == row.tree.files);
    }
}

TEST_CASE("a machine without a known boot loader says what was looked for and what to do") {
    const auto plan = plan_boot({}, "crashkernel=192M");
    REQUIRE_FALSE(plan);
    CHECK(plan.error().kind == ErrorKind::absent);
    CHECK_THAT(plan.error().reason, Contains("/etc/default/grub") && Contains("/etc/kernel/cmdline"));
    CHECK_THAT(plan.error().next_step, Contains("crashkernel=192M"));
}

TEST_CASE("a boot loader's file that cannot be written leaves everything as it was") {
    const std::string root = fs::temp_directory_path() / fmt::format("kdumpkit-boot-{}", ::getpid());
    const std::string record = root + ReservationRecord::path;
    fs::create_directories(root + "/etc");
    REQUIRE(write_file_atomically(root + "/etc/one", "before"));
    BootPlan plan;
    plan.changes = {{"/etc/one", "before", "after", true, false, {}},
                    {"/etc/two", "", "after", false, false, {}},
                    {"/no/such/folder/three", "before", "after", true, false, {}}};
    CHECK_FALSE(apply_plan(plan, "crashkernel=1M", std::nullopt, root));
    CHECK(read_text(root + "/etc/one") == "before");
    CHECK_FALSE(file_exists(root + "/etc/two"));
    CHECK_FALSE(file_exists(record));
    plan.changes.pop_back();
    CHECK(apply_plan(plan, "crashkernel=1M", std::nullopt, root));
    CHECK(read_text(root + "/etc/one") == "after");
    // The earlier record survives a failure, too.
    plan.changes = {{"/no/such/folder/three", "before", "after", true, false, {}}};
    CHECK_FALSE(apply_plan(plan, "crashkernel=2M", std::nullopt, root));
    CHECK(read_reservation_record(root).value()->parameter == "crashkernel=1M");
    fs::remove_all(root);
}

TEST_CASE("the boot loader's files keep their mode, also when they are brought back") {
    const std::string root = fs::temp_directory_path() / fmt::format("kdumpkit-mode-{}", ::getpid());
    const std::string path = root + "/etc/default/grub";
    fs::create_directories(root + "/etc/default");
    REQUIRE(write_file_atomically(path, suse_grub));
    fs::permissions(path, fs::perms(0640));
    const auto plan = plan_boot(read_boot_tree(root), "crashkernel=192M").value();
    REQUIRE(apply_plan(plan, "crashkernel=192M", std::nullopt, root));
    CHECK(fs::status(path).permissions() == fs::perms(0640));
    const auto record = read_reservation_record(root).value();
    REQUIRE(apply_undo(plan_undo(read_boot_tree(root), *record).value(), *record, root));
    CHECK(fs::status(path).permissions() == fs::perms(0640));
    CHECK(read_text(path) == suse_grub);
    fs::remove_all(root);
}

TEST_CASE("a reservation whose words were taken out of the boot loader's settings stands no longer") {
    const std::string root = fs::temp_directory_path() / fmt::format("kdumpkit-stands-{}", ::getpid());
    fs::create_directories(root + "/etc/default/grub.d");
    REQUIRE(write_file_atomically(root + "/etc/default/grub", debian_grub));
    REQUIRE(apply_plan(plan_boot(read_boot_tree(root), "crashkernel=192M").value(), "crashkernel=192M",
                       std::nullopt, root));
    CHECK(read_standing_reservation(root));
    fs::remove(root + "/etc/default/grub.d/kdumpkit.cfg");
    CHECK_FALSE(read_standing_reservation(root));
    CHECK(read_reservation_record(root).value());
    fs::remove_all(root);
}

TEST_CASE("the boot loader's menu is made again when an earlier run was cut off before it") {
    const std::string root = fs::temp_directory_path() / fmt::format("kdumpkit-resume-{}", ::getpid());
    const std::string menu = root + "/boot/grub/grub.cfg", parameter = "crashkernel=192M";
    for (const char* folder : {"/etc/default/grub.d", "/usr/sbin", "/boot/grub"})
        fs::create_directories(root + folder);
    REQUIRE(write_file_atomically(root + "/etc/default/grub", debian_grub));
    REQUIRE(write_file_atomically(root + "/usr/sbin/update-grub", "", 0755));
    REQUIRE(write_file_atomically(menu, "\tlinux /vmlinuz quiet\n"));
    const auto plan = [&] { return plan_boot(read_boot_tree(root), parameter).value(); };
    REQUIRE(apply_plan(plan(), parameter, std::nullopt, root));
    BootPlan again = plan();
    CHECK(again.changes.empty());
    resume_commands(again, parameter, false, root);
    CHECK(again.commands == std::vector<std::vector<std::string>>{{"update-grub"}});
    CHECK_FALSE(read_standing_reservation(root));
    REQUIRE(write_file_atomically(menu, "\tlinux /vmlinuz quiet crashkernel=192M\n"));
    again = plan();
    resume_commands(again, parameter, false, root);
    CHECK(again.commands.empty());
    CHECK(again.notes.empty());
    CHECK(read_standing_reservation(root));
    // Taken back by hand, or by a run that was cut off.
    const auto undo = [&] {
        BootPlan back = plan_undo(read_boot_tree(root), *read_reservation_record(root).value()).value();
        resume_commands(back, parameter, true, root);
        return back.commands.size();
    };
    fs::remove(root + "/etc/default/grub.d/kdumpkit.cfg");
    CHECK(undo() == 1);
    REQUIRE(write_file_atomically(menu, "\tlinux /vmlinuz quiet\n"));
    CHECK(undo() == 0);
    fs::remove_all(root);
}

TEST_CASE("what was asked for and what the kernel granted") {
    CHECK_THAT(granted_text("quiet", 0, ""), Contains("next: kdumpkit reserve auto"));
    CHECK_THAT(granted_text("quiet", 0, "crashkernel=192M"), Contains("next: reboot"));
    CHECK_THAT(granted_text("crashkernel=192M", 0, "crashkernel=192M"), Contains("dmesg"));
    CHECK_THAT(granted_text("crashkernel=192M", 192 << 20, "crashkernel=192M"),
               Contains("granted:  192 MiB") && !Contains("next:"));
    CHECK_THAT(granted_text("crashkernel=192M,high", 192 << 20, "crashkernel=192M"),
               Contains("next: reboot"));
}
