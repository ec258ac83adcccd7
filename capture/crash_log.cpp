// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/crash_log.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/progress.h"

#include <algorithm>
#include <span>

#include <fcntl.h>
#include <unistd.h>

namespace kdumpkit::capture {
namespace {

void say_panic(Capture& capture) {
    const auto& panic = capture.summary.panic;
    if (!panic)
        return;
    capture.log.say("panic: {}", panic->line);
    if (panic->cause != panic->line)
        capture.log.say("cause: {}", panic->cause);
}

// At most `count` lines from its end.
std::string_view last_lines(std::string_view text, std::size_t count) {
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    std::size_t begin = text.size();
    for (; count > 0 && begin > 0; --count) {
        const auto newline = text.rfind('\n', begin - 1);
        begin = newline == std::string_view::npos ? 0 : newline;
    }
    text.remove_prefix(begin);
    return text.starts_with('\n') ? text.substr(1) : text;
}

void keep_in_pstore(Capture& capture, std::string_view text) {
    if (!file_exists(capture.places.pmsg))
        return;
    const auto kept = [&]() -> Result<> {
        KDK_ASSIGN(const Fd fd, open_file(capture.places.pmsg, O_WRONLY));
        return write_all(fd.get(), as_bytes(text), capture.places.pmsg);
    }();
    if (kept)
        capture.log.say("the end of the log is also in pstore, through {}", capture.places.pmsg);
    else
        capture.log.error(kept.error());
}

} // namespace

std::string crash_log_path(const Capture& capture) {
    return capture.places.scratch + "/dmesg.txt";
}

void read_crash_log(Capture& capture) {
    const std::string path = crash_log_path(capture);
    const CollectorRun run = run_collector(
        capture, dmesg_argv(capture.places.collector, capture.places.vmcore, path), path, dmesg_limits);
    const auto text = read_log_end(path);
    if (ending_of(run.status) != Ending::success || !text || text->empty())
        capture.log.say("the crashed kernel's log could not be read: {}", run.text());
    if (!text || text->empty()) {
        ::unlink(path.c_str());
        return;
    }
    capture.log.say("the crashed kernel's log has {}", human_bytes(text->size()));
    capture.summary.panic = find_panic_line(*text);
    capture.summary.report =
        read_crash_report(*text, capture.summary.panic ? capture.summary.panic->cause : std::string());
    say_panic(capture);
}

void show_log_end(Capture& capture) {
    constexpr std::size_t lines_shown = 60;
    if (!file_exists(crash_log_path(capture)))
        read_crash_log(capture); // this life ended before its turn
    const auto text = read_log_end(crash_log_path(capture));
    if (!text)
        return; // said already
    const std::string_view end = last_lines(*text, lines_shown);
    capture.log.say("the end of the crashed kernel's log:");
    for (std::string_view rest = end; !rest.empty();) {
        const auto newline = rest.find('\n');
        capture.system.console(rest.substr(0, newline));
        rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    }
    say_panic(capture);
    keep_in_pstore(capture, end);
}

Result<std::string> read_log_end(const std::string& path) {
    constexpr std::uint64_t limit = std::uint64_t{1} << 20;
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
    const off_t end = ::lseek(fd.get(), 0, SEEK_END);
    const std::uint64_t size = end > 0 ? static_cast<std::uint64_t>(end) : 0;
    const std::uint64_t begin = size - std::min(size, limit);
    std::string text(std::min(size, limit), '\0');
    KDK_ASSIGN(
        const std::size_t got,
        pread_some(fd.get(), begin, std::as_writable_bytes(std::span(text.data(), text.size())), path));
    text.resize(got);
    if (begin > 0)
        text.erase(0, std::min(text.find('\n') + 1, text.size()));
    return text;
}

} // namespace kdumpkit::capture
