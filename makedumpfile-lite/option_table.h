// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string_view>

namespace kdumpkit::dump {

enum class OptionId {
    level,
    exclude,
    unused_vmemmap,
    per_cpu_free,
    erase,
    zlib,
    lzo,
    snappy,
    zstd,
    compress,
    elf,
    format,
    flattened,
    split,
    split_block,
    share_duplicates,
    size_limit,
    memory_limit,
    overwrite,
    workers,
    threads,
    dry_run,
    non_mmap,
    layout,
    vmlinux,
    vmcoreinfo,
    summary,
    manifest,
    json,
    messages,
    debug,
    report,
    rearrange,
    reassemble,
    dmesg,
    partial_dmesg,
    memory_usage,
    write_layout,
    write_vmcoreinfo,
    check,
    help,
    version,
    no_effect,
    no_effect_number,
    refused,
};

struct Option {
    char letter;           // '\0': none
    std::string_view word; // empty: none
    OptionId id;
    bool has_value;
    std::string_view note = {}; // why it has no effect, or what to do instead
};

// makedumpfile(8)'s options, and the readable twin of each.
inline constexpr std::array option_table = {
    Option{'d', "dump-level", OptionId::level, true},
    Option{'\0', "exclude", OptionId::exclude, true},
    Option{'e', "", OptionId::unused_vmemmap, false},
    Option{'\0', "exclude-per-cpu-free", OptionId::per_cpu_free, true},
    Option{'\0', "config", OptionId::erase, true},
    Option{'c', "", OptionId::zlib, false},
    Option{'l', "", OptionId::lzo, false},
    Option{'p', "", OptionId::snappy, false},
    Option{'z', "", OptionId::zstd, false},
    Option{'\0', "compress", OptionId::compress, true},
    Option{'E', "", OptionId::elf, false},
    Option{'\0', "format", OptionId::format, true},
    Option{'F', "flattened", OptionId::flattened, false},
    Option{'\0', "split", OptionId::split, false},
    Option{'\0', "splitblock-size", OptionId::split_block, true},
    Option{'\0', "share-duplicates", OptionId::share_duplicates, true},
    Option{'L', "size-limit", OptionId::size_limit, true},
    Option{'\0', "memory-limit", OptionId::memory_limit, true},
    Option{'f', "force", OptionId::overwrite, false},
    Option{'\0', "workers", OptionId::workers, true},
    Option{'\0', "num-threads", OptionId::threads, true},
    Option{'\0', "dry-run", OptionId::dry_run, false},
    Option{'\0', "non-mmap", OptionId::non_mmap, false},
    Option{'\0', "layout", OptionId::layout, true},
    Option{'x', "vmlinux", OptionId::vmlinux, true},
    Option{'i', "vmcoreinfo", OptionId::vmcoreinfo, true},
    Option{'\0', "summary", OptionId::summary, true},
    Option{'\0', "manifest", OptionId::manifest, true},
    Option{'\0', "json", OptionId::json, false},
    Option{'\0', "message-level", OptionId::messages, true},
    Option{'D', "debug", OptionId::debug, false},
    Option{'\0', "show-stats", OptionId::report, false},
    Option{'R', "rearrange", OptionId::rearrange, false},
    Option{'\0', "reassemble", OptionId::reassemble, false},
    Option{'\0', "dump-dmesg", OptionId::dmesg, false},
    Option{'\0', "partial-dmesg", OptionId::partial_dmesg, false},
    Option{'\0', "mem-usage", OptionId::memory_usage, false},
    Option{'\0', "write-layout", OptionId::write_layout, true},
    Option{'g', "write-vmcoreinfo", OptionId::write_vmcoreinfo, true},
    Option{'\0', "check-params", OptionId::check, false},
    Option{'h', "help", OptionId::help, false},
    Option{'v', "version", OptionId::version, false},

    Option{'b', "", OptionId::no_effect_number, true, "pages are written in blocks of a fixed size"},
    Option{'\0', "cyclic-buffer", OptionId::no_effect_number, true,
           "page sets are kept sparse, not in cycles"},
    Option{'\0', "non-cyclic", OptionId::no_effect, false, "page sets are kept sparse, not in cycles"},
    Option{'\0', "work-dir", OptionId::no_effect, true, "no temporary file is needed"},

    Option{'X', "", OptionId::refused, false, "use makedumpfile for a Xen dump"},
    Option{'\0', "xen-syms", OptionId::refused, true, "use makedumpfile for a Xen dump"},
    Option{'\0', "xen-vmcoreinfo", OptionId::refused, true, "use makedumpfile for a Xen dump"},
    Option{'\0', "xen_phys_start", OptionId::refused, true, "use makedumpfile for a Xen dump"},
    Option{'\0', "extension", OptionId::refused, true, "use makedumpfile for its extensions"},
    Option{'\0', "eppic", OptionId::refused, true, "say what to erase in a file for --config"},
    Option{'\0', "diskset", OptionId::refused, true, "use makedumpfile for a dump made by sadump"},
    Option{'\0', "vtop", OptionId::refused, true, "translate addresses with crash (`vtop`) or drgn"},
};

} // namespace kdumpkit::dump
