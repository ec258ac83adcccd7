// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/kernel.h"

#include "makedumpfile-lite/kernel/btf_finder.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/facts.h"
#include "makedumpfile-lite/kernel/layout_file.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <bit>
#include <optional>

namespace kdumpkit::dump {

namespace {

// uname(2), struct new_utsname: six names of 65 bytes (kernel: include/uapi/linux/utsname.h).
Result<Utsname> read_utsname_at(VirtualMemory& memory, std::uint64_t vaddr) {
    constexpr std::size_t field = 65;
    Utsname uts;
    KDK_ASSIGN(const Bytes bytes, memory.view(vaddr, 6 * field));
    std::string* const names[] = {&uts.sysname, &uts.nodename, &uts.release,
                                  &uts.version, &uts.machine,  &uts.domainname};
    for (std::size_t i = 0; i < std::size(names); ++i)
        *names[i] = ByteReader(bytes).c_string(i * field, field).value_or(std::string_view{});
    return uts;
}

// VMCOREINFO tells the offset since Linux 5.11 (ca4a9241cc5e). Before, the names came behind a reference
// count of 4 bytes; that is believed when the release found there is the one that VMCOREINFO tells.
Result<Utsname> read_utsname(VirtualMemory& memory, const VmcoreInfo& info) {
    constexpr std::uint64_t behind_count = 4;
    const auto symbol = info.symbol("init_uts_ns");
    if (!symbol)
        return Utsname{};
    if (const auto offset = info.offset("uts_namespace.name"))
        return read_utsname_at(memory, *symbol + *offset);
    const auto release = info.text("OSRELEASE");
    auto uts = read_utsname_at(memory, *symbol + behind_count);
    return uts && release && uts->release == *release ? uts : Utsname{};
}

Failure not_resolved() {
    return fail(make_error(ErrorKind::absent, "find", "the layout of struct page", "it was not asked for"));
}

void use_layout_file(Facts& facts, const Kernel::Data& data, const KernelSources& sources,
                     std::vector<std::string>& warnings) {
    if (sources.layout.empty())
        return;
    VmcoreInfo file = VmcoreInfo::parse(sources.layout);
    const std::string mismatch = layout_mismatch(data.info, file);
    const auto slide = layout_slide(data.info, file);
    if (mismatch.empty())
        facts.use_layout(std::move(file), slide);
    else
        warnings.push_back(fmt::format("{} is not used: {}", sources.layout_name, mismatch));
}

// As long as a symbol is missing, the next source is asked. Reading the symbol table of the image is slow.
Symbols find_wanted_symbols(VirtualMemory& memory, Facts& facts, const Kernel::Data& data,
                            const KernelSources& sources, const Log& log) {
    const auto missing = [&] {
        for (const std::string_view name : wanted_symbols())
            if (!facts.symbol(name))
                return true;
        return false;
    };
    if (missing()) {
        if (auto found = find_symbols(memory, data.info, useful_symbols()))
            facts.use_symbols(FactSource::btf, *found);
        else
            log.debug("{}", found.error().message());
    }
    const auto here = data.info.symbol("_stext");
    if (sources.vmlinux && here && missing()) {
        std::vector<std::string_view> wanted = useful_symbols();
        wanted.emplace_back("_stext");
        Symbols linked = sources.vmlinux->symbols(wanted);
        if (const auto there = linked.find("_stext"); there != linked.end()) {
            const std::uint64_t slide = *here - there->second;
            for (auto& [name, address] : linked)
                address += slide;
            facts.use_symbols(FactSource::vmlinux, linked);
        }
    }
    Symbols symbols;
    for (const std::string_view name : useful_symbols())
        if (const auto address = facts.symbol(name))
            symbols.emplace(name, *address);
    return symbols;
}

void resolve(VirtualMemory& memory, Kernel::Data& data, const KernelSources& sources, const Log& log) {
    Facts facts(data.info);
    use_layout_file(facts, data, sources, data.warnings);
    data.symbols = find_wanted_symbols(memory, facts, data, sources, log);
    std::optional<Btf> btf;
    facts.use_types(FactSource::btf, [&]() -> const TypeSource* {
        auto found = find_btf(memory, data.info, data.symbols);
        if (found)
            btf = std::move(*found);
        else
            log.debug("{}", found.error().message());
        return btf ? &*btf : nullptr;
    });
    if (sources.vmlinux)
        facts.use_types(FactSource::vmlinux, &sources.vmlinux->types());
    data.layout = resolve_layout(facts);
    if (data.layout)
        data.map = MemoryMap::open(data.info, data.page_size, data.layout->page.size);
    data.facts.clear();
    for (const auto& [key, fact] : facts.answers())
        ++data.facts[std::string(to_text(fact.source))];
    if (log.enabled(LogLevel::debug))
        for (const auto& [key, fact] : facts.answers())
            log.debug("{}: {}", fact_text(key, fact), to_text(fact.source));
}

// A vmlinux of another kernel would be believed in everything.
Result<> check_vmlinux(const VmcoreInfo& info, const KernelSources& sources) {
    if (!sources.vmlinux)
        return {};
    const KernelIdentity& its = sources.vmlinux->identity();
    const auto build = info.text("BUILD-ID");
    const auto release = info.text("OSRELEASE");
    if ((build && !its.build_id.empty() && *build != its.build_id) ||
        (release && !its.release.empty() && *release != its.release))
        return fail(
            make_error(ErrorKind::invalid, "use", "the vmlinux given with -x",
                       fmt::format("it is of kernel {} (build id {}), the crashed one is {} ({})",
                                   its.release, its.build_id, release.value_or("?"), build.value_or("?")))
                .then("name the vmlinux of the kernel that crashed"));
    return {};
}

// VMCOREINFO that did not come with the image must be of its kernel: everything else follows from it.
Result<> check_given_info(const VmcoreInfo& info, const Utsname& found, const std::string& image) {
    const auto release = info.text("OSRELEASE");
    if (!info.symbol("init_uts_ns") || !release || found.release == *release)
        return {};
    return fail(
        make_error(ErrorKind::invalid, "recognise the kernel in", image,
                   fmt::format("where kernel {} of the given VMCOREINFO has its name, this one has {}",
                               *release, found.release.empty() ? "none" : "another"))
            .then("give the VMCOREINFO or vmlinux of the kernel that crashed")
            .from(ErrorSide::source));
}

} // namespace

const std::vector<std::string>& Kernel::warnings() const {
    return data_->warnings;
}

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

Result<std::unique_ptr<Kernel>> Kernel::open(const Image& image, const Log& log, Depth depth,
                                             const KernelSources& sources) {
    VmcoreInfo info = VmcoreInfo::parse(image.vmcoreinfo().empty() ? sources.vmcoreinfo : image.vmcoreinfo());
    if (info.empty())
        return fail(
            make_error(ErrorKind::absent, "recognise the kernel in", image.name(),
                       "it has no VMCOREINFO note, so nothing is known of its memory")
                .then(
                    "give the kernel's vmlinux with -x, or -i FILE (makedumpfile-lite -g writes it), or use "
                    "-d 1, which needs none")
                .from(ErrorSide::source));
    const std::uint64_t page_size = info.decimal("PAGESIZE").value_or(0);
    if (!std::has_single_bit(page_size) || page_size < 4096 || page_size > 65536)
        return fail(make_error(ErrorKind::corrupt, "recognise the kernel in", image.name(),
                               "VMCOREINFO gives no usable PAGESIZE")
                        .then("use -d 1 or -d 0: these levels need no knowledge of the kernel")
                        .from(ErrorSide::source));
    KDK_ASSIGN(PageTable table, PageTable::open(info, image.elf_machine(), image.name()));
    auto data = std::make_unique<Data>(
        Data{std::move(info), page_size, table, {}, {}, not_resolved(), not_resolved(), {}, {}});
    VirtualMemory memory(image, data->table);

    if (auto uts = read_utsname(memory, data->info))
        data->uts = std::move(*uts);
    else
        log.warning("{}", uts.error().message());
    if (image.vmcoreinfo().empty())
        KDK_TRY(check_given_info(data->info, data->uts, image.name()));
    if (data->uts.release.empty())
        data->uts.release = data->info.text("OSRELEASE").value_or(std::string_view{});

    data->warnings = sources.warnings;
    if (!sources.vmcoreinfo.empty() && !image.vmcoreinfo().empty())
        data->warnings.push_back("the image has VMCOREINFO of its own: that given with -i is not used");
    KDK_TRY(check_vmlinux(data->info, sources));
    if (depth == Depth::pages) {
        resolve(memory, *data, sources, log);
        if (!data->layout && !sources.layout.empty()) {
            // A damaged file must not cost what the image itself tells.
            data->warnings.push_back(fmt::format("{} makes no sense; going on without it: {}",
                                                 sources.layout_name, data->layout.error().message()));
            KernelSources others = sources;
            others.layout.clear();
            resolve(memory, *data, others, log);
        }
    }
    for (const std::string& warning : data->warnings)
        log.warning("{}", warning);
    return std::unique_ptr<Kernel>(new Kernel(std::move(data)));
}

} // namespace kdumpkit::dump
