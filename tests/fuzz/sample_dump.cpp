// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/sample_dump.h"

#include "base/file.h"
#include "makedumpfile-lite/format/flat_layout.h"
#include "makedumpfile-lite/program.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"

#include <cstdlib>
#include <filesystem>

namespace kdumpkit::fuzz {

dump::test::ElfFile sample_core() {
    dump::test::ElfFile file;
    Input notes;
    dump::test::add_note(notes, "CORE", NT_PRSTATUS, std::string(336, 'r'));
    dump::test::add_note(
        notes, "VMCOREINFO", 0,
        "OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffffffff80001000\n"
        "NUMBER(phys_base)=0\nSYMBOL(_stext)=ffffffff80000000\nSYMBOL(prb)=ffffffff80000800\n");
    file.notes(1024, notes.size());
    file.load(0, 0x3000, 0x1000, 0xffff888000000000);
    file.load(0x1000, 0x2000, 0x2000, 0xffffffff80001000);
    file.load(0x10000, 0x800, 0x4000, 0xffff888000010000);
    file.put(1024, notes);
    file.fill(0x1000, 0x3800, 'm');
    return file;
}

Input sample_dump(Bytes core, std::vector<std::string> options) {
    std::string folder = (std::filesystem::temp_directory_path() / "kdk-fuzz-XXXXXX").string();
    require(::mkdtemp(folder.data()) != nullptr, "a temporary folder can be made");
    require(write_file_atomically(folder + "/core", core).has_value(), "a file can be written");
    options.insert(options.end(), {"--message-level", "4", folder + "/core", folder + "/dump"});
    require(dump::run_program(options) == 0, "a right image can be dumped");
    auto bytes = read_file(folder + "/dump");
    require(bytes.has_value(), "the dump can be read");
    std::filesystem::remove_all(folder);
    return std::move(*bytes);
}

Input flattened(Bytes file, std::size_t piece) {
    dump::format::FlatHeader header;
    std::copy(dump::format::flat_signature.begin(), dump::format::flat_signature.end(),
              header.signature.begin());
    header.type = dump::format::to_flat(dump::format::flat_type);
    header.version = dump::format::to_flat(dump::format::flat_version);
    Input out = input_of(bytes_of(header));
    out.resize(dump::format::flat_header_size);
    const auto record = [&](std::int64_t offset, std::int64_t size, Bytes bytes) {
        const dump::format::FlatRecord words{dump::format::to_flat(offset), dump::format::to_flat(size)};
        out.insert(out.end(), bytes_of(words).begin(), bytes_of(words).end());
        out.insert(out.end(), bytes.begin(), bytes.end());
    };
    for (std::size_t at = (file.size() - 1) / piece * piece;; at -= piece) {
        const Bytes part = file.subspan(at, std::min(piece, file.size() - at));
        record(static_cast<std::int64_t>(at), static_cast<std::int64_t>(part.size()), part);
        if (at == 0)
            break;
    }
    record(dump::format::flat_end, dump::format::flat_end, {});
    return out;
}

} // namespace kdumpkit::fuzz
