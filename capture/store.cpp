// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/store.h"

#include "base/file.h"
#include "capture/folder_store.h"
#include "capture/raw_store.h"
#include "capture/send_store.h"

#include <unistd.h>

namespace kdumpkit::capture {

Attempt attempt_of(const Result<ExitStatus>& status, const std::string& words) {
    Attempt attempt;
    attempt.ending = ending_of(status);
    attempt.outcome = words;
    attempt.peak_rss_kib = status ? status->peak_rss : 0;
    return attempt;
}

Attempt attempt_with(std::uint64_t bytes, Attempt attempt) {
    if (attempt.ending == Ending::success && bytes == 0) {
        attempt.ending = Ending::failed;
        attempt.outcome = "exit code 0, but it wrote no dump";
    }
    return attempt;
}

TryEnd judge(Capture& capture, Attempt attempt, const std::string& summary) {
    TryEnd end;
    end.attempt = std::move(attempt);
    if (!summary.empty()) {
        end.collector_json = read_text(summary, std::size_t{1} << 20).value_or(std::string());
        ::unlink(summary.c_str());
    }
    if (end.attempt.ending == Ending::success && says_incomplete(end.collector_json)) {
        end.reason = "the collector itself says that its dump is not complete";
        end.source_only = true;
    }
    // Another way of making the dump has no more time on this target.
    if (end.attempt.ending == Ending::killed && capture.system.boot_seconds() >= capture.until) {
        end.attempt.ending = Ending::destination_failed;
        end.reason = "the target's deadline came first";
    } else if (end.attempt.ending == Ending::destination_failed)
        end.reason = fmt::format("the target failed or is full: {}", end.attempt.outcome);
    return end;
}

std::string layout_path(const Places& places) {
    return file_exists(places.layout) ? places.layout : std::string();
}

std::string stream_name(StreamFormat format) {
    return format == StreamFormat::stream ? "vmcore.stream" : "vmcore.flat";
}

std::vector<std::string> stream_argv(const Capture& capture, const Method& method,
                                     const std::string& summary) {
    return stream_argv(capture.places.collector, method, capture.frozen.settings.stream,
                       capture.places.vmcore, summary, layout_path(capture.places));
}

std::unique_ptr<Store> make_store(Capture& capture, const Target& target) {
    switch (target.info().carrier) {
    case Carrier::sender:
        return std::make_unique<SendStore>(capture, target);
    case Carrier::device:
        return std::make_unique<RawStore>(capture, target);
    case Carrier::filesystem:
    case Carrier::network_filesystem:
        break;
    }
    return std::make_unique<FolderStore>(capture, target);
}

} // namespace kdumpkit::capture
