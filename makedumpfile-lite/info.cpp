// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/info.h"

#include "base/json.h"
#include "base/output.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/utc.h"
#include "makedumpfile-lite/decompressor.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"
#include "makedumpfile-lite/memory_picture.h"
#include "makedumpfile-lite/page_test.h"
#include "makedumpfile-lite/source/image.h"
#include "makedumpfile-lite/source/notes.h"

#include <cstdlib>
#include <string_view>

#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

constexpr std::uint64_t picture_rows = 16;
constexpr unsigned all_classes = DumpLevel::highest & ~DumpLevel::zero;
constexpr std::string_view keys[] = {"OSRELEASE",
                                     "BUILD-ID",
                                     "PAGESIZE",
                                     "CRASHTIME",
                                     "KERNELOFFSET",
                                     "NUMBER(phys_base)",
                                     "NUMBER(pgtable_l5_enabled)",
                                     "NUMBER(sme_mask)",
                                     "SYMBOL(_stext)",
                                     "SYMBOL(swapper_pg_dir)",
                                     "SYMBOL(init_uts_ns)"};

std::uint64_t count_cpus(Bytes notes) {
    std::uint64_t count = 0;
    NoteWalk walk(notes);
    while (const auto note = walk.next())
        count += note->name == "CORE" && note->type == NT_PRSTATUS ? 1 : 0;
    return count;
}

bool wants_shades() {
    if (::isatty(STDOUT_FILENO) == 0)
        return false;
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (const char* value = std::getenv(name);
            value != nullptr && *value != '\0') // NOLINT(concurrency-mt-unsafe)
            return std::string_view(value).find("UTF-8") != std::string_view::npos ||
                   std::string_view(value).find("utf8") != std::string_view::npos;
    return false;
}

void describe_kernel(const Image& image, DumpInfo& info) {
    const VmcoreInfo facts = VmcoreInfo::parse(image.vmcoreinfo());
    for (const std::string_view key : keys)
        if (const auto value = facts.text(key))
            info.vmcoreinfo.emplace_back(key, *value);
    info.release = facts.text("OSRELEASE").value_or("");
    info.crash_time = facts.decimal("CRASHTIME").value_or(0);
    info.machine = image.elf_machine() == EM_X86_64 ? "x86_64" : "";
    info.cpus = count_cpus(image.notes());
    const DumpHeader* header = image.header();
    if (header == nullptr)
        return;
    info.header_version = header->version_number;
    info.level = header->level;
    info.compression = compression_name(header->status);
    info.eraseinfo = as_text(header->eraseinfo);
    info.nodename = header->nodename;
    if (info.release.empty())
        info.release = header->release;
    if (!header->machine.empty())
        info.machine = header->machine;
    if (info.crash_time == 0)
        info.crash_time = header->crash_time;
}

// Pages by class, as a dump of the highest level would sort them.
void describe_classes(const Image& image, const Options& options, const Log& log, DumpInfo& info) {
    const auto kernel = Kernel::open(image, Log([](LogLevel, std::string_view) {}));
    if (!kernel) {
        log.debug("{}", kernel.error().message());
        return;
    }
    if (!(*kernel)->utsname().nodename.empty())
        info.nodename = (*kernel)->utsname().nodename;
    auto selection = select_pages(image, **kernel, FilterOptions{all_classes, options.per_cpu_free, false},
                                  log, [&](std::uint64_t) { return stop_if_interrupted(options.source); });
    // A memory map that is not in the file sorts nothing.
    if (selection && selection->counts.unclassified < selection->counts.total / 2)
        info.classes = selection->counts;
}

std::string time_text(std::uint64_t seconds) {
    // Up to the year 9999; a header may hold anything.
    if (seconds > 253402300799)
        return "a time that makes no sense";
    return utc_text(static_cast<std::int64_t>(seconds), "%Y-%m-%d %H:%M:%S UTC");
}

Result<DumpInfo> gather(const Options& options, const Log& log) {
    KDK_ASSIGN(const auto image, open_image(options.source));
    DumpInfo info;
    info.name = options.source;
    info.format = image->format();
    info.flattened = image->flattened();
    info.truncated = image->truncated();
    info.part = image->part();
    info.live = image->live();
    info.warnings = image->warnings();
    info.page_size = page_size_of(*image);
    struct stat status {};
    if (!info.live && ::stat(options.source.c_str(), &status) == 0)
        info.file_bytes = static_cast<std::uint64_t>(status.st_size);
    describe_kernel(*image, info);
    describe_classes(*image, options, log, info);

    KDK_ASSIGN(const Selection all, select_all(*image));
    PageSet present = promised_pages(*image);
    if (image->present() != nullptr)
        present.keep_only(*image->present());
    info.memory_pages = all.counts.total;
    info.present_pages = present.count();
    info.ranges = image->memory().ranges().size();
    info.lowest = image->memory().ranges().front().begin;
    info.highest = image->memory().ranges().back().end;
    info.picture = memory_picture(all.memory, present, info.page_size, picture_rows, wants_shades());
    return info;
}

} // namespace

std::string info_text(const DumpInfo& info) {
    std::string text;
    const auto row = [&](std::string_view name, const std::string& value) {
        if (!value.empty())
            text += fmt::format("{:<14}{}\n", name, value);
    };
    const auto pages = [&](std::uint64_t count) {
        return fmt::format("{:>12}{:>12}", count, human_bytes(count * info.page_size));
    };
    row("file", info.name);
    std::string format = fmt::format("{}{}", info.flattened ? "flattened " : "", info.format);
    if (info.header_version != 0)
        format += fmt::format(", header version {}, compression {}, dump level {}", info.header_version,
                              info.compression, info.level.value_or(0));
    row("format", format);
    row("state", info.live        ? "live: the running kernel's memory"
                 : info.truncated ? "INCOMPLETE"
                                  : "complete");
    if (info.part)
        row("part",
            fmt::format("one file of a split dump, pfns {:#x} to {:#x}; --reassemble puts them together",
                        info.part->begin, info.part->end));
    if (info.file_bytes != 0)
        row("size", fmt::format("{} ({:.1f} % of the memory)", human_bytes(info.file_bytes),
                                100.0 * static_cast<double>(info.file_bytes) /
                                    static_cast<double>(info.memory_pages * info.page_size)));
    row("kernel", info.release.empty() ? "unknown" : printable(info.release + " " + info.machine));
    row("host", printable(info.nodename));
    if (info.crash_time != 0)
        row("crashed", time_text(info.crash_time));
    if (info.cpus != 0)
        row("CPUs", std::to_string(info.cpus));
    row("memory",
        fmt::format("{} in {} range{}, 0x{:x} to 0x{:x}", human_bytes(info.memory_pages * info.page_size),
                    info.ranges, info.ranges == 1 ? "" : "s", info.lowest, info.highest));
    text += fmt::format("\n{:<30}{:>12}{:>12}\n", "", "pages", "memory");
    text += fmt::format("{:<30}{}\n", "memory", pages(info.memory_pages));
    text += fmt::format("{:<30}{}\n", "in this file", pages(info.present_pages));
    if (info.classes) {
        const PageCounts& c = *info.classes;
        const std::pair<std::string_view, std::uint64_t> classes[] = {
            {"  free", c.free},
            {"  user", c.user},
            {"  page cache", c.cache},
            {"  page cache, private data", c.cache_private},
            {"  offline or broken", c.offline + c.hwpoison},
            {"  kernel", c.kept}};
        text += "by class, whether in this file or not\n";
        for (const auto& [name, count] : classes)
            text += fmt::format("{:<30}{}\n", name, pages(count));
    }
    text += "\n" + info.picture;
    if (!info.vmcoreinfo.empty())
        text += "\nVMCOREINFO\n";
    for (const auto& [key, value] : info.vmcoreinfo)
        text += fmt::format("  {:<28}{}\n", key, printable(value));
    if (!info.eraseinfo.empty())
        text += fmt::format("\nerased\n  {}\n", printable(info.eraseinfo));
    for (const std::string& warning : info.warnings)
        text += fmt::format("\nwarning: {}\n", warning);
    return text;
}

std::string info_json(const DumpInfo& info) {
    nlohmann::ordered_json json;
    json["file"] = info.name;
    json["format"] = info.format;
    json["flattened"] = info.flattened;
    json["complete"] = !info.truncated;
    json["live"] = info.live;
    if (info.part)
        json["part"] = {{"first_pfn", info.part->begin}, {"end_pfn", info.part->end}};
    if (info.header_version != 0) {
        json["header_version"] = info.header_version;
        json["compression"] = info.compression;
        json["dump_level"] = info.level.value_or(0);
    }
    json["file_bytes"] = info.file_bytes;
    json["kernel_release"] = info.release;
    json["machine"] = info.machine;
    json["nodename"] = info.nodename;
    json["crash_time"] = info.crash_time;
    json["cpus"] = info.cpus;
    json["page_size"] = info.page_size;
    json["pages"] = {{"memory", info.memory_pages}, {"present", info.present_pages}};
    if (info.classes)
        json["classes"] = {{"free", info.classes->free},       {"user", info.classes->user},
                           {"cache", info.classes->cache},     {"cache_private", info.classes->cache_private},
                           {"offline", info.classes->offline}, {"hwpoison", info.classes->hwpoison},
                           {"kernel", info.classes->kept}};
    json["ranges"] = info.ranges;
    json["lowest"] = info.lowest;
    json["highest"] = info.highest;
    auto vmcoreinfo = nlohmann::ordered_json::object();
    for (const auto& [key, value] : info.vmcoreinfo)
        vmcoreinfo[key] = value;
    json["vmcoreinfo"] = std::move(vmcoreinfo);
    json["eraseinfo"] = info.eraseinfo;
    json["warnings"] = info.warnings;
    return json_text(json);
}

Result<> print_info(const Options& options, const Log& log) {
    KDK_ASSIGN(const DumpInfo info, gather(options, log).map_error([](Error error) {
        return std::move(error).from(ErrorSide::source);
    }));
    return print_result(options.json ? info_json(info) : info_text(info));
}

} // namespace kdumpkit::dump
