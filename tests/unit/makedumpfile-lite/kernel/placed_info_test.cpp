// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/placed_info.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;

namespace {

// 64 MiB of memory whose kernel's text the image places at `vaddr` and 48 MiB.
class PlacedImage final : public Image {
  public:
    explicit PlacedImage(std::uint64_t vaddr) : vaddr_(vaddr) {}
    const std::string& name() const override { return inner_.name(); }
    const RangeSet& memory() const override { return inner_.memory(); }
    bool truncated() const override { return false; }
    Bytes notes() const override { return {}; }
    const std::string& vmcoreinfo() const override { return inner_.vmcoreinfo(); }
    std::uint16_t elf_machine() const override { return inner_.elf_machine(); }
    std::unique_ptr<MemoryReader> reader() const override { return inner_.reader(); }
    std::vector<VirtualSegment> mappings() const override {
        std::vector<VirtualSegment> found = {{0, 0xffff888000000000, 64 << 20}};
        if (vaddr_ != 0)
            found.push_back({48 << 20, vaddr_, 8 << 20});
        return found;
    }

  private:
    dump::test::FakeImage inner_{RangeSet{{0, 64 << 20}}};
    std::uint64_t vaddr_;
};

constexpr std::string_view linked = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n"
                                    "SYMBOL(_stext)=ffffffff81000180\n"
                                    "SYMBOL(init_uts_ns)=ffffffff82a00000\n"
                                    "SYMBOL(runqueues)=31a40\n"
                                    "OFFSET(page.flags)=0";

} // namespace

TEST_CASE("VMCOREINFO of a linked kernel is moved to where the image says that its kernel ran") {
    const auto placed = place_vmcoreinfo(linked, PlacedImage(0xffffffff9ca00000));
    REQUIRE(placed);
    const VmcoreInfo info = VmcoreInfo::parse(*placed);
    CHECK(info.symbol("_stext") == 0xffffffff9ca00180);
    CHECK(info.symbol("init_uts_ns") == 0xffffffff9e400000);
    CHECK(info.symbol("runqueues") == 0x31a40);
    CHECK(info.offset("page.flags") == 0);
    CHECK(info.text("KERNELOFFSET") == "1ba00000");
    CHECK(info.number("phys_base") == (48 << 20) - 0x1ca00000);
}

TEST_CASE("a kernel that was not moved, and VMCOREINFO that knows its place already") {
    const auto placed = place_vmcoreinfo(linked, PlacedImage(0xffffffff81000000));
    REQUIRE(placed);
    CHECK(VmcoreInfo::parse(*placed).symbol("_stext") == 0xffffffff81000180);
    CHECK(VmcoreInfo::parse(*placed).number("phys_base") == 32 << 20);
    const std::string running = std::string(linked) + "\nNUMBER(phys_base)=4096\n";
    CHECK(place_vmcoreinfo(running, PlacedImage(0)) == running);
}

TEST_CASE("VMCOREINFO that cannot be placed is refused") {
    CHECK(place_vmcoreinfo(linked, PlacedImage(0)).error().kind == ErrorKind::absent);
    CHECK(place_vmcoreinfo("OSRELEASE=x\n", PlacedImage(0xffffffff81000000)).error().kind ==
          ErrorKind::absent);
    // Between the steps of KASLR, below where it was linked, and too far above.
    for (const std::uint64_t vaddr : {0xffffffff81001000, 0xffffffff80e00000, 0xffffffffc2000000})
        CHECK(place_vmcoreinfo(linked, PlacedImage(vaddr)).error().kind == ErrorKind::invalid);
}
