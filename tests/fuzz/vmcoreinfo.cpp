// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "tests/fuzz/target.h"
#include "tests/unit/makedumpfile-lite/kernel/log_machine.h"

namespace kdumpkit::fuzz {

namespace {

const Log silent([](LogLevel, std::string_view) {});

// The whole filter, over a machine that is right but described by this text.
void run(Bytes input) {
    static dump::test::LogMachine machine;
    machine.info = std::string(as_text(input));
    require(dump::page_size_of(machine) >= 4096, "a page has at least 4096 bytes");
    const auto kernel = dump::Kernel::open(machine, silent);
    if (!kernel)
        return;
    (void)dump::select_pages(machine, **kernel, dump::FilterOptions{31, true, true}, silent, {});
    (void)dump::read_dmesg(machine, **kernel, dump::LogPart::whole,
                           [](std::string_view) -> Result<> { return {}; });
}

std::vector<Input> seeds() {
    dump::test::LogMachine pages;
    pages.record("a line");
    const std::string sme = pages.info + "NUMBER(sme_mask)=0x800000000000\nNUMBER(KERNEL_IMAGE_SIZE)=-1\n";
    std::string wild = pages.info;
    for (std::size_t at = 0; (at = wild.find('=', at)) != std::string::npos; ++at)
        wild.insert(at + 1, "9");
    return {input_of(as_bytes(pages.info)), input_of(as_bytes(sme)), input_of(as_bytes(wild)),
            input_of(as_bytes("PAGESIZE=4096\n=\n==\n\nSYMBOL(=)"))};
}

} // namespace

extern const Target vmcoreinfo;
const Target vmcoreinfo{"vmcoreinfo", 8192, run, seeds};

} // namespace kdumpkit::fuzz
