// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/erase_config.h"

#include "tests/fuzz/target.h"

namespace kdumpkit::fuzz {

namespace {

void run(Bytes input) {
    const auto config = dump::parse_erase_config(as_text(input), "erase.conf");
    require(config || !config.error().reason.empty(), "a line that makes no sense is told why");
}

std::vector<Input> seeds() {
    std::vector<Input> all;
    for (const std::string_view text :
         {"erase (struct uts_namespace)init_uts_ns.name.nodename\n[mymodule]\nerase a size 25\nerase b.c "
          "size 1k\n"
          "erase b.d size b.e\nerase f nullify\n",
          "for one in list.next within s1:list\nerase one.key size one.key_size\nendfor\n"
          "for two in a via next\nerase two\nendfor\nfor three in c\nerase three.key\nendfor",
          "for a in b\nfor c in d\nendfor\nendfor", "endfor", "[", "[]", "erase",
          "erase a size 99999999999999999999", "# nothing\n\n\t \n", "erase (struct\n", "erase .....",
          "for x in y within z\nendfor"})
        all.push_back(input_of(as_bytes(text)));
    return all;
}

} // namespace

extern const Target erase_config;
const Target erase_config{"erase_config", 4096, run, seeds};

} // namespace kdumpkit::fuzz
