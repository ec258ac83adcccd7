// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/bootparams.h"

#include "loader/segment.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

// Offsets in struct boot_params (Documentation/arch/x86/zero-page.rst). Numbers below are bytes.
constexpr std::size_t screen_info_at = 0x000, screen_info_size = 0x40, rsdp_at = 0x070, ext_initrd_at = 0x0c0,
                      ext_initrd_size_at = 0x0c4, ext_command_line_at = 0x0c8, edid_at = 0x140,
                      edid_size = 0x80, efi_info_at = 0x1c0, e820_count_at = 0x1e8, secure_boot_at = 0x1ec,
                      loader_at = 0x210, initrd_at = 0x218, initrd_size_at = 0x21c, command_line_at = 0x228,
                      setup_data_at = 0x250, e820_at = 0x2d0;
constexpr std::size_t e820_in_page = 128, e820_entry_size = 20;
constexpr std::uint32_t setup_e820_ext = 1, setup_dtb = 2, setup_efi = 4;
constexpr std::uint8_t undefined_loader = 0xff;
// efi_memory_desc_t of the UEFI specification, version 1: type, pad, physical, virtual, pages, attribute.
constexpr std::size_t efi_descriptor_size = 40;
// struct efi_setup_data (arch/x86/include/asm/efi.h): fw_vendor, unused, tables, smbios, reserved[8].
constexpr std::size_t efi_setup_size = std::size_t{12} * 8;
constexpr std::size_t setup_data_header = 16; // next, type, length

// Names as arch/x86/kernel/e820.c, e820_type_to_string(), has them.
std::optional<E820Type> type_of(std::string_view name, KexecPurpose purpose) {
    if (name == "Reserved" || name == "reserved" || name == "Soft Reserved")
        return E820Type::reserved;
    if (name == "ACPI Tables")
        return E820Type::acpi;
    if (name == "ACPI Non-volatile Storage")
        return E820Type::nvs;
    if (name == "Unusable memory")
        return E820Type::unusable;
    // A capture kernel has no business there, and its drivers would write to it.
    if (name == "Persistent Memory" && purpose == KexecPurpose::reboot)
        return E820Type::persistent;
    if (name == "Persistent Memory (legacy)" && purpose == KexecPurpose::reboot)
        return E820Type::legacy_persistent;
    return std::nullopt;
}

template<class T>
void put(std::vector<std::byte>& bytes, std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
}
template<class T>
void append(std::vector<std::byte>& bytes, T value) {
    const Bytes raw = bytes_of(value);
    bytes.insert(bytes.end(), raw.begin(), raw.end());
}
void append(std::vector<std::byte>& bytes, const E820Entry& entry) {
    append(bytes, entry.range.begin);
    append(bytes, entry.range.size());
    append(bytes, static_cast<std::uint32_t>(entry.type));
}

// The production kernel's screen, EFI and secure boot facts, which the capture kernel cannot ask the firmware
// for.
void copy_production(std::vector<std::byte>& page_bytes, Bytes production) {
    const auto copy = [&](std::size_t offset, std::size_t size) {
        if (production.size() >= offset + size)
            std::memcpy(page_bytes.data() + offset, production.data() + offset, size);
    };
    copy(screen_info_at, screen_info_size);
    copy(edid_at, edid_size);
    copy(secure_boot_at, 1);
}

std::uint64_t hexadecimal(const std::string& text) {
    return parse_number(text, 0).value_or(0);
}

// The runtime map as the capture kernel wants it: virtual addresses kept, SetVirtualAddressMap() not called
// again (arch/x86/platform/efi/quirks.c, efi_reuse_config(); arch/x86/kernel/kexec-bzimage64.c).
std::vector<std::byte> efi_runtime_map(const Machine& machine) {
    std::vector<std::byte> map;
    for (const Machine::EfiMapping& mapping : machine.efi_runtime_map) {
        append(map, static_cast<std::uint32_t>(hexadecimal(mapping.type)));
        append(map, std::uint32_t{0});
        append(map, hexadecimal(mapping.phys_addr));
        append(map, hexadecimal(mapping.virt_addr));
        append(map, hexadecimal(mapping.num_pages));
        append(map, hexadecimal(mapping.attribute));
    }
    return map;
}

} // namespace

std::vector<E820Entry> new_memory_map(const std::vector<IomemEntry>& iomem,
                                      const std::vector<FirmwareRange>& firmware, const RangeSet& usable,
                                      KexecPurpose purpose) {
    std::vector<E820Entry> others;
    for (const FirmwareRange& one : firmware)
        if (const auto range = one.range())
            if (const auto type = type_of(one.type, purpose))
                others.push_back({*range, *type});
    if (firmware.empty())
        for (const IomemEntry& entry : iomem)
            if (const auto type = type_of(entry.name, purpose))
                others.push_back({entry.range, *type});

    // Disjoint by construction: each later range yields to the earlier ones, RAM to all of them.
    std::ranges::stable_sort(others, {}, [](const E820Entry& e) { return e.range.begin; });
    std::vector<E820Entry> map;
    RangeSet taken;
    const auto add = [&](const Range& range, E820Type type) {
        RangeSet free{range};
        free.subtract(taken);
        for (const Range& piece : free.ranges())
            map.push_back({piece, type});
        taken.add(range);
    };
    for (const E820Entry& entry : others)
        add(entry.range, entry.type);
    for (const Range& range : usable.ranges())
        add(range, E820Type::ram);
    std::ranges::sort(map, {}, [](const E820Entry& e) { return e.range.begin; });
    return map;
}

std::string_view to_text(E820Type type) {
    switch (type) {
    case E820Type::ram:
        return "usable";
    case E820Type::reserved:
        return "reserved";
    case E820Type::acpi:
        return "ACPI data";
    case E820Type::nvs:
        return "ACPI NVS";
    case E820Type::unusable:
        return "unusable";
    case E820Type::persistent:
        return "persistent";
    case E820Type::legacy_persistent:
        return "persistent (legacy)";
    }
    return "unknown";
}

RangeSet firmware_ram(const std::vector<IomemEntry>& iomem, const std::vector<FirmwareRange>& firmware) {
    const RangeSet ram = kdumpkit::ram_of(firmware);
    return ram.empty() ? system_ram(iomem) : ram;
}

RangeSet ram_of(const std::vector<E820Entry>& memory_map) {
    RangeSet ram;
    for (const E820Entry& entry : memory_map)
        if (entry.type == E820Type::ram)
            ram.add(entry.range);
    return ram;
}

bool hands_on_efi(const Machine& machine) {
    const Bytes params = machine.boot_params;
    return params.size() >= 0x1e0 && as_text(params.subspan(efi_info_at, 4)) == "EL64" &&
           !machine.efi_runtime_map.empty() && !machine.efi_fw_vendor.empty() &&
           !machine.efi_config_table.empty();
}

std::uint64_t acpi_rsdp(const Machine& machine) {
    const std::uint64_t handed = ByteReader(machine.boot_params).u64(rsdp_at).value_or(0);
    if (handed != 0)
        return handed;
    const std::string_view systab = machine.efi_systab;
    for (const std::string_view key : {"ACPI20=", "ACPI="}) {
        const std::size_t at = systab.find(key);
        if (at == std::string_view::npos)
            continue;
        const std::string_view rest = systab.substr(at + key.size());
        return parse_number(rest.substr(0, std::min(rest.find('\n'), rest.size())), 0).value_or(0);
    }
    return 0;
}

std::uint64_t boot_params_room(const Kernel& image, const Machine& machine, std::size_t memory_map_entries,
                               std::size_t dtb_size) {
    return *align_up(page + image.cmdline_size + 1 + machine.efi_runtime_map.size() * efi_descriptor_size +
                         memory_map_entries * e820_entry_size + 3 * setup_data_header + efi_setup_size +
                         dtb_size + 96,
                     page);
}

Result<std::vector<std::byte>> build_boot_params(const BootParamsWish& wish) {
    static_assert(command_line_offset == page);
    std::vector<std::byte> bytes(page);
    copy_production(bytes, wish.machine.boot_params);
    std::memcpy(bytes.data() + Kernel::header_offset, wish.image.setup_header.data(),
                wish.image.setup_header.size());
    put(bytes, loader_at, undefined_loader);
    put(bytes, rsdp_at, acpi_rsdp(wish.machine));

    const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
    const auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
    put(bytes, initrd_at, low(wish.initrd.begin));
    put(bytes, ext_initrd_at, high(wish.initrd.begin));
    put(bytes, initrd_size_at, low(wish.initrd.size()));
    put(bytes, ext_initrd_size_at, high(wish.initrd.size()));

    const std::uint64_t command_line = wish.address + command_line_offset;
    put(bytes, command_line_at, low(command_line));
    put(bytes, ext_command_line_at, high(command_line));
    const Bytes line = as_bytes(wish.command_line);
    bytes.insert(bytes.end(), line.begin(), line.end());
    bytes.resize(*align_up(bytes.size() + 1, 16));

    // setup_data is a linked list; the newest entry is its head.
    std::uint64_t chain = 0;
    const auto begin_setup_data = [&](std::uint32_t type, std::size_t length) {
        bytes.resize(*align_up(bytes.size(), 16));
        const std::uint64_t here = wish.address + bytes.size();
        append(bytes, chain);
        append(bytes, type);
        append(bytes, static_cast<std::uint32_t>(length));
        chain = here;
    };
    const std::size_t in_page = std::min(wish.memory_map.size(), e820_in_page);
    for (std::size_t i = 0; i < in_page; ++i) {
        std::vector<std::byte> entry;
        append(entry, wish.memory_map[i]);
        std::ranges::copy(entry, bytes.begin() + static_cast<std::ptrdiff_t>(e820_at + i * e820_entry_size));
    }
    put(bytes, e820_count_at, static_cast<std::uint8_t>(in_page));
    if (wish.memory_map.size() > in_page) {
        begin_setup_data(setup_e820_ext, (wish.memory_map.size() - in_page) * e820_entry_size);
        for (std::size_t i = in_page; i < wish.memory_map.size(); ++i)
            append(bytes, wish.memory_map[i]);
    }
    if (hands_on_efi(wish.machine)) {
        const std::vector<std::byte> map = efi_runtime_map(wish.machine);
        bytes.resize(*align_up(bytes.size(), 16));
        const std::uint64_t map_address = wish.address + bytes.size();
        bytes.insert(bytes.end(), map.begin(), map.end());
        // efi_info: signature and system table as production has them, our map instead of the firmware's.
        std::memcpy(bytes.data() + efi_info_at, wish.machine.boot_params.data() + efi_info_at, 32);
        put(bytes, efi_info_at + 8, static_cast<std::uint32_t>(efi_descriptor_size));
        put(bytes, efi_info_at + 16, low(map_address));
        put(bytes, efi_info_at + 20, static_cast<std::uint32_t>(map.size()));
        put(bytes, efi_info_at + 28, high(map_address));
        begin_setup_data(setup_efi, efi_setup_size);
        append(bytes, hexadecimal(wish.machine.efi_fw_vendor));
        append(bytes, std::uint64_t{0});
        append(bytes, hexadecimal(wish.machine.efi_config_table));
        bytes.resize(bytes.size() + efi_setup_size - std::size_t{3} * 8);
    }
    if (!wish.dtb.empty()) {
        begin_setup_data(setup_dtb, wish.dtb.size());
        bytes.insert(bytes.end(), wish.dtb.begin(), wish.dtb.end());
    }
    put(bytes, setup_data_at, chain);
    if (bytes.size() > wish.room)
        return fail(ErrorKind::unsupported, "build", "the boot parameters",
                    fmt::format("they need {} bytes, {} are set aside", bytes.size(), wish.room));
    return bytes;
}

} // namespace kdumpkit::loader
