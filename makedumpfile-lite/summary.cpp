// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/summary.h"

#include "base/json.h"
#include "base/progress.h"

#include <cmath>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

double milliseconds_exact(double seconds) {
    return std::round(seconds * 1000) / 1000;
}

} // namespace

std::string to_json(const Summary& s) {
    nlohmann::ordered_json json;
    json["program"] = "makedumpfile-lite";
    json["version"] = KDUMPKIT_VERSION;
    json["format"] = s.format;
    json["complete"] = s.complete;
    if (s.dry_run)
        json["dry_run"] = true;
    if (!s.error.empty())
        json["error"] = s.error;
    json["source"] = {{"format", s.source.format},
                      {"flattened", s.source.flattened},
                      {"truncated", s.source.truncated},
                      {"live", s.source.live},
                      {"unreadable_pages", s.source.unreadable_pages}};
    json["dump_level"] = s.level;
    json["compression"] = s.compression.name();
    json["compression_level"] = s.compression.level;
    json["kernel_release"] = s.kernel_release;
    if (!s.kernel_facts.empty())
        json["kernel_facts"] = s.kernel_facts;
    json["page_size"] = s.page_size;
    json["pages"] = {{"total", s.pages.total},
                     {"kept", s.pages.kept},
                     {"written", s.written_pages},
                     {"zero", s.zero_pages},
                     {"shared", s.shared_pages},
                     {"cache", s.pages.cache},
                     {"cache_private", s.pages.cache_private},
                     {"user", s.pages.user},
                     {"free", s.pages.free},
                     {"offline", s.pages.offline},
                     {"hwpoison", s.pages.hwpoison},
                     {"unused_vmemmap", s.pages.unused_map},
                     {"unclassified", s.pages.unclassified},
                     {"not_in_source", s.pages.not_in_source}};
    json["bytes"] = {{"memory", s.memory_bytes}, {"written", s.written_bytes}};
    if (s.dry_run)
        json["bytes"]["would_write"] = s.would_write_bytes;
    for (const DumpPartSummary& part : s.parts)
        json["parts"].push_back({{"file", part.name},
                                 {"complete", part.complete},
                                 {"first_pfn", part.pfns.begin},
                                 {"end_pfn", part.pfns.end},
                                 {"pages", part.pages},
                                 {"written_pages", part.written_pages},
                                 {"bytes", part.bytes}});
    if (!s.checks.empty()) {
        bool failed = false;
        auto& checks = json["self_check"]["checks"];
        for (const Check& check : s.checks) {
            failed = failed || check.verdict == Verdict::failed;
            checks[check.name] = {{"verdict", to_text(check.verdict)}};
            if (check.verdict != Verdict::unchecked)
                checks[check.name].update({{"found", check.found},
                                           {"expected", {check.least, check.most}},
                                           {"tolerance", check.tolerance},
                                           {"unseen", check.unseen}});
            if (!check.reason.empty())
                checks[check.name]["reason"] = check.reason;
        }
        json["self_check"]["failed"] = failed;
    }
    json["workers"] = s.workers;
    json["memory"] = {{"limit", s.memory.limit},         {"budget", s.memory.total()},
                      {"page_sets", s.memory.page_sets}, {"pipeline", s.memory.pipeline},
                      {"writer", s.memory.writer},       {"held", s.anonymous_bytes}};
    json["seconds"] = {{"open", milliseconds_exact(s.open_seconds)},
                       {"filter", milliseconds_exact(s.filter_seconds)},
                       {"write", milliseconds_exact(s.write_seconds)},
                       {"total", milliseconds_exact(s.total_seconds)}};
    json["peak_rss_kib"] = s.peak_rss_kib;
    json["warnings"] = s.warnings;
    // What came from the dump need not be UTF-8.
    return json_text(json);
}

std::string report_text(const Summary& s) {
    std::string text;
    const auto row = [&](std::string_view name, std::uint64_t pages) {
        text += fmt::format("  {:<30}{:>12}  {:>9}\n", name, pages, human_bytes(pages * s.page_size));
    };
    text += fmt::format("  {:<30}{:>12}  {:>9}\n", "", "pages", "memory");
    row("in the image", s.pages.total);
    row("left out: page cache", s.pages.cache);
    row("left out: cache, private", s.pages.cache_private);
    row("left out: user", s.pages.user);
    row("left out: free", s.pages.free);
    row("left out: offline", s.pages.offline);
    row("left out: hwpoison", s.pages.hwpoison);
    row("not in the image any more", s.pages.not_in_source);
    row("left out: unused memory map", s.pages.unused_map);
    row("kept", s.pages.kept);
    row("  of these, zero", s.zero_pages);
    row("  of these, stored once", s.shared_pages);
    row("  of these, unclassified", s.pages.unclassified);
    for (const Check& check : s.checks)
        text += fmt::format("  self-check {:<17}{:>9}  {}\n", check.name, to_text(check.verdict),
                            check.verdict == Verdict::passed ? "" : describe(check));
    text += fmt::format("  open {:.2f} s, filter {:.2f} s, write {:.2f} s, total {:.2f} s; peak {}\n",
                        s.open_seconds, s.filter_seconds, s.write_seconds, s.total_seconds,
                        human_bytes(s.peak_rss_kib * 1024));
    return text;
}

} // namespace kdumpkit::dump
