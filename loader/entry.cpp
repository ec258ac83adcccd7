// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/entry.h"

#include "loader/start_info.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

std::string_view way_around(const Kernel& kernel) {
    return kernel.entry64 ? "use --entry 64-bit" : "give the bzImage";
}

} // namespace

std::string_view to_text(Entry entry) {
    return entry == Entry::pvh ? "pvh" : "64-bit";
}

Result<EntryChoice> parse_entry_choice(const std::string& text) {
    if (text == "auto")
        return EntryChoice::automatic;
    if (text == "64-bit")
        return EntryChoice::long_mode;
    if (text == "pvh")
        return EntryChoice::pvh;
    return fail(make_error(ErrorKind::invalid, "use --entry", text, "kernels have no such entry")
                    .then("say auto, 64-bit or pvh"));
}

Result<Entry> choose_entry(EntryChoice choice, const Inputs& inputs, const std::string& kernel_name,
                           bool returns) {
    const Kernel& kernel = inputs.image.kernel;
    if (choice == EntryChoice::long_mode && !kernel.entry64)
        return fail(make_error(ErrorKind::unsupported, "use --entry 64-bit for", kernel_name,
                               "its ELF entry is not a physical address inside it")
                        .then("use --entry pvh, or give the bzImage"));
    if (choice == EntryChoice::long_mode || (choice == EntryChoice::automatic && kernel.entry64))
        return Entry::long_mode;

    const auto refuse = [&](ErrorKind kind, std::string reason) {
        return fail(make_error(kind, "use --entry pvh for", kernel_name, std::move(reason))
                        .then(std::string(way_around(kernel))));
    };
    if (!kernel.pvh)
        return refuse(ErrorKind::invalid,
                      fmt::format("it is a {} without a PVH entry; a vmlinux of a kernel with "
                                  "CONFIG_PVH has one (XEN_ELFNOTE_PHYS32_ENTRY)",
                                  kernel.kind));
    if (kernel.pvh->address < kernel.pref_address ||
        kernel.pvh->address - kernel.pref_address >= kernel.content.size())
        return refuse(ErrorKind::corrupt,
                      fmt::format("its PVH entry {:#x} lies outside of it", kernel.pvh->address));
    if (returns)
        return refuse(ErrorKind::unsupported,
                      "with --preserve-context a kernel is entered in 64-bit mode only");
    if (!inputs.dtb.empty())
        return refuse(ErrorKind::unsupported, "the start info has no place for a device tree");
    return Entry::pvh;
}

void bind_to_pvh(std::vector<Demand>& demands, const Kernel& kernel) {
    for (Demand& demand : demands)
        demand.within.end = demand.name == "bootparams" ? start_info_end : four_gibibytes;
    Demand& image = *std::ranges::find(demands, "kernel", &Demand::name);
    if (kernel.pvh->alignment == 0) {
        image.at = kernel.pref_address;
        return;
    }
    image.alignment = std::max(kernel.alignment, kernel.pvh->alignment);
    image.within = kernel.pvh->places;
}

Error explain_place(Error error, Entry entry, const Kernel& kernel) {
    if (entry == Entry::pvh)
        error.next_step = fmt::format("{}; or {}", way_around(kernel), error.next_step);
    return error;
}

} // namespace kdumpkit::loader
