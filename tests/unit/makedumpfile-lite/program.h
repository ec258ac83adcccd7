// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/file.h"
#include "base/process.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"
#include "tests/unit/makedumpfile-lite/folder.h"

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <elf.h>
#include <fcntl.h>

namespace kdumpkit::dump::test {

struct Outcome {
    int code;
    std::string out, err;
};

inline Outcome run(const Folder& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), PROGRAM_DIR "/makedumpfile-lite");
    Outcome outcome;
    {
        const auto out = open_file(folder / "stdout", O_WRONLY | O_CREAT | O_TRUNC);
        const auto err = open_file(folder / "stderr", O_WRONLY | O_CREAT | O_TRUNC);
        auto child = spawn({arguments, -1, out->get(), err->get()});
        REQUIRE(child);
        const auto status = child->wait(std::chrono::seconds(60));
        REQUIRE(status);
        INFO(status->text());
        REQUIRE(status->signal == 0);
        outcome.code = status->code;
    }
    outcome.out = *read_text(folder / "stdout");
    outcome.err = *read_text(folder / "stderr");
    return outcome;
}

inline bool says(std::string_view text, std::string_view what) {
    return text.find(what) != std::string_view::npos;
}

// Every failure is one message with a next step.
inline void check_failure(const Outcome& outcome, int code, std::string_view said) {
    INFO(outcome.err);
    CHECK(outcome.code == code);
    CHECK(says(outcome.err, "error: cannot "));
    CHECK(says(outcome.err, said));
    CHECK(says(outcome.err, "\n  next: "));
}

constexpr std::uint64_t vmcore_pages = 600;

// A vmcore of `vmcore_pages` made-up pages from address 0, in two segments with a hole of 100 pages.
inline void write_vmcore(const std::string& path, const std::string& vmcoreinfo) {
    std::vector<std::byte> notes;
    dump::test::add_note(notes, "CORE", NT_PRSTATUS, std::string(336, 'r'));
    if (!vmcoreinfo.empty())
        dump::test::add_note(notes, "VMCOREINFO", 0, vmcoreinfo);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_CORE;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof(header);
    header.e_ehsize = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 3;
    const auto segment = [](std::uint32_t type, std::uint64_t offset, std::uint64_t address,
                            std::uint64_t size) {
        Elf64_Phdr s{};
        s.p_type = type;
        s.p_offset = offset;
        s.p_paddr = address;
        s.p_vaddr = type == PT_LOAD ? 0xffff888000000000 + address : 0;
        s.p_filesz = s.p_memsz = size;
        return s;
    };
    constexpr std::uint64_t page = FakeImage::page_size;
    const std::array segments = {
        segment(PT_NOTE, page, 0, notes.size()),
        segment(PT_LOAD, 4 * page, 0, 200 * page),
        segment(PT_LOAD, 204 * page, 300 * page, 400 * page),
    };
    std::vector<std::byte> file((4 + vmcore_pages) * page);
    const auto put = [&](std::uint64_t at, Bytes bytes) {
        std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, bytes_of(header));
    put(sizeof(header), std::as_bytes(std::span(segments)));
    put(page, notes);
    for (std::uint64_t i = 0; i < vmcore_pages; ++i)
        put((4 + i) * page, FakeImage::page(i < 200 ? i : i + 100));
    REQUIRE(write_file_atomically(path, file));
}

} // namespace kdumpkit::dump::test
