// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/layout_file.h"

#include "makedumpfile-lite/kernel/layout.h"

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

constexpr std::string_view version_key = "KDUMPKIT-LAYOUT";

} // namespace

const std::vector<std::string_view>& wanted_symbols() {
    static const std::vector<std::string_view> names = {"__start_BTF", "__per_cpu_offset", "nr_cpu_ids",
                                                        "__cpu_possible_mask"};
    return names;
}

const std::vector<std::string_view>& useful_symbols() {
    static const std::vector<std::string_view> names = [] {
        auto all = wanted_symbols();
        all.insert(all.end(), {"hstates", "hugetlb_max_hstate"}); // with CONFIG_HUGETLBFS
        return all;
    }();
    return names;
}

std::string write_layout(const KernelIdentity& identity, Facts& facts) {
    // What a kernel lacks is no failure here: the file says so.
    (void)resolve_layout(facts);
    (void)facts.symbol("_stext");
    for (const std::string_view name : useful_symbols())
        (void)facts.symbol(name);
    std::string text = fmt::format("{}=1\nOSRELEASE={}\n", version_key, identity.release);
    if (!identity.build_id.empty())
        text += fmt::format("BUILD-ID={}\n", identity.build_id);
    for (const auto& [key, fact] : facts.answers())
        text += fact_text(key, fact) + "\n";
    return text;
}

std::string layout_mismatch(const VmcoreInfo& info, const VmcoreInfo& file) {
    if (file.text(version_key) != "1")
        return "it is no layout file of this version (KDUMPKIT-LAYOUT=1)";
    const auto release = info.text("OSRELEASE");
    const auto file_release = file.text("OSRELEASE");
    if (!file_release || release != file_release)
        return fmt::format("it is of kernel {}, the crashed one is {}", file_release.value_or("?"),
                           release.value_or("not named"));
    const auto build = info.text("BUILD-ID"); // since Linux 5.11
    const auto file_build = file.text("BUILD-ID");
    if (build && file_build && build != file_build)
        return fmt::format("it is of another build of kernel {}: build id {}, not {}", *file_release,
                           *file_build, *build);
    return {};
}

std::optional<std::uint64_t> layout_slide(const VmcoreInfo& info, const VmcoreInfo& file) {
    const auto here = info.symbol("_stext");
    const auto there = file.symbol("_stext");
    if (!here || !there || *there == 0)
        return std::nullopt;
    return *here - *there; // may wrap below 0, and is added modulo 2^64
}

} // namespace kdumpkit::dump
