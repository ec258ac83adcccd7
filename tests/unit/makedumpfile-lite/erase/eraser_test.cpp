// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/config_symbols.h"
#include "makedumpfile-lite/erase/erased_image.h"
#include "makedumpfile-lite/erase/eraser.h"
#include "makedumpfile-lite/kernel/btf.h"
#include "tests/unit/makedumpfile-lite/kernel/tables.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;
using test::BtfWriter;
using test::Machine;

namespace {

const Log silent([](LogLevel, std::string_view) {});

// A kernel with secrets: struct secret { next, list_head, name, key, key_size, private[16] } at one, two and
// three, where each names the one behind it, on a list_head `secrets` too; an array of two of them at
// `table`; and a module.
struct SecretMachine : Machine {
    static constexpr std::uint64_t one = 0x1200000, two = 0x1200100, three = 0x1200200, table = 0x1201000,
                                   secrets = 0x1202000, text = 0x1203000, key = 0x1204000,
                                   modules = 0x1205000, module = 0x1206000, symtab = 0x1207000,
                                   strtab = 0x1208000, module_btf = 0x1209000, module_data = 0x120a000,
                                   btf = 0x1300000;
    static constexpr std::uint64_t next = 0, list = 8, name = 24, key_at = 32, key_size = 40, private_at = 48,
                                   size = 64;

    SecretMachine() {
        const std::vector<std::byte> types = kernel_types();
        put(btf, types);
        write_kallsyms(*this, 0x1400000, OffsetForm::absolute_percpu,
                       {{"_stext", image_vaddr + 0x1000000},
                        {"prb", image_vaddr + 0x1100000},
                        {"__start_BTF", image_vaddr + btf},
                        {"modules", image_vaddr + modules},
                        {"first", image_vaddr + one},
                        {"table", image_vaddr + table},
                        {"secrets", image_vaddr + secrets},
                        {"pointer", image_vaddr + text + 0x800},
                        {"described", image_vaddr + two},
                        {"cpu_thing", image_vaddr + text}});
        info += fmt::format("SYMBOL(prb)={:x}\n", image_vaddr + 0x1100000);
        // The VMCOREINFO of Machine has _stext at its linked address, which is that of the page table.
        secret(one, two, secrets, two);
        secret(two, three, one, three);
        secret(three, 0, two, secrets);
        u64(secrets, virt(one) + list);
        u64(secrets + 8, virt(three) + list);
        secret(table, 0, 0, 0);
        secret(table + size, 0, 0, 0);
        put(text, as_bytes(std::string_view("password\0tail", 13)));
        u64(text + 0x800, virt(key));
        put(key, as_bytes(std::string(64, 'k')));
        module_tables();
    }

    static std::uint64_t virt(std::uint64_t paddr) { return direct_vaddr + paddr; }

    void secret(std::uint64_t at, std::uint64_t following, std::uint64_t previous, std::uint64_t list_next) {
        u64(at + next, following == 0 ? 0 : virt(following));
        u64(at + list, list_next == 0         ? 0
                       : list_next == secrets ? image_vaddr + secrets
                                              : virt(list_next) + list);
        u64(at + list + 8, previous == 0 ? 0 : virt(previous));
        u64(at + name, virt(text));
        u64(at + key_at, virt(key));
        u64(at + key_size, 32);
        put(at + private_at, as_bytes(std::string(16, 'p')));
    }

    static void common_types(BtfWriter& writer) {
        const auto character = writer.character();
        const auto word = writer.integer(8);
        const auto half = writer.integer(4);
        const auto characters = writer.pointer(character);
        const auto nothing = writer.pointer(0);
        const auto same = writer.pointer(writer.next_id() + 1); // the struct list_head that follows
        const auto head = writer.structure("list_head", 16, {{"next", same, 0}, {"prev", same, 8}});
        const auto bytes = writer.array(character, 16);
        const auto follower = writer.pointer(writer.next_id() + 1);
        const auto secret = writer.structure("secret", size,
                                             {{"next", follower, next},
                                              {"list", head, list},
                                              {"name", characters, name},
                                              {"key", nothing, key_at},
                                              {"key_size", word, key_size},
                                              {"private", bytes, private_at}});
        writer.structure("table", 2 * size, {{"all", writer.array(secret, 2), 0}});
        writer.structure("page", 64, {{"flags", word, 0}});
        writer.structure("zone", 64, {{"flags", word, 0}});
        const auto module_name = writer.array(character, 56);
        writer.structure("mod_kallsyms", 32,
                         {{"symtab", nothing, 0}, {"num_symtab", half, 8}, {"strtab", nothing, 16}});
        writer.structure("module", 256,
                         {{"list", head, 8},
                          {"name", module_name, 24},
                          {"kallsyms", nothing, 88},
                          {"btf_data_size", half, 96},
                          {"btf_data", nothing, 104}});
        const auto described = writer.variable("described", secret);
        const auto cpu_thing = writer.variable("cpu_thing", word);
        writer.section(".data", {described});
        writer.section(".data..percpu", {cpu_thing});
    }
    static std::vector<std::byte> kernel_types() {
        BtfWriter writer;
        common_types(writer);
        return writer.finish();
    }

    void module_tables() {
        u64(modules, virt(module) + 8);
        u64(modules + 8, virt(module) + 8);
        u64(module + 8, image_vaddr + modules);
        u64(module + 16, image_vaddr + modules);
        put(module + 24, as_bytes(std::string_view("vault\0", 6)));
        u64(module + 88, virt(module) + 128);
        u64(module + 128, virt(symtab));
        u32(module + 136, 2);
        u64(module + 144, virt(strtab));
        put(strtab, as_bytes(std::string_view("\0gold\0", 6)));
        u32(symtab + 24, 1);    // st_name
        u8(symtab + 24 + 6, 3); // st_shndx
        u64(symtab + 24 + 8, virt(module_data));
        put(module_data, as_bytes(std::string(32, 'g')));
        // The module's own types go on behind the kernel's: one struct, of the kernel's char.
        const std::vector<std::byte> base_bytes = kernel_types();
        const auto base = Btf::parse(base_bytes);
        REQUIRE(base);
        const auto strings = static_cast<std::uint32_t>(ByteReader(base_bytes).u32(20).value_or(0));
        const auto types = static_cast<std::uint32_t>(base->type_count());
        const std::uint32_t words[] = {
            0x0001eb9f, 24,       0, 48, 48, 11, // header; array [1,8] of char, struct bar
            0,          3U << 24, 0, 1,  1,  8,  strings, 4U << 24 | 1, 8, strings + 4, types + 1, 0};
        put(module_btf, std::as_bytes(std::span(words)));
        put(module_btf + sizeof(words), as_bytes(std::string_view("bar\0weight\0", 11)));
        u32(module + 96, static_cast<std::uint32_t>(sizeof(words) + 11));
        u64(module + 104, virt(module_btf));
    }
};

Erasure plan(const Machine& machine, const std::string& text) {
    const auto kernel = Kernel::open(machine, silent, Kernel::Depth::log);
    REQUIRE(kernel);
    const auto config = parse_erase_config(text, "f");
    INFO((config ? "" : config.error().message()));
    REQUIRE(config);
    auto erasure = plan_erasure(*config, "f", machine, **kernel);
    INFO((erasure ? "" : erasure.error().message()));
    REQUIRE(erasure);
    return *erasure;
}

using Ranges = std::vector<ErasedRange>;
constexpr std::byte x{'X'};
constexpr std::byte zero{0};
using M = SecretMachine;

} // namespace

TEST_CASE("what an erase command covers") {
    const SecretMachine machine;
    struct Case {
        const char* command;
        Ranges ranges;
    };
    const Case cases[] = {
        {"erase (struct secret)first.private", {{M::one + 48, M::one + 64, x}}},
        {"erase (secret)first", {{M::one, M::one + 64, x}}},
        {"erase (struct secret)first.name", {{M::text, M::text + 8, x}}}, // a string ends at its NUL
        {"erase (struct secret)first.key size 5", {{M::key, M::key + 5, x}}},
        {"erase (struct secret)first.key nullify", {{M::one + 32, M::one + 40, zero}}},
        {"erase first size 10", {{M::one, M::one + 10, x}}},
        {"erase pointer nullify", {{M::text + 0x800, M::text + 0x808, zero}}},
        {"erase (void *)pointer size 1K", {{M::key, M::key + 1024, x}}},
        {"erase (struct secret)first.next.next.private", {{M::three + 48, M::three + 64, x}}},
        {"erase (struct secret)first.next", {{M::two, M::two + 64, x}}}, // what the pointer points to
        {"for s in (struct secret)first via next\nerase s.private size 2\nendfor",
         {{M::one + 48, M::one + 50, x}, {M::two + 48, M::two + 50, x}, {M::three + 48, M::three + 50, x}}},
        {"for s in secrets within secret:list\nerase s.private size 2\nendfor",
         {{M::one + 48, M::one + 50, x}, {M::two + 48, M::two + 50, x}, {M::three + 48, M::three + 50, x}}},
        {"for s in (struct list_head)secrets.next within secret:list\nerase s.next nullify\nendfor",
         {{M::one, M::one + 8, zero}, {M::two, M::two + 8, zero}, {M::three, M::three + 8, zero}}},
        {"for s in (struct table)table.all\nerase s.private\nerase s.key size s.key_size\nendfor",
         {{M::table + 48, M::table + 64, x}, {M::table + 112, M::table + 128, x}, {M::key, M::key + 32, x}}},
        {"[vault]\nerase (struct bar)gold.weight", {{M::module_data, M::module_data + 8, x}}},
        {"[vault]\nerase gold size 20", {{M::module_data, M::module_data + 20, x}}},
    };
    for (const Case& one : cases) {
        INFO(one.command);
        const Erasure erasure = plan(machine, one.command);
        CHECK(erasure.warnings == std::vector<std::string>{});
        CHECK(erasure.ranges == one.ranges);
        CHECK(erasure.report.find(" bytes in ") != std::string::npos);
    }
}

TEST_CASE("commands without a type take that of the variable, where somebody knows it") {
    const SecretMachine machine;
    auto kernel = Kernel::open(machine, silent);
    REQUIRE(kernel);
    const auto config = parse_erase_config("erase first.private\nerase first\nerase pointer size 8\nfor s in "
                                           "first via next\nerase s.key nullify\n"
                                           "endfor\nerase (struct secret)table.private",
                                           "f");
    REQUIRE(config);
    CHECK(untyped_symbols(*config) ==
          std::vector<std::string_view>{"first", "first", "pointer", "first", "s"});
    const auto blind = plan_erasure(*config, "f", machine, **kernel);
    REQUIRE(blind);
    REQUIRE(blind->warnings.size() == 3); // and each says what to do
    for (const std::string& warning : blind->warnings)
        CHECK((warning.find("is in the dump as it was") != std::string::npos &&
               (warning.find("not known") != std::string::npos ||
                warning.find("no member") != std::string::npos)));
    const auto seeing =
        plan_erasure(*config, "f", machine, **kernel, {{"first", "struct secret"}, {"pointer", "char *"}});
    REQUIRE(seeing);
    CHECK(seeing->warnings.empty());
    const auto has = [&](const ErasedRange& range) {
        return std::ranges::find(seeing->ranges, range) != seeing->ranges.end();
    };
    CHECK(has({M::one, M::one + 64, x}));
    CHECK(has({M::key, M::key + 8, x})); // behind the pointer
    CHECK(has({M::two + 32, M::two + 40, zero}));
}

TEST_CASE("a variable that BTF describes needs no type in front") {
    const SecretMachine machine;
    auto kernel = Kernel::open(machine, silent);
    REQUIRE(kernel);
    const auto config = parse_erase_config("erase described.private", "f");
    REQUIRE(config);
    // What BTF says is of this kernel, and goes before anybody else's word.
    const auto done = plan_erasure(*config, "f", machine, **kernel, {{"described", "char"}});
    REQUIRE(done);
    CHECK(done->warnings.empty());
    CHECK(done->ranges == std::vector<ErasedRange>{{M::two + 48, M::two + 64, x}});
}

TEST_CASE("what cannot be erased is said, and the rest is erased") {
    SecretMachine machine;
    const std::pair<const char*, const char*> cases[] = {
        {"erase absent", "no symbol absent"},
        {"erase first", "type of first is not known"},
        {"erase first.private", "type of first is not known"},
        {"erase (struct absent)first", "no type"},
        {"erase (struct secret)first.absent", "no member absent"},
        {"erase (struct secret)first.private.absent", "no member absent"},
        {"erase (struct secret)first.key", "its size is not known"},
        {"erase (struct secret)first.private nullify", "only a pointer"},
        {"erase first size secrets", "not known to be a number"},
        {"erase (struct secret)first size 2000M", "not believable"},
        {"erase cpu_thing size 1", "per-CPU"},
        {"for s in (struct secret)first\nerase s\nendfor", "not known to be an array"},
        {"for s in (struct secret)first via absent\nerase s\nendfor", "no member absent"},
        {"for s in secrets within secret:absent\nerase s\nendfor", "no member absent"},
        {"for s in secrets within absent:list\nerase s\nendfor", "no member list in absent"},
        {"[absent]\nerase gold", "not loaded"},
        {"[vault]\nerase silver", "no symbol silver"},
    };
    for (const auto& [command, reason] : cases) {
        INFO(command);
        const Erasure erasure =
            plan(machine, std::string("erase (struct secret)first.key nullify\n") + command);
        REQUIRE(erasure.warnings.size() == 1);
        INFO(erasure.warnings[0]);
        CHECK(erasure.warnings[0].find(reason) != std::string::npos);
        CHECK(erasure.ranges == Ranges{{M::one + 32, M::one + 40, zero}});
    }
}

TEST_CASE("lists that lie end") {
    SecretMachine machine;
    const char* via = "for s in (struct secret)first via next\nerase s.private\nendfor";
    const char* within = "for s in secrets within secret:list\nerase s.private\nendfor";
    SECTION("a circle that leaves out the head") {
        machine.u64(M::three, M::virt(M::two));
        machine.u64(M::three + M::list, M::virt(M::two) + M::list);
        CHECK_FALSE(plan(machine, via).warnings.empty());
        CHECK_FALSE(plan(machine, within).warnings.empty());
        CHECK(plan(machine, via).ranges.size() == 3);
    }
    SECTION("a circle back to the head is a list") {
        machine.u64(M::three, M::image_vaddr + M::one);
        CHECK(plan(machine, via).warnings.empty());
        CHECK(plan(machine, via).ranges.size() == 3);
    }
    SECTION("into nowhere") {
        machine.u64(M::two, 0xdead000000000100);
        machine.u64(M::two + M::list, 0xdead000000000100);
        CHECK(plan(machine, via).ranges.size() >= 2);
        CHECK_FALSE(plan(machine, via).warnings.empty());
        CHECK_FALSE(plan(machine, within).warnings.empty());
    }
    SECTION("modules in a circle") {
        machine.u64(M::module + 8, M::virt(M::module) + 8);
        machine.u8(M::module + 24, 'V');
        CHECK_FALSE(plan(machine, "[vault]\nerase gold size 1").warnings.empty());
    }
}

TEST_CASE("overlapping places are settled") {
    Ranges ranges = {{10, 20, x}, {5, 8, x}, {15, 30, zero}, {8, 10, x}, {16, 17, x}, {30, 31, zero}};
    settle(ranges);
    CHECK(ranges == Ranges{{5, 20, x}, {20, 31, zero}});
}

TEST_CASE("an image with erased places reads as the other one elsewhere") {
    const SecretMachine machine;
    const auto image = erased_image(machine, {{M::one, M::one + 2, x}, {M::one + 4, M::one + 0x2000, zero}});
    CHECK(image->memory().total() == machine.memory().total());
    CHECK(image->vmcoreinfo() == machine.vmcoreinfo());
    const auto before = machine.reader();
    const auto after = image->reader();
    const auto original = before->view(M::one - 4096, 16384);
    const auto erased = after->view(M::one - 4096, 16384);
    REQUIRE(original);
    REQUIRE(erased);
    for (std::size_t i = 0; i < erased->size(); ++i) {
        const std::uint64_t at = M::one - 4096 + i;
        const std::byte expected = at == M::one || at == M::one + 1           ? x
                                   : at >= M::one + 4 && at < M::one + 0x2000 ? zero
                                                                              : (*original)[i];
        if ((*erased)[i] != expected)
            FAIL("byte " << i);
    }
    CHECK(after->view(M::one + 1, 1)->front() == x);
    CHECK(after->view(M::one + 2, 1)->front() == before->view(M::one + 2, 1)->front());
    CHECK_FALSE(after->view(Machine::ram, 1));
}
