// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/dump_facts.h"

#include "base/bytes.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <elf.h>

namespace kdumpkit::dump {

namespace {

// From the image alone.
void describe_unknown_kernel(const Image& image, format::KdumpFacts& facts) {
    const VmcoreInfo info = VmcoreInfo::parse(image.vmcoreinfo());
    facts.phys_base = static_cast<std::uint64_t>(info.number("phys_base").value_or(0));
    facts.crash_time = info.decimal("CRASHTIME").value_or(0);
    facts.page_size = page_size_of(image);
}

// A dump that is dumped again hands on what its header knows and the kernel's memory does not tell.
void describe_source(const DumpHeader& header, const Kernel* kernel, format::KdumpFacts& facts) {
    if (facts.utsname.release.empty())
        facts.utsname = {header.sysname, header.nodename, header.release,
                         header.version, header.machine,  header.domainname};
    if (kernel == nullptr)
        facts.phys_base = header.phys_base;
    if (facts.crash_time == 0)
        facts.crash_time = header.crash_time;
    facts.level |= header.level;
    facts.eraseinfo = as_text(header.eraseinfo);
}

// What readers of the dump need most, where neither the kernel's memory nor a header told it.
void fill_utsname(const Image& image, Utsname& name) {
    if (name.sysname.empty())
        name.sysname = "Linux";
    if (name.release.empty())
        name.release = VmcoreInfo::parse(image.vmcoreinfo()).text("OSRELEASE").value_or("");
    if (name.machine.empty() && image.elf_machine() == EM_X86_64)
        name.machine = "x86_64";
}

} // namespace

format::KdumpFacts facts_of(const Image& image, const Kernel* kernel, unsigned level,
                            const KernelSources& sources) {
    format::KdumpFacts facts;
    if (kernel != nullptr) {
        facts.utsname = kernel->utsname();
        facts.page_size = kernel->page_size();
        facts.phys_base = kernel->phys_base();
        facts.crash_time = kernel->crash_time();
    } else {
        describe_unknown_kernel(image, facts);
    }
    facts.level = level;
    facts.notes = image.notes();
    facts.vmcoreinfo = image.vmcoreinfo();
    // What was given is written down only when it turned out to be true.
    if (facts.vmcoreinfo.empty() && kernel != nullptr)
        facts.vmcoreinfo = sources.vmcoreinfo;
    if (image.header() != nullptr)
        describe_source(*image.header(), kernel, facts);
    fill_utsname(image, facts.utsname);
    return facts;
}

} // namespace kdumpkit::dump
