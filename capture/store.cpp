// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/store.h"

#include "capture/folder_store.h"
#include "capture/raw_store.h"
#include "capture/send_store.h"

namespace kdumpkit::capture {

Attempt attempt_of(const Result<ExitStatus>& status, const std::string& words) {
    Attempt attempt;
    attempt.ending = ending_of(status);
    attempt.outcome = words;
    attempt.peak_rss_kib = status ? status->peak_rss : 0;
    return attempt;
}

void judge(Capture& capture, TryEnd& end) {
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
