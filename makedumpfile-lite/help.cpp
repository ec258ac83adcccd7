// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/options.h"

namespace kdumpkit::dump {

std::string_view help_text() {
    return R"(makedumpfile-lite: save the memory of a crashed kernel, filtered and compressed

  makedumpfile-lite [options] VMCORE DUMPFILE
  makedumpfile-lite -F [options] VMCORE > FLATTENED
  makedumpfile-lite --split [options] VMCORE DUMPFILE1 DUMPFILE2 [...]
  makedumpfile-lite -R|--rearrange DUMPFILE < FLATTENED-OR-STREAM
  makedumpfile-lite --reassemble DUMPFILE1 [DUMPFILE2 ...] DUMPFILE
  makedumpfile-lite --dump-dmesg [--partial-dmesg] [-f] VMCORE [FILE]
  makedumpfile-lite info|verify [--json] DUMPFILE
  makedumpfile-lite salvage [options] DUMPFILE NEW-DUMPFILE
  makedumpfile-lite --mem-usage [--json] VMCORE
  makedumpfile-lite --write-layout FILE [-x VMLINUX | VMCORE]
  makedumpfile-lite -g|--write-vmcoreinfo FILE -x VMLINUX

what is left out
  -d, --dump-level N[,N...]
                         the sum of: 1 zero pages, 2 page cache without private data, 4 all page cache,
                         8 user memory, 16 free pages (0 to 31, default 0: everything is kept); the next
                         level is tried when a dump does not fit
  --exclude NAMES        the same by name: zero, cache, cache-private, user, free, all, with commas
                         between; unused-vmemmap is -e
  -e                     also leave out the memory map (struct pages) of what is left out
  --exclude-per-cpu-free on|off
                         with 16, also free pages that a CPU holds for itself (default on; off
                         keeps them, as makedumpfile does)
  --config FILE          overwrite the kernel data that FILE names (makedumpfile.conf)
how it is written (kdump-compressed format, version 6, unless said otherwise)
  --compress ALGORITHM   zstd[:LEVEL], lzo, snappy, zlib[:LEVEL] or none (default)
  -z  -l  -p  -c         the same: zstd, lzo, snappy, zlib; older tools cannot read zstd
  -E, --format elf       an ELF core, not compressed, for gdb and others
  --format stream        frames of zstd over many pages: smaller, for the way; -R makes it a dump
  -F, --flattened        records that a pipe can carry, to standard output; -R makes it a dump
  --split                several files, each with a share of the pages
  --splitblock-size KIB  where to cut: at multiples of so much memory (default 1024)
  --share-duplicates on|off
                         store equal pages once (default on)
  -L, --size-limit SIZE  at most SIZE bytes (or K, M, G); what does not fit makes the dump incomplete
  --memory-limit SIZE    hold at most SIZE bytes in memory, besides the mapped VMCORE (default: a quarter of
                         what is available, 24M at least)
  -f, --force            replace DUMPFILE, or FILE, if it exists
  --workers N            threads that read and compress, 1 to 256 (default: one per CPU); the dump is the
                         same for every N
  --num-threads N        the same; 0 means 1
  --dry-run              do everything but write DUMPFILE, and say how large it would be
where facts about the kernel come from, when the vmcore does not tell
  --layout FILE          what --write-layout wrote on the healthy machine
  -x, --vmlinux FILE     the kernel's vmlinux with BTF or debug information
  -i, --vmcoreinfo FILE  VMCOREINFO, as -g writes it
  --non-mmap             read the vmcore with read(), never through mmap()
what is said
  --summary FILE         a summary in JSON; - is standard output
  --manifest FILE        the SHA-256 of each MiB of the dump, while it is written; verify compares with it
  --message-level N      the sum of: 1 progress, 2 results, 4 errors, 8 debug, 16 report (default 7)
  -D, --debug            as --message-level with 8 added
  --show-stats           as --message-level with 16 added
other jobs
  --dump-dmesg           write the kernel's log to FILE; without one, or with -, to standard output;
                         --partial-dmesg: what came after the last `dmesg --clear`
  info                   what a dump is and holds
  verify                 whether all of it can be read, and is what DUMPFILE.manifest or --manifest says
  salvage                everything that can be read of a damaged or truncated dump
  --mem-usage            pages by class, and what each dump level would leave
  --check-params         only check the command line
  -h, --help             -v, --version
accepted, without effect: -b N, --cyclic-buffer KIB, --non-cyclic, --work-dir DIR

exit codes: 0 done, 1 system, 2 wrong use, 3 absent, 4 corrupt input, 5 unsupported, 6 destination failed
)";
}

} // namespace kdumpkit::dump
