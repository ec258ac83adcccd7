// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/estimate.h"

#include "base/json.h"
#include "base/progress.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
// docs/reservation.md has the measurements behind these.
constexpr std::uint64_t kernel_work = 16 * mib;   // slab, per-CPU areas, stacks, vmalloc of a cloud kernel
constexpr std::uint64_t memory_per_cpu = mib / 2; // of each CPU besides the first
constexpr std::uint64_t collector_budget = 24 * mib;
constexpr std::uint64_t write_room = 8 * mib; // page cache of the dump that is being written
constexpr std::uint64_t step = 16 * mib;

std::uint64_t rounded_up(std::uint64_t bytes) {
    return (bytes + step - 1) / step * step;
}

} // namespace

Estimate estimate_reservation(const EstimateInputs& inputs) {
    Estimate estimate;
    const auto term = [&](std::string name, std::uint64_t bytes, std::string why) {
        estimate.needed += bytes;
        estimate.terms.push_back({std::move(name), bytes, std::move(why)});
    };
    term("capture kernel", inputs.kernel_memory, fmt::format("init_size of {}", inputs.kernel));
    estimate.measured = !inputs.measured_peaks.empty();
    if (estimate.measured) {
        term("its work and the dump",
             *std::max_element(inputs.measured_peaks.begin(), inputs.measured_peaks.end()),
             fmt::format("the worst of {} captures on this machine", inputs.measured_peaks.size()));
    } else {
        term("initramfs, unpacked", inputs.initramfs_unpacked, "lives in memory until the reboot");
        term("modules", inputs.modules + inputs.modules / 4, "loaded, besides their files");
        term("kernel's work", kernel_work, "slab, per-CPU areas, stacks");
        if (inputs.cpus > 1)
            term("further CPUs", (inputs.cpus - 1) * memory_per_cpu,
                 fmt::format("{} besides the first", inputs.cpus - 1));
        // The packed initramfs is gone before the collector begins.
        if (inputs.initramfs_packed > collector_budget + write_room) {
            term("initramfs, packed", inputs.initramfs_packed, "stays until all of it is unpacked");
        } else {
            term("collector", collector_budget, "its budget");
            term("writing", write_room, "what is not on the disk yet");
        }
    }
    // struct page has 64 bytes for each 4 KiB, a page table 8; of the whole reservation, so of these as well.
    const std::uint64_t whole = rounded_up(estimate.needed + estimate.needed / 8);
    term("struct pages", whole / 64, "64 bytes for each page of the reservation");
    term("page tables", whole / 512, "8 bytes for each page of the reservation");
    estimate.recommended = rounded_up(estimate.needed + estimate.needed / 8);
    return estimate;
}

std::vector<std::uint64_t> measured_peaks(const std::vector<Dump>& dumps, const std::string& release,
                                          const std::set<std::string>& hosts) {
    std::vector<std::uint64_t> peaks;
    for (const Dump& dump : dumps)
        if (dump.complete && dump.kernel == release && hosts.contains(dump.host) && dump.capture_total_kib &&
            dump.capture_lowest_kib && *dump.capture_lowest_kib <= *dump.capture_total_kib &&
            *dump.capture_total_kib < std::uint64_t{1} << 40)
            peaks.push_back((*dump.capture_total_kib - *dump.capture_lowest_kib) << 10);
    return peaks;
}

std::string estimate_text(const Estimate& estimate, const EstimateInputs& inputs, std::uint64_t reserved) {
    std::string text = fmt::format("for kernel {}\n", inputs.kernel);
    for (const EstimateTerm& term : estimate.terms)
        text += fmt::format("  {:<22} {:>9}  {}\n", term.name, human_bytes(term.bytes), term.why);
    text += fmt::format("  {:<22} {:>9}\n", "needed", human_bytes(estimate.needed));
    text += fmt::format("recommended: {} (an eighth more, a multiple of 16 MiB)\n",
                        human_bytes(estimate.recommended));
    if (reserved == 0)
        text += fmt::format("reserved:    none\nnext: kdumpkit reserve {}M, and reboot\n",
                            estimate.recommended / mib);
    else if (reserved < estimate.recommended)
        text +=
            fmt::format("reserved:    {}, less than recommended\nnext: kdumpkit reserve {}M, and reboot\n",
                        human_bytes(reserved), estimate.recommended / mib);
    else
        text += fmt::format("reserved:    {}: enough\n", human_bytes(reserved));
    return text;
}

std::string estimate_json(const Estimate& estimate, const EstimateInputs& inputs, std::uint64_t reserved) {
    using Json = nlohmann::ordered_json;
    Json json{{"kernel_release", inputs.kernel}, {"recommended_bytes", estimate.recommended},
              {"needed_bytes", estimate.needed}, {"reserved_bytes", reserved},
              {"measured", estimate.measured},   {"terms", Json::array()}};
    for (const EstimateTerm& term : estimate.terms)
        json["terms"].push_back({{"name", term.name}, {"bytes", term.bytes}, {"why", term.why}});
    return json_text(json);
}

} // namespace kdumpkit::admin
