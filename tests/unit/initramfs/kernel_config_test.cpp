// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/kernel_config.h"
#include "temporary_folder.h"

using namespace kdumpkit;
using namespace kdumpkit::initramfs;

TEST_CASE("a kernel's configuration says how it may be packed") {
    const auto packing = [](const std::string& lines) {
        return choose_packing(parse_kernel_config("CONFIG_BLK_DEV_INITRD=y\n" + lines, "config").value());
    };
    CHECK(packing("CONFIG_RD_GZIP=y\nCONFIG_RD_ZSTD=y\nCONFIG_RD_XZ=y\n") == Packing::zstd);
    CHECK(packing("CONFIG_RD_GZIP=y\n# CONFIG_RD_ZSTD is not set\n") == Packing::gzip);
    CHECK(packing("CONFIG_RD_BZIP2=y\nCONFIG_RD_LZMA=y") == Packing::lzma);
    CHECK(packing("CONFIG_RD_BZIP2=y") == Packing::bzip2);
    CHECK(packing("CONFIG_RD_XZ=y\nCONFIG_RD_LZ4=y\n") == Packing::none);
    CHECK(packing("CONFIG_RD_ZSTD_EXTRA=y\nXCONFIG_RD_GZIP=y\n") == Packing::none);
    CHECK(choose_packing(std::nullopt) == Packing::none);
    CHECK(parse_kernel_config("CONFIG_PROC_VMCORE=y\n", "config").value().vmcore);
    CHECK_FALSE(parse_kernel_config("CONFIG_PROC_VMCORE=n\n", "config").value().vmcore);
    CHECK(parse_kernel_config("<html>", "config").error().kind == ErrorKind::invalid);
}

TEST_CASE("the configuration is found in the root or is absent") {
    const test::TemporaryFolder folder;
    const Root root(folder.path());
    CHECK_FALSE(find_kernel_config(root, "6.1").value());
    folder.file("usr/lib/modules/6.1/config", "CONFIG_RD_GZIP=y\n");
    CHECK(find_kernel_config(root, "6.1").value()->gzip);
    folder.file("boot/config-6.1", "CONFIG_RD_ZSTD=y\n");
    CHECK(find_kernel_config(root, "6.1").value()->zstd);
    folder.file("boot/config-6.2", "");
    CHECK(find_kernel_config(root, "6.2").error().kind == ErrorKind::invalid);
}
