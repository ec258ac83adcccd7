// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixtures.h"
#include "loader/entry.h"
#include "wrapped.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;

namespace {

Result<Entry> choose(EntryChoice choice, const std::vector<std::byte>& kernel, bool returns = false,
                     Bytes dtb = {}) {
    Inputs inputs;
    inputs.image = *open_image(kernel, "k");
    inputs.dtb = dtb;
    return choose_entry(choice, inputs, "k", returns);
}

std::vector<std::byte> without_entry64() {
    auto parts = fixtures::vmlinux();
    parts.header.e_entry = 0xffffffff81000000;
    return parts.file();
}

} // namespace

TEST_CASE("the entry is the 64-bit one unless the other is asked for, or the only one") {
    const auto vmlinux = fixtures::vmlinux().file();
    CHECK(choose(EntryChoice::automatic, vmlinux) == Entry::long_mode);
    CHECK(choose(EntryChoice::long_mode, vmlinux) == Entry::long_mode);
    CHECK(choose(EntryChoice::pvh, vmlinux) == Entry::pvh);
    CHECK(choose(EntryChoice::automatic, fixtures::bzimage()) == Entry::long_mode);
    CHECK(choose(EntryChoice::automatic, without_entry64()) == Entry::pvh);
    CHECK(parse_entry_choice("auto") == EntryChoice::automatic);
    CHECK(parse_entry_choice("64-bit") == EntryChoice::long_mode);
    CHECK(parse_entry_choice("pvh") == EntryChoice::pvh);
    CHECK(exit_code(parse_entry_choice("PVH").error()) == exit_codes::invalid);
}

TEST_CASE("an entry that does not apply is refused, with another way") {
    const auto refusal = [](const Result<Entry>& entry) {
        REQUIRE_FALSE(entry);
        return entry.error().message();
    };
    const auto vmlinux = fixtures::vmlinux().file();
    CHECK_THAT(refusal(choose(EntryChoice::pvh, fixtures::bzimage())),
               Contains("bzImage without a PVH entry") && Contains("next: use --entry 64-bit"));
    auto no_note = fixtures::vmlinux();
    no_note.programs.back().p_filesz = 0;
    CHECK_THAT(refusal(choose(EntryChoice::pvh, no_note.file())), Contains("CONFIG_PVH"));
    auto outside = fixtures::vmlinux();
    for (const std::uint32_t address : {0xfff000U, 0x1300000U}) {
        fixtures::poke(outside.content, 0x4010, address);
        const auto entry = choose(EntryChoice::pvh, outside.file());
        CHECK_THAT(refusal(entry), Contains("lies outside"));
        CHECK(exit_code(entry.error()) == exit_codes::corrupt);
        CHECK(choose(EntryChoice::automatic, outside.file()) == Entry::long_mode);
    }
    CHECK_THAT(refusal(choose(EntryChoice::pvh, vmlinux, true)), Contains("--preserve-context"));
    CHECK_THAT(refusal(choose(EntryChoice::pvh, vmlinux, false, vmlinux)), Contains("device tree"));
    CHECK_THAT(refusal(choose(EntryChoice::long_mode, without_entry64())), Contains("next: use --entry pvh"));
    CHECK_THAT(refusal(choose(EntryChoice::automatic, without_entry64(), true)),
               Contains("next: give the bzImage"));
}
