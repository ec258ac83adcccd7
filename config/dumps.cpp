// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/dumps.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "config/raw_frame.h"

#include <algorithm>
#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace kdumpkit {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::size_t summary_limit = std::size_t{16} << 20;
constexpr std::size_t shipped_limit = std::size_t{1} << 20;

bool has(const Dump& dump, std::string_view name) {
    return std::any_of(dump.files.begin(), dump.files.end(),
                       [&](const Dump::File& file) { return file.name == name; });
}

// A file without a byte is what a power cut leaves.
bool has_bytes(const Dump& dump, std::string_view name) {
    return std::any_of(dump.files.begin(), dump.files.end(),
                       [&](const Dump::File& file) { return file.name == name && file.bytes > 0; });
}

std::string why_incomplete(const Dump& dump, const Json& summary) {
    if (!summary.is_object())
        return has(dump, "summary.json") ? "summary.json cannot be read" : "there is no summary.json";
    if (std::string reason = text_in(summary, "partial_reason"); !reason.empty())
        return reason;
    if (text_in(summary, "state") == "in progress")
        return "the capture was cut off";
    if (!has(dump, "vmcore"))
        return "vmcore is gone";
    return has_bytes(dump, "vmcore") ? "summary.json does not call it complete" : "vmcore is empty";
}

// Files of one dump, and what they take on the disk.
std::uint64_t list_files(const fs::path& folder, std::vector<Dump::File>& files) {
    std::uint64_t disk = 0;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        struct stat about {};
        if (::lstat(it->path().c_str(), &about) != 0 || !S_ISREG(about.st_mode))
            continue;
        files.push_back({it->path().filename(), static_cast<std::uint64_t>(about.st_size)});
        disk += static_cast<std::uint64_t>(about.st_blocks) * 512; // stat(2): blocks of 512 bytes
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return disk;
}

std::vector<std::string> urls_in(std::string_view shipped) {
    const Json object = Json::parse(shipped, nullptr, false);
    std::vector<std::string> urls;
    if (object.is_object() && object.contains("to") && object["to"].is_array())
        for (const Json& url : object["to"])
            if (url.is_string())
                urls.push_back(url.get<std::string>());
    return urls;
}

} // namespace

std::optional<std::int64_t> time_in_name(std::string_view name) {
    constexpr std::string_view form = "ddddddddTddddddZ-";
    if (name.size() <= form.size())
        return std::nullopt;
    for (std::size_t i = 0; i < form.size(); ++i)
        if (form[i] == 'd' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
            return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t length) {
        return static_cast<int>(parse_number(name.substr(at, length), 10).value_or(0));
    };
    std::tm parts{};
    parts.tm_year = number(0, 4) - 1900;
    parts.tm_mon = number(4, 2) - 1;
    parts.tm_mday = number(6, 2);
    parts.tm_hour = number(9, 2);
    parts.tm_min = number(11, 2);
    parts.tm_sec = number(13, 2);
    if (parts.tm_mon < 0 || parts.tm_mon > 11 || parts.tm_mday < 1 || parts.tm_mday > 31 ||
        parts.tm_hour > 23 || parts.tm_min > 59 || parts.tm_sec > 60)
        return std::nullopt;
    return ::timegm(&parts);
}

Dump describe_dump(std::string folder, std::string_view summary, std::vector<Dump::File> files) {
    Dump dump;
    dump.folder = std::move(folder);
    dump.name = dump.folder.substr(dump.folder.rfind('/') + 1);
    dump.utc = time_in_name(dump.name).value_or(0);
    dump.files = std::move(files);
    const Json object = Json::parse(summary, nullptr, false);
    if (object.is_object()) {
        dump.host = text_in(object, "host");
        dump.kernel = text_in(object, "kernel_release");
        dump.panic_line = text_in(object, "panic_line");
        dump.panic_cause = text_in(object, "panic_cause");
        const Json memory = object.value("memory", Json());
        dump.memory_bytes = number_in(object.value("bytes", Json()), "memory");
        dump.capture_total_kib = number_in(memory, "total_kib");
        dump.capture_lowest_kib = number_in(memory, "lowest_available_kib");
        dump.complete =
            is_true_in(object, "complete") &&
            (has_bytes(dump, "vmcore") || has_bytes(dump, "vmcore.flat") || has_bytes(dump, "vmcore.stream"));
    }
    if (!dump.complete)
        dump.why_not = why_incomplete(dump, object);
    return dump;
}

Result<std::vector<Dump>> find_dumps(const std::vector<std::string>& folders) {
    std::vector<Dump> dumps;
    for (const std::string& parent : folders) {
        std::error_code error;
        fs::directory_iterator it(parent, error);
        if (error.value() == ENOENT)
            continue;
        if (error)
            return fail(system_error("list the dumps in", parent, error.value())
                            .then(error.value() == EACCES ? "run it with sudo" : "look at that folder"));
        for (const fs::directory_iterator end; it != end; it.increment(error)) {
            struct stat about {};
            if (!time_in_name(it->path().filename().string()) || ::lstat(it->path().c_str(), &about) != 0 ||
                !S_ISDIR(about.st_mode))
                continue;
            std::vector<Dump::File> files;
            const std::uint64_t disk = list_files(it->path(), files);
            // Only regular files are listed: opening a FIFO would wait for ever.
            const auto text_of = [&](const char* name, std::size_t limit) {
                return std::any_of(files.begin(), files.end(),
                                   [&](const Dump::File& file) { return file.name == name; })
                           ? read_text(it->path() / name, limit).value_or(std::string())
                           : std::string();
            };
            const std::string summary = text_of("summary.json", summary_limit);
            std::vector<std::string> shipped = urls_in(text_of(shipped_file, shipped_limit));
            dumps.push_back(describe_dump(it->path(), summary, std::move(files)));
            if (!has(dumps.back(), "summary.json") &&
                ::lstat((it->path() / "summary.json").c_str(), &about) == 0)
                dumps.back().why_not = "summary.json is no regular file";
            dumps.back().disk_bytes = disk;
            dumps.back().shipped = std::move(shipped);
        }
    }
    put_in_order(dumps);
    return dumps;
}

void put_in_order(std::vector<Dump>& dumps) {
    std::sort(dumps.begin(), dumps.end(), [](const Dump& a, const Dump& b) {
        return a.utc != b.utc ? a.utc > b.utc : a.folder > b.folder;
    });
    dumps.erase(std::unique(dumps.begin(), dumps.end(),
                            [](const Dump& a, const Dump& b) { return a.folder == b.folder; }),
                dumps.end());
}

Result<> mark_shipped(const Dump& dump, const std::vector<std::string>& places) {
    const std::string text = json_text(Json{{"version", 1}, {"to", places}});
    return dump.device.empty() ? write_file_atomically(dump.folder + "/" + shipped_file, text, 0600)
                               : mark_taken(dump.device, dump.name, RawNote{shipped_file, as_bytes(text)});
}

bool is_shipped_to(const Dump& dump, const Target& target) {
    const std::string place = target.place();
    return std::any_of(dump.shipped.begin(), dump.shipped.end(), [&](const std::string& one) {
        if (one == place)
            return true;
        const auto whole = parse_target(one); // a whole URL
        return whole && whole->place() == place;
    });
}

Result<Dump> find_raw_dump(const std::string& device) {
    KDK_ASSIGN(const RawDump raw, read_raw_dump(device));
    KDK_ASSIGN(const Fd fd, open_file(device, O_RDONLY));
    const auto text_of = [&](const RawDump::File& file, std::size_t limit) -> Result<std::string> {
        std::string text(file.bytes > limit ? 0 : static_cast<std::size_t>(file.bytes), '\0');
        KDK_TRY(pread_exact(fd.get(), file.offset,
                            std::as_writable_bytes(std::span(text.data(), text.size())), device));
        return text;
    };
    std::vector<Dump::File> files;
    std::string summary, shipped;
    std::uint64_t bytes = 0;
    for (const RawDump::File& file : raw.files) {
        files.push_back({file.name, file.bytes, file.offset});
        bytes += file.bytes;
        if (file.name == "summary.json") {
            KDK_ASSIGN(summary, text_of(file, summary_limit));
        } else if (file.name == shipped_file) {
            KDK_ASSIGN(shipped, text_of(file, shipped_limit));
        }
    }
    Dump dump = describe_dump(fmt::format("{}/{}", device, raw.folder), summary, std::move(files));
    dump.device = device;
    dump.disk_bytes = bytes;
    dump.complete = dump.complete && raw.complete;
    dump.taken = raw.taken;
    dump.shipped = urls_in(shipped);
    return dump;
}

std::size_t leave_to_others(std::vector<Dump>& dumps, const std::set<std::string>& hosts) {
    std::size_t in_folders = 0;
    std::erase_if(dumps, [&](const Dump& dump) {
        const bool others = !dump.host.empty() && !hosts.contains(dump.host);
        in_folders += others && dump.device.empty() ? 1 : 0;
        return others;
    });
    return in_folders;
}

std::vector<const Dump*> newest_first(const std::vector<Dump>& dumps, std::int64_t now) {
    std::vector<const Dump*> ordered;
    ordered.reserve(dumps.size());
    for (const Dump& dump : dumps)
        ordered.push_back(&dump);
    // Less than a day may be a clock in local time.
    std::stable_partition(ordered.begin(), ordered.end(),
                          [&](const Dump* dump) { return dump->utc - now < 86400; });
    return ordered;
}

Result<const Dump*> choose_dump(const std::vector<Dump>& dumps, std::string_view name, std::int64_t now) {
    while (name.size() > 1 && name.ends_with('/'))
        name.remove_suffix(1);
    const auto wrong = [&](ErrorKind kind, const char* reason) {
        return fail(make_error(kind, "choose the dump", fmt::format("\"{}\"", name), reason)
                        .then("kdumpkit list shows their names"));
    };
    if (dumps.empty())
        return fail(make_error(ErrorKind::absent, "choose the dump", fmt::format("\"{}\"", name),
                               "there are none here")
                        .then("kdumpkit config show tells which folders are looked at; --folder DIR looks in "
                              "another"));
    if (name == "latest")
        return newest_first(dumps, now).front();
    const Dump* found = nullptr;
    for (const Dump& dump : dumps) {
        if (dump.name == name || dump.folder == name)
            return &dump;
        if (!name.empty() && dump.name.starts_with(name)) {
            if (found != nullptr)
                return wrong(ErrorKind::invalid, "several begin like that");
            found = &dump;
        }
    }
    return found != nullptr ? Result<const Dump*>(found) : wrong(ErrorKind::absent, "no dump has that name");
}

} // namespace kdumpkit
