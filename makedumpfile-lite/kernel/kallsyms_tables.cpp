// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kallsyms_tables.h"

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr const char* what = "the kernel's symbol table (kallsyms)";

} // namespace

Result<std::uint32_t> kallsyms_name_length(ByteStream& stream) {
    KDK_ASSIGN(std::uint32_t length, stream.byte());
    // Names of more than 127 tokens have a second length byte (Linux 6.1, 73bbb94466fd).
    if ((length & 0x80) != 0) {
        KDK_ASSIGN(const std::uint32_t high, stream.byte());
        length = (length & 0x7f) | high << 7;
    }
    if (length == 0 || length > 2 * KallsymsTables::max_name)
        return fail(make_error(ErrorKind::corrupt, "read", what, fmt::format("a name of {} tokens", length))
                        .from(ErrorSide::source));
    return length;
}

Result<KallsymsTables> kallsyms_from_vmcoreinfo(VirtualMemory& memory, const VmcoreInfo& info) {
    const auto names = info.symbol("kallsyms_names");
    const auto count_at = info.symbol("kallsyms_num_syms");
    const auto table = info.symbol("kallsyms_token_table");
    const auto index = info.symbol("kallsyms_token_index");
    const auto offsets = info.symbol("kallsyms_offsets");
    if (!names || !count_at || !table || !index || !offsets)
        return fail(make_error(ErrorKind::absent, "find", what, "VMCOREINFO does not say where it is")
                        .from(ErrorSide::source));
    KallsymsTables tables;
    KDK_ASSIGN(tables.count, memory.u32(*count_at));
    if (tables.count == 0 || tables.count > KallsymsTables::max_symbols)
        return fail(make_error(ErrorKind::corrupt, "read", what, fmt::format("{} symbols", tables.count))
                        .from(ErrorSide::source));
    if (const auto base_at = info.symbol("kallsyms_relative_base")) {
        KDK_ASSIGN(tables.base, memory.u64(*base_at));
    }
    tables.names = *names;
    tables.token_table = *table;
    tables.token_index = *index;
    tables.offsets = *offsets;
    return tables;
}

} // namespace kdumpkit::dump
