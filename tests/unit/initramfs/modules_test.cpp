// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.h"
#include "initramfs/cpio.h"
#include "initramfs/freeze.h"
#include "initramfs/modules.h"
#include "temporary_folder.h"
#include "tiny_elf.h"

#include <algorithm>

#include <fmt/format.h>

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::make_module;
using test::TemporaryFolder;

namespace {

const std::string base = "lib/modules/6.1.0-test/";

// Unpacked, without any file of depmod.
void fill(const TemporaryFolder& folder) {
    folder.file(base + "kernel/drivers/virtio/virtio.ko", make_module({"depends="}));
    folder.file(base + "kernel/drivers/virtio/virtio_ring.ko", make_module({"depends=virtio"}));
    folder.file(base + "kernel/drivers/block/virtio-blk.ko",
                make_module({"alias=virtio:d00000002v*", "depends=virtio-ring,virtio"}));
    folder.file(base + "kernel/fs/ext9/ext9.ko",
                make_module({"alias=fs-ext9", "softdep=pre: crc32c post: ext9_extra gone", "depends=jbd9"}));
    folder.file(base + "kernel/fs/ext9/ext9_extra.ko", make_module({"softdep=pre: ext9"})); // a circle
    folder.file(base + "kernel/fs/jbd9/jbd9.ko", make_module({"depends="}));
    folder.file(base + "kernel/arch/x86/crypto/crc32c-intel.ko",
                make_module({"alias=crypto-crc32c", "alias=crc32c"}));
    folder.file(base + "kernel/crypto/crc32c_generic.ko",
                make_module({"alias=crc32c", "alias=crypto-crc32c"}));
    folder.file(base + "kernel/fs/isofs/isofs.ko", make_module({"alias=fs-iso9660"}));
    folder.file(base + "modules.builtin", "kernel/fs/ext4/ext4.ko\nkernel/lib/nvme-core.ko\n");
    using namespace std::string_literals;
    folder.file(base + "modules.builtin.modinfo",
                "ext4.alias=fs-ext3\0ext4.license=GPL\0nvme.alias=pci:v*bc01sc08*\0"s);
}

std::vector<std::string> order(ModuleCatalog& tree, const std::vector<std::string>& names) {
    std::vector<ModuleRequest> requests;
    for (const std::string& name : names)
        requests.push_back({name, "the test wants it", true});
    return load_order(tree, requests).value().names;
}

} // namespace

TEST_CASE("modinfo, names and aliases are read as the kernel's tools do") {
    using namespace std::string_literals;
    const auto text =
        "license=GPL\0depends=a-b,c\0softdep=pre: x y post: z-1\0softdep=post: w\0alias=pci:v[a-c]-d\0junk\0"s;
    const ModuleInfo info = parse_modinfo(as_bytes(text));
    CHECK(info.depends == std::vector<std::string>{"a_b", "c"});
    CHECK(info.pre == std::vector<std::string>{"x", "y"});
    CHECK(info.post == std::vector<std::string>{"z_1", "w"});
    CHECK(info.aliases == std::vector<std::string>{"pci:v[a-c]_d"});
    CHECK(module_name("kernel/x/a-b.ko.zst") == "a_b");
    CHECK(module_name("snd-pcm") == "snd_pcm");
    CHECK(is_module_path("x.ko.xz"));
    CHECK_FALSE(is_module_path("x.koala"));
}

TEST_CASE("an unpacked kernel gives modules in the order to load them") {
    const TemporaryFolder folder;
    fill(folder);
    const auto tree = ModuleTree::open(Root(folder.path()), "6.1.0-test").value();
    CHECK(order(*tree, {"virtio_blk"}) == std::vector<std::string>{"virtio", "virtio_ring", "virtio_blk"});
    CHECK(order(*tree, {"virtio-blk", "virtio"}) == order(*tree, {"virtio_blk"}));
    CHECK(order(*tree, {"virtio:d00000002v00001AF4"}) == order(*tree, {"virtio_blk"}));
    CHECK(order(*tree, {"ext4"}).empty());    // built in by name
    CHECK(order(*tree, {"fs-ext3"}).empty()); // by alias
    CHECK(order(*tree, {"pci:v00001b36bc01sc08i02"}).empty());
    CHECK(tree->path("virtio_blk") == "kernel/drivers/block/virtio-blk.ko");

    const LoadOrder soft = load_order(*tree, {{"ext9", "the test wants it", true}}).value();
    CHECK(soft.names ==
          std::vector<std::string>{"crc32c_generic", "crc32c_intel", "jbd9", "ext9", "ext9_extra"});
    REQUIRE(soft.warnings.size() == 1);
    CHECK_THAT(soft.warnings[0], Catch::Contains("gone") && Catch::Contains("ext9"));
}

TEST_CASE("a missing module names its nearest, a missing dependency who needs it") {
    const TemporaryFolder folder;
    fill(folder);
    folder.file(base + "kernel/broken.ko", make_module({"depends=vanished"}));
    const auto tree = ModuleTree::open(Root(folder.path()), "6.1.0-test").value();
    const Error typo = load_order(*tree, {{"virtio_blck", "asked for", true}}).error();
    CHECK(typo.kind == ErrorKind::absent);
    CHECK_THAT(typo.next_step, Catch::Contains("virtio_blk"));
    CHECK_THAT(typo.reason, Catch::Contains("6.1.0-test"));
    const Error dependency = load_order(*tree, {{"broken", "asked for", true}}).error();
    CHECK(dependency.object == "vanished");
    CHECK_THAT(dependency.reason, Catch::Contains("broken depends on it"));
    const auto optional = load_order(*tree, {{"nothing_like_it", "nice to have", false}}).value();
    CHECK(optional.warnings.size() == 1);
    CHECK(nearest_names("zzzzzzzz", tree->names()).empty());
}

TEST_CASE("packed modules are read, and updates win over the kernel's own") {
    const TemporaryFolder folder;
    const auto module = make_module({"depends=leaf"});
    // A .cpio packed by libarchive is no module, so pack by hand: any tool's zstd frame will do.
    const std::string plain = folder.file("plain.ko", module);
    for (const char* tool : {"zstd", "xz", "gzip"}) {
        const std::string suffix = tool == std::string("zstd") ? ".zst"
                                   : tool == std::string("xz") ? ".xz"
                                                               : ".gz";
        const std::string file =
            folder.file(fmt::format("usr/lib/modules/9/kernel/{}mod.ko{}", tool, suffix), "");
        const Fd out = open_file(file, 1 /* O_WRONLY */).value();
        REQUIRE(spawn({{tool, "-c", plain}, -1, out.get(), -1}).value().wait().value().success());
    }
    folder.file("usr/lib/modules/9/kernel/leaf.ko", make_module({"alias=old"}));
    folder.file("usr/lib/modules/9/updates/dkms/leaf.ko", make_module({"alias=new"}));
    folder.file("usr/lib/modules/9/extra/leaf.ko", make_module({"alias=extra"}));
    const auto tree = ModuleTree::open(Root(folder.path()), "9").value();
    for (const char* name : {"zstdmod", "xzmod", "gzipmod"}) {
        CHECK(order(*tree, {name}) == std::vector<std::string>{"leaf", name});
        CHECK(tree->content(name).value() == module);
        CHECK(tree->path(name) == fmt::format("kernel/{}.ko", name));
    }
    CHECK(tree->info("leaf").value().aliases == std::vector<std::string>{"new"});
    CHECK_FALSE(tree->knows_built_in());
}

TEST_CASE("a kernel that is not there lists those that are") {
    const TemporaryFolder folder;
    folder.folder("lib/modules/6.1.0-a");
    folder.folder("usr/lib/modules/6.1.0-b");
    const Root root(folder.path());
    CHECK(kernel_releases(root) == std::vector<std::string>{"6.1.0-a", "6.1.0-b"});
    const auto missing = ModuleTree::open(root, "6.6");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::absent);
    CHECK_THAT(missing.error().reason, Catch::Contains("6.1.0-a, 6.1.0-b"));
    CHECK(ModuleTree::open(root, "../etc").error().kind == ErrorKind::invalid);
}

TEST_CASE("a module that is not ELF, or has no modinfo, is corrupt") {
    const TemporaryFolder folder;
    folder.file(base + "kernel/text.ko", "not a module");
    folder.file(base + "kernel/object.ko", test::make_object({}));
    const auto whole = make_module({"depends="});
    folder.file(base + "kernel/cut.ko", Bytes(whole).first(whole.size() - 70));
    const auto tree = ModuleTree::open(Root(folder.path()), "6.1.0-test").value();
    for (const char* name : {"text", "object", "cut"})
        CHECK(tree->info(name).error().kind == ErrorKind::corrupt);
}

TEST_CASE("a filesystem asks for its own module, and vfat for its character sets") {
    const TemporaryFolder folder;
    fill(folder);
    const auto tree = ModuleTree::open(Root(folder.path()), "6.1.0-test").value();
    const auto names = [&](const std::string& type) {
        return load_order(*tree, filesystem_modules(*tree, type, true)).map([](const LoadOrder& o) {
            return o.names;
        });
    };
    CHECK(names("ext4").value().empty());
    CHECK(names("iso9660").value() == std::vector<std::string>{"isofs"});
    CHECK(names("ext9").value().back() == "ext9_extra");
    CHECK(names("zfs").error().kind == ErrorKind::absent);
    CHECK(filesystem_modules(*tree, "vfat", true).size() > 1);
}
