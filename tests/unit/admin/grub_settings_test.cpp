// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_change.h"
#include "admin/bootloader.h"
#include "admin/grub_settings.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

namespace {

// A Debian with these files more.
BootTree debian(std::map<std::string, std::string> more) {
    BootTree tree;
    tree.files = {{"/etc/default/grub", "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\n"
                                        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n"}};
    tree.files.merge(more);
    tree.folders = {"/etc/default/grub.d"};
    tree.programs = {"update-grub"};
    return tree;
}
BootTree with_dropin(BootTree tree, std::string_view parameter) {
    tree.files["/etc/default/grub.d/kdumpkit.cfg"] = grub_dropin_text(parameter);
    return tree;
}

} // namespace

TEST_CASE("a file of GRUB's that brings the reservation to nothing is named, and nothing is planned") {
    struct Row {
        std::string path, text, parameter, reason;
    };
    for (const Row& row : std::vector<Row>{
             {"zz.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\n", "crashkernel=192M",
              "without what was"},
             {"zz.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet crashkernel=1G\"\n", "crashkernel=192M",
              "without what was"},
             {"zz.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=1G\"\n",
              "crashkernel=192M", "read later and has crashkernel=1G"},
             {"zz.cfg",
              "A=crashkernel=1G\nexport GRUB_CMDLINE_LINUX_DEFAULT=${GRUB_CMDLINE_LINUX_DEFAULT}\\ $A",
              "crashkernel=192M", "read later and has crashkernel=1G"},
             {"aa.cfg", "GRUB_CMDLINE_LINUX=\"crashkernel=1G\"\n",
              "crashkernel=192M,high crashkernel=72M,low",
              "crashkernel=1G, which a kernel would take instead"},
             {"zz.cfg", "GRUB_CMDLINE_LINUX=\"crashkernel=1G\"\n",
              "crashkernel=192M,high crashkernel=72M,low",
              "crashkernel=1G, which a kernel would take instead"},
         }) {
        CAPTURE(row.text, row.parameter);
        const std::string path = "/etc/default/grub.d/" + row.path;
        const BootTree tree = debian({{path, row.text}});
        const auto plan = plan_boot(tree, row.parameter);
        REQUIRE_FALSE(plan);
        CHECK(plan.error().kind == ErrorKind::invalid);
        CHECK_THAT(plan.error().message(), Contains(path) && Contains(row.reason) && Contains("next:"));
        CHECK_FALSE(stands(with_dropin(tree, row.parameter), row.parameter));
        // What was reserved before such a file came can be undone all the same.
        CHECK(plan_undo(with_dropin(tree, row.parameter), {row.parameter, {}})->changes.size() == 1);
    }
}

TEST_CASE("files of GRUB's that do no harm do not stand in the way") {
    struct Row {
        std::string path, text;
        std::size_t notes;
    };
    for (const Row& row : std::vector<Row>{
             {"50-cloudimg-settings.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"console=ttyS0\"\n", 0},
             {"kdump-tools.cfg",
              "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=1G\"\n", 1},
             {"zz.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT quiet\"\n", 0},
             {"zz.cfg", "GRUB_CMDLINE_LINUX=\"crashkernel=1G\"\n", 1}, // before the other variable
             {"zz.bak", "GRUB_CMDLINE_LINUX_DEFAULT=\"crashkernel=1G\"\n", 0},
             // Not followed: only said.
             {"zz.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"$(cat /etc/words)\"\n", 1},
             {"zz.cfg", "cat <<E\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\nE\n", 1},
             {"zz.cfg", "if [ -e /x ]; then GRUB_CMDLINE_LINUX_DEFAULT=quiet; fi\n", 1},
         }) {
        CAPTURE(row.path, row.text);
        const BootTree tree = debian({{"/etc/default/grub.d/" + row.path, row.text}});
        const auto plan = plan_boot(tree, "crashkernel=192M");
        REQUIRE(plan);
        CHECK(plan->changes.size() == 1);
        CHECK(plan->notes.size() == row.notes);
        if (row.notes > 0)
            CHECK_THAT(plan->notes[0], Contains(row.path));
        CHECK(stands(with_dropin(tree, "crashkernel=192M"), "crashkernel=192M"));
    }
}

TEST_CASE("what was written before there was a grub.d is taken back as well") {
    BootTree tree;
    const std::string text = "GRUB_CMDLINE_LINUX_DEFAULT='quiet'\n";
    tree.files[boot_paths::grub_defaults] = text;
    const auto first = plan_boot(tree, "crashkernel=192M").value();
    const auto record = record_of(first, "crashkernel=192M", std::nullopt);
    tree.files[boot_paths::grub_defaults] = first.changes.at(0).after;
    tree.folders.insert(boot_paths::grub_folder);
    const auto undo = plan_undo(tree, record).value();
    REQUIRE(undo.changes.size() == 1);
    CHECK(undo.changes[0].after == text);
    CHECK(undo.notes.empty());
    // With another size in the folder by now.
    const auto second = plan_boot(tree, "crashkernel=256M").value();
    const auto both =
        plan_undo(with_dropin(tree, "crashkernel=256M"), record_of(second, "crashkernel=256M", record))
            .value();
    REQUIRE(both.changes.size() == 2);
    CHECK(both.changes[0].remove);
    CHECK(both.changes[1].after == text);
}

TEST_CASE("without grub.d the words of both variables are replaced, and come back") {
    BootTree tree;
    tree.files["/etc/default/grub"] = "GRUB_CMDLINE_LINUX_DEFAULT='quiet crashkernel=1G splash' # mine\n"
                                      "GRUB_CMDLINE_LINUX=\"crashkernel=2G x\"\n";
    tree.programs = {"grub2-mkconfig"};
    const std::string parameter = "crashkernel=192M,high crashkernel=72M,low";
    const auto plan = plan_boot(tree, parameter).value();
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].after ==
          "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash crashkernel=192M,high crashkernel=72M,low\" # mine\n"
          "GRUB_CMDLINE_LINUX=\"x\"\n");
    BootTree after = tree;
    after.files["/etc/default/grub"] = plan.changes[0].after;
    CHECK(plan_undo(after, record_of(plan, parameter, std::nullopt))->changes.at(0).after ==
          tree.files["/etc/default/grub"]);
}
