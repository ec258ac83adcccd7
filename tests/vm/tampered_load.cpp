// SPDX-License-Identifier: GPL-2.0-or-later
//
// Loads /kernel and /initrd as kdumpkit load does, and then breaks one byte of one segment: the digests in
// the purgatory are those of what should be there, as if something had written to the segment after it was
// loaded.
#include "base/file.h"
#include "loader/load.h"

#include <algorithm>
#include <cstdio>
#include <string>

using namespace kdumpkit;
using namespace kdumpkit::loader;

namespace {

Result<> load_tampered(const std::string& name) {
    KDK_ASSIGN(const Machine machine, gather_machine("/"));
    KDK_ASSIGN(const auto kernel, read_file("/kernel"));
    KDK_ASSIGN(const auto initrd, read_file("/initrd"));
    KDK_ASSIGN(const PreparedLoad prepared,
               prepare_kexec_load(machine, {kernel, "/kernel", initrd, "/initrd"}, {}));
    if (std::ranges::find(prepared.plan.segments, name, &Segment::name) == prepared.plan.segments.end())
        return fail(ErrorKind::absent, "tamper with", name, "there is no such segment");
    std::vector<LoadedSegment> segments = prepared.segments();
    const auto victim =
        std::ranges::find(segments, prepared.plan.segment(name).memory, &LoadedSegment::memory);
    std::vector<std::byte> content(victim->content.begin(), victim->content.end());
    content.at(content.size() / 2) ^= std::byte{1};
    victim->content = content;
    return kexec_load(KexecPurpose::capture, prepared.entry, segments);
}

} // namespace

int main(int argc, char** argv) {
    const auto loaded = load_tampered(argc > 1 ? argv[1] : "");
    std::puts(loaded ? "tampered and loaded" : loaded.error().message().c_str());
    return loaded ? 0 : 1;
}
