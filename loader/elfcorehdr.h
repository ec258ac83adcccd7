// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/range.h"
#include "loader/kcore.h"
#include "loader/machine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::loader {

// Memory that the crashing kernel fills with an ELF note.
struct NoteBuffer {
    std::string name; // "cpu 3", "VMCOREINFO"
    Range memory;
};

// Low memory that the capture kernel overwrites, and where the purgatory saves it first.
struct Backup {
    Range source;
    std::uint64_t destination = 0;
};

// What the ELF core header describes. All addresses are physical.
struct CoreFacts {
    RangeSet system_ram;  // all of it
    RangeSet reservation; // crash reservations, not dumped
    Range kernel_code;    // "Kernel code" of /proc/iomem, inside mapping.text_memory()
    KernelMapping mapping;
    std::vector<NoteBuffer> notes; // one per CPU, and VMCOREINFO last
    std::optional<Backup> backup;
    RangeSet capture_ram; // what the capture kernel is given as RAM and overwrites
};

// The note buffers from /sys, of every present CPU that has one and of VMCOREINFO. `absent` when VMCOREINFO
// or every CPU's is missing, `corrupt` when a text is not a number. The kernel allocates a buffer for each
// possible CPU (crash_notes_memory_init() in kernel/crash_core.c), but only present ones have a folder
// (for_each_present_cpu in arch/x86/kernel/topology.c and drivers/base/cpu.c): one that is plugged in later
// needs another load.
Result<std::vector<NoteBuffer>> note_buffers(const Machine& machine);
// The present CPUs whose folder has no crash_notes: if one crashes, its registers are lost.
std::vector<unsigned> cpus_without_notes(const Machine& machine);

// Pure. An ELF64 core header: PT_NOTEs, the kernel's image, then a PT_LOAD per dumped range, p_offset being
// the physical address as fs/proc/vmcore.c wants it. Not aligned, not verified.
Result<std::vector<std::byte>> build_core_header(const CoreFacts& facts);
// Upper bound of its size in bytes, known before anything is placed.
std::uint64_t core_header_size(const CoreFacts& facts);

// Reads `header` again from its bytes and checks it against `facts`: every range inside System RAM, none in
// the reservation but the backup, no content where the capture kernel has its RAM, nothing lost, nothing
// twice, the kernel's code inside its image, virtual addresses consistent, all notes there and out of the
// capture kernel's reach. `corrupt` names what is wrong; such a header must never be loaded.
Result<> verify_core_header(Bytes header, const CoreFacts& facts);

} // namespace kdumpkit::loader
