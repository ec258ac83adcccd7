// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/running_kernel.h"

#include "base/bytes.h"
#include "base/elf_note.h"
#include "base/file.h"

#include <algorithm>

#include <sys/utsname.h>

namespace kdumpkit::dump {

Symbols parse_kallsyms(std::string_view text, const std::vector<std::string_view>& wanted) {
    Symbols symbols;
    while (!text.empty()) {
        // "ffffffff81000000 T _text", and "\t[module]" behind those of modules.
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t first = line.find(' ');
        if (first == std::string_view::npos || line.size() < first + 4 || line[first + 2] != ' ')
            continue;
        const std::string_view name = line.substr(first + 3);
        if (std::ranges::find(wanted, name) == wanted.end())
            continue;
        if (const auto address = parse_number(line.substr(0, first), 16); address && *address != 0)
            symbols.emplace(name, *address);
    }
    return symbols;
}

Result<RunningKernel> read_running_kernel(const std::vector<std::string_view>& wanted) {
    constexpr const char* btf_path = "/sys/kernel/btf/vmlinux";
    auto bytes = read_file(btf_path, Btf::max_size);
    if (!bytes) {
        if (bytes.error().kind == ErrorKind::absent)
            return fail(make_error(ErrorKind::absent, "find", btf_path,
                                   "the running kernel was built without BTF (CONFIG_DEBUG_INFO_BTF)")
                            .then("name the kernel's vmlinux with debug information: -x VMLINUX"));
        return Failure(std::move(bytes).error());
    }
    KDK_ASSIGN(Btf btf, Btf::parse(std::move(*bytes)));
    RunningKernel kernel{{}, std::move(btf), {}};
    struct utsname names {};
    if (::uname(&names) == 0)
        kernel.identity.release = names.release;
    if (const auto notes = read_file("/sys/kernel/notes"))
        kernel.identity.build_id = build_id_of(*notes);
    if (const auto text = read_text("/proc/kallsyms"))
        kernel.symbols = parse_kallsyms(*text, wanted);
    return kernel;
}

} // namespace kdumpkit::dump
