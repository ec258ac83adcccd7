// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/grub_menu.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

TEST_CASE("a menu of GRUB's whose kernels do not get the reservation is seen") {
    struct Row {
        std::string text, parameter, reason; // empty: nothing is said
    };
    for (const Row& row : std::vector<Row>{
             {"menuentry 'Debian' {\n\tlinux\t/boot/vmlinuz-6.1 root=UUID=1 ro  quiet crashkernel=192M\n}\n"
              "menuentry 'recovery' {\n\tlinux\t/boot/vmlinuz-6.1 root=UUID=1 ro single \n}\n",
              "crashkernel=192M", ""},
             {"\tlinuxefi /vmlinuz root=1 crashkernel=192M,high crashkernel=72M,low\r\n",
              "crashkernel=192M,high crashkernel=72M,low", ""},
             {"\tlinux /vmlinuz root=1\n\tlinux /vmlinuz root=1 single\n", "crashkernel=192M",
              "/boot/x.cfg was made anew, and of its 2 kernels none gets crashkernel=192M: look"},
             // A kernel takes the last.
             {"\tlinux /vmlinuz crashkernel=192M crashkernel=1G\n", "crashkernel=192M",
              "none gets crashkernel=192M, but crashkernel=1G: look"},
             {"\tlinux /vmlinuz crashkernel=192M,high\n", "crashkernel=192M", "but crashkernel=192M,high"},
             {"linux", "crashkernel=192M", "of its 1 kernels"},
             // Fedora's entries have the command lines.
             {"insmod blscfg\nblscfg\nmenuentry 'x' {\n linux16 /memtest\n}\n", "crashkernel=192M", ""},
             {"# linux /vmlinuz root=1\nlinuxes\nset default=0\n", "crashkernel=192M", ""},
             {"", "crashkernel=192M", ""},
         }) {
        CAPTURE(row.text);
        const std::string doubt = doubt_of_grub_menu("/boot/x.cfg", row.text, row.parameter);
        CHECK(doubt.empty() == row.reason.empty());
        CHECK_THAT(doubt, Contains(row.reason));
    }
}

TEST_CASE("a menu that has the reservation after it was taken away is seen") {
    const std::string parameter = "crashkernel=192M";
    const auto doubt = [&](const char* text, bool in_settings = false) {
        return doubt_of_undone_menu("/boot/x.cfg", text, parameter, in_settings);
    };
    const char* const one = "\tlinux /a quiet\n\tlinux /b crashkernel=192M\n";
    CHECK_THAT(doubt(one), Contains("/boot/x.cfg was made anew, and of its 2 kernels 1 still get "
                                    "crashkernel=192M: look in /etc/grub.d"));
    CHECK_THAT(doubt(one, true), Contains("GRUB's settings had it before kdumpkit"));
    CHECK(doubt("\tlinux /a quiet crashkernel=1G\n").empty()); // what was there before has come back
    CHECK(doubt("\tlinux /a quiet\n", true).empty());
    CHECK(doubt("# linux /b crashkernel=192M\nblscfg\n").empty());
    CHECK(doubt("").empty());
}

TEST_CASE("whether a menu has it") {
    CHECK(grub_menu_has("\tlinux /a\n\tlinux /b crashkernel=192M quiet\n", "crashkernel=192M"));
    CHECK_FALSE(grub_menu_has("\tlinux /b crashkernel=192M crashkernel=1G\n", "crashkernel=192M"));
    CHECK_FALSE(grub_menu_has("# linux /b crashkernel=192M\nblscfg\n", "crashkernel=192M"));
}

TEST_CASE("which menu a command makes") {
    CHECK(grub_menu_path({"update-grub"}) == "/boot/grub/grub.cfg");
    CHECK(grub_menu_path({"u-boot-update"}).empty());
    CHECK(grub_menu_path({"grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"}) == "/boot/grub2/grub.cfg");
}
