// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kernel.h"

#include "makedumpfile-lite/kernel/btf_finder.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/facts.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <bit>
#include <optional>

namespace kdumpkit::dump {

namespace {

// uname(2), struct new_utsname: six names of 65 bytes (kernel: include/uapi/linux/utsname.h).
Result<Utsname> read_utsname(VirtualMemory& memory, const VmcoreInfo& info) {
    constexpr std::size_t field = 65;
    Utsname uts;
    const auto symbol = info.symbol("init_uts_ns");
    const auto offset = info.offset("uts_namespace.name");
    if (!symbol || !offset)
        return uts;
    KDK_ASSIGN(const Bytes bytes, memory.view(*symbol + *offset, 6 * field));
    std::string* const names[] = {&uts.sysname, &uts.nodename, &uts.release,
                                  &uts.version, &uts.machine,  &uts.domainname};
    for (std::size_t i = 0; i < std::size(names); ++i)
        *names[i] = ByteReader(bytes).c_string(i * field, field).value_or(std::string_view{});
    return uts;
}

Failure not_resolved() {
    return fail(make_error(ErrorKind::absent, "find", "the layout of struct page", "it was not asked for"));
}

} // namespace

Kernel::Kernel(std::unique_ptr<Data> data) : data_(std::move(data)) {}
Kernel::~Kernel() = default;

const Utsname& Kernel::utsname() const {
    return data_->uts;
}
std::uint64_t Kernel::page_size() const {
    return data_->page_size;
}
std::uint64_t Kernel::phys_base() const {
    return data_->table.phys_base();
}
std::uint64_t Kernel::crash_time() const {
    return data_->info.decimal("CRASHTIME").value_or(0);
}

Result<std::unique_ptr<Kernel>> Kernel::open(const Image& image, const Log& log, Depth depth) {
    VmcoreInfo info = VmcoreInfo::parse(image.vmcoreinfo());
    if (info.empty())
        return fail(make_error(ErrorKind::absent, "recognise the kernel in", image.name(),
                               "it has no VMCOREINFO note, so nothing is known of its memory")
                        .then("use dump level 0 or 1, which need none")
                        .from(ErrorSide::source));
    const std::uint64_t page_size = info.decimal("PAGESIZE").value_or(0);
    if (!std::has_single_bit(page_size) || page_size < 4096 || page_size > 65536)
        return fail(make_error(ErrorKind::corrupt, "recognise the kernel in", image.name(),
                               "VMCOREINFO gives no usable PAGESIZE")
                        .then("use dump level 0 or 1")
                        .from(ErrorSide::source));
    KDK_ASSIGN(PageTable table, PageTable::open(info, image.elf_machine(), image.name()));
    auto data = std::make_unique<Data>(
        Data{std::move(info), page_size, table, {}, {}, not_resolved(), not_resolved()});
    VirtualMemory memory(image, data->table);

    if (auto uts = read_utsname(memory, data->info))
        data->uts = std::move(*uts);
    else
        log.warning("{}", uts.error().message());
    if (data->uts.release.empty())
        data->uts.release = data->info.text("OSRELEASE").value_or(std::string_view{});

    if (depth == Depth::pages) {
        if (auto symbols = find_symbols(
                memory, data->info, {"__start_BTF", "__per_cpu_offset", "nr_cpu_ids", "__cpu_possible_mask"}))
            data->symbols = std::move(*symbols);
        else
            log.debug("{}", symbols.error().message());
        std::optional<Btf> btf;
        Facts facts(data->info);
        facts.use_types(FactSource::btf, [&]() -> const TypeSource* {
            auto found = find_btf(memory, data->info, data->symbols);
            if (found)
                btf = std::move(*found);
            else
                log.debug("{}", found.error().message());
            return btf ? &*btf : nullptr;
        });
        data->layout = resolve_layout(facts);
        if (data->layout)
            data->map = MemoryMap::open(data->info, page_size, data->layout->page.size);
    }
    return std::unique_ptr<Kernel>(new Kernel(std::move(data)));
}

} // namespace kdumpkit::dump
