// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/capture_log.h"

#include "base/bytes.h"

#include <fcntl.h>

namespace kdumpkit::capture {

void CaptureLog::line(std::string_view text) {
    system_.console(fmt::format("kdump-capture: {}", text));
    history_.push_back(fmt::format("[{:8.3f}] {}\n", system_.boot_seconds(), text));
    history_bytes_ += history_.back().size();
    while (history_bytes_ > history_limit && history_.size() > 1) {
        history_bytes_ -= history_.front().size();
        history_.pop_front();
        if (written_ > 0)
            --written_;
        else
            ++lost_;
    }
    write_pending();
}

void CaptureLog::error(const Error& error) {
    std::string_view text;
    const std::string message = error.message();
    text = message;
    while (!text.empty()) {
        const auto end = text.find('\n');
        line(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
}

std::string CaptureLog::history() const {
    std::string text;
    for (const std::string& line : history_)
        text += line;
    return text;
}

void CaptureLog::write_pending() {
    if (!file_.valid())
        return;
    if (lost_ > 0) {
        const std::string note = fmt::format("[{} earlier lines are lost]\n", lost_);
        if (!system_.write_at(file_.get(), offset_, as_bytes(note), path_))
            return;
        offset_ += note.size();
        lost_ = 0;
    }
    while (written_ < history_.size()) {
        const std::string& next = history_[written_];
        if (!system_.write_at(file_.get(), offset_, as_bytes(next), path_))
            return; // the disk is full or gone: the console has it, and the next line tries again
        offset_ += next.size();
        ++written_;
    }
}

Result<> CaptureLog::attach(const std::string& path) {
    detach();
    KDK_ASSIGN(file_, open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600).map_error(blame_destination));
    path_ = path;
    offset_ = 0;
    written_ = 0;
    write_pending();
    return {};
}

Result<> CaptureLog::sync() {
    if (!file_.valid())
        return {};
    write_pending();
    return system_.sync(file_.get(), path_);
}

void CaptureLog::detach() {
    file_ = Fd();
}

} // namespace kdumpkit::capture
