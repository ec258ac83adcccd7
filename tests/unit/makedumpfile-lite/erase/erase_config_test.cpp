// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/erase_config.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::dump;

TEST_CASE("an erase config as makedumpfile.conf(5) shows it") {
    const auto config = parse_erase_config("# secrets\n"
                                           "erase (struct uts_namespace) init_uts_ns.name.nodename\n"
                                           "[mymodule]\n"
                                           "erase array_var\n"
                                           "erase mystruct1.buffer size 25   # a part\n"
                                           "  erase mystruct1.addr2 size 1k\n"
                                           "erase mystruct2.addr size mystruct2.addr_size\n"
                                           "erase mystruct1.addr1 nullify\n"
                                           "for one in list.next within s1:list\n"
                                           "\terase one.key size one.key_size\n"
                                           "\terase one.private\n"
                                           "endfor\n"
                                           "for two in mystruct1 via next\nerase two\nendfor\n"
                                           "for three in myarray\nerase three.key\nendfor",
                                           "f");
    INFO((config ? "" : config.error().message()));
    REQUIRE(config);
    REQUIRE(config->sections.size() == 2);
    CHECK(config->sections[0].module == "vmlinux");
    const auto& first = std::get<EraseCommand>(config->sections[0].commands.at(0));
    CHECK(first.line == 2);
    CHECK(first.path.type == "struct uts_namespace");
    CHECK(first.path.symbol == "init_uts_ns");
    CHECK(first.path.members == std::vector<std::string>{"name", "nodename"});
    CHECK(first.path.text() == "(struct uts_namespace)init_uts_ns.name.nodename");

    const auto& module = config->sections[1];
    CHECK(module.module == "mymodule");
    REQUIRE(module.commands.size() == 8);
    const auto command = [&](std::size_t i) { return std::get<EraseCommand>(module.commands.at(i)); };
    const auto loop = [&](std::size_t i) { return std::get<EraseLoop>(module.commands.at(i)); };
    CHECK(std::holds_alternative<EraseAll>(command(0).amount));
    CHECK(std::get<EraseBytes>(command(1).amount).bytes == 25);
    CHECK(std::get<EraseBytes>(command(2).amount).bytes == 1024);
    CHECK(std::get<EraseSizeAt>(command(3).amount).path.text() == "mystruct2.addr_size");
    CHECK(std::holds_alternative<EraseNullify>(command(4).amount));
    CHECK(loop(5).within == "s1");
    CHECK(loop(5).member == "list");
    CHECK(loop(5).list.text() == "list.next");
    CHECK(loop(5).body.size() == 2);
    CHECK(loop(6).via == "next");
    CHECK(loop(7).via.empty());
    CHECK(loop(7).within.empty());
    CHECK(loop(7).body.at(0).path.text() == "three.key");
}

TEST_CASE("an erase config that makes no sense is refused with its line") {
    const std::pair<const char*, const char*> wrong[] = {
        {"eraze a", "f:1"},
        {"\n\nerase", "f:3"},
        {"erase a.", "f:1"},
        {"erase .a", "f:1"},
        {"erase 1a", "f:1"},
        {"erase a b", "f:1"},
        {"erase a size", "f:1"},
        {"erase a size 0", "f:1"},
        {"erase a size 5G", "f:1"},
        {"erase a size 99999999999999999999", "f:1"},
        {"erase a size 4M nullify", "f:1"},
        {"erase (struct b a", "f:1"},
        {"erase (struct b)", "f:1"},
        {"[a", "f:1"},
        {"[a b]", "f:1"},
        {"[]", "f:1"},
        {"endfor", "f:1"},
        {"erase a\nfor x in y\n", "f:2"},
        {"for x in y\nendfor", "f:2"},
        {"for x in y\nfor z in y\n", "f:2"},
        {"for x in y\n[m]\n", "f:2"},
        {"for x in y via\nerase x\nendfor", "f:1"},
        {"for x in y within s\nerase x\nendfor", "f:1"},
        {"for x in y within s:1\nerase x\nendfor", "f:1"},
        {"for x of y\nerase x\nendfor", "f:1"},
    };
    for (const auto& [text, place] : wrong) {
        const auto config = parse_erase_config(text, "f");
        INFO(text);
        REQUIRE_FALSE(config);
        CHECK(config.error().kind == ErrorKind::invalid);
        CHECK(config.error().message().find(place) != std::string::npos);
        CHECK_FALSE(config.error().next_step.empty());
    }
    CHECK(parse_erase_config("", "f")->sections.empty());
    CHECK(parse_erase_config("\n # nothing\n\t\n", "f")->sections.empty());
}
