// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs once, between the crashed kernel and the capture kernel: no library, no interrupts, one CPU, general
// registers only. It says something only when the capture kernel cannot be trusted.
#include "loader/purgatory/layout.h"
#include "loader/purgatory/parameters.h"

using namespace kdumpkit::loader;
using purgatory::Parameters;
using purgatory::Region;

static_assert(PURGATORY_MAGIC == Parameters::expected_magic);
static_assert(PURGATORY_PARAMETERS_SIZE == sizeof(Parameters));
static_assert(PURGATORY_KERNEL_ENTRY == offsetof(Parameters, kernel_entry));
static_assert(PURGATORY_BOOT_PARAMS == offsetof(Parameters, boot_params));
static_assert(PURGATORY_RETURN_DIGITS == offsetof(Parameters, return_digits));
static_assert(PURGATORY_PVH == offsetof(Parameters, pvh));
static_assert(PURGATORY_PAGE_TABLES == offsetof(Parameters, page_tables));

extern "C" [[gnu::visibility("hidden")]] const Parameters purgatory_parameters;

namespace {

constexpr std::uint16_t serial_data = 0x3f8, serial_line_status = 0x3fd;

void out8(std::uint16_t port, std::uint8_t value) {
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
std::uint8_t in8(std::uint16_t port) {
    std::uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void say(char c) {
    constexpr std::uint8_t transmitter_empty = 0x20;
    // Bounded: a machine without this port reads 0xff or never becomes ready.
    for (int i = 0; i < 100000 && (in8(serial_line_status) & transmitter_empty) == 0; ++i)
        asm volatile("pause");
    out8(serial_data, static_cast<std::uint8_t>(c));
}

void say(const char* text) {
    for (; *text != '\0'; ++text) {
        if (*text == '\n')
            say('\r');
        say(*text);
    }
}

void copy(std::uint64_t destination, std::uint64_t source, std::uint64_t length) {
    asm volatile("rep movsb" : "+D"(destination), "+S"(source), "+c"(length) : : "memory");
}

bool intact(const Region& region) {
    Sha256 hash;
    hash.update(reinterpret_cast<const std::uint8_t*>(region.begin), region.length);
    return hash.finish() == region.digest;
}

void write_digits(std::uint64_t at, std::uint64_t value) {
    for (int i = 0; i < 16; ++i)
        reinterpret_cast<volatile char*>(at)[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
}

[[noreturn]] void reset_machine() {
    out8(0xcf9, 0x02); // the chipset's reset control register: system reset, then do it
    out8(0xcf9, 0x06);
    out8(0x64, 0xfe); // the keyboard controller's reset line
    struct [[gnu::packed]] {
        std::uint16_t limit;
        std::uint64_t base;
    } const no_idt{0, 0};
    asm volatile("lidt %0; int3" : : "m"(no_idt)); // and a triple fault
    for (;;)
        asm volatile("hlt");
}

} // namespace

// The compiler may call these two even in freestanding code.
extern "C" void* memcpy(void* destination, const void* source, std::size_t size) {
    void* to = destination;
    asm volatile("rep movsb" : "+D"(to), "+S"(source), "+c"(size) : : "memory");
    return destination;
}
extern "C" void* memset(void* destination, int value, std::size_t size) {
    void* to = destination;
    asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return destination;
}

extern "C" void purgatory_main(std::uint64_t return_address) {
    const Parameters& parameters = purgatory_parameters;
    bool good = true;
    for (std::uint64_t i = 0; i < parameters.region_count && i < Parameters::most_regions; ++i) {
        if (intact(parameters.regions[i]))
            continue;
        say("\nkdumpkit purgatory: the SHA-256 digest of segment \"");
        say(parameters.regions[i].name);
        say("\" is wrong: it was overwritten after it was loaded.\n");
        good = false;
    }
    if (!good) {
        say("kdumpkit purgatory: no dump is taken: the capture kernel is not started, the machine resets "
            "now.\n");
        reset_machine();
    }
    copy(parameters.backup_destination, parameters.backup_source, parameters.backup_length);
    if (parameters.return_digits != 0)
        write_digits(parameters.return_digits, return_address);
}
