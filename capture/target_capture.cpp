// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/target_capture.h"

#include "base/file.h"
#include "base/progress.h"
#include "capture/crash_log.h"
#include "capture/dump_folder.h"
#include "capture/store.h"

#include <optional>

namespace kdumpkit::capture {
namespace {

// One target from its first word to its last.
class TargetCapture {
  public:
    TargetCapture(Capture& capture, Store& store, Task task) : c_(capture), store_(store), task_(task) {}

    TargetEnd run() {
        TargetEnd end;
        auto result = open();
        if (result)
            result = first_words();
        if (result) {
            end.words = true;
            end.folder = store_.folder_name();
            if (task_ == Task::everything)
                dump(end);
            else
                reason_ = c_.elsewhere;
            result = last_words(end);
        }
        if (!result) {
            c_.log.error(result.error());
            end.blames_destination = true;
        }
        store_.close();
        return end;
    }

  private:
    double now() { return c_.system.boot_seconds(); }

    Result<> open() {
        const std::int64_t when = c_.summary.crash.crash_time.value_or(c_.summary.capture_start_utc);
        return store_.open(dump_folder_name(when, c_.frozen.host, read_text(c_.places.boot_id).value_or("")));
    }

    // dmesg and a summary, before anything that takes long.
    Result<> first_words() {
        const double since = now();
        const std::string log = crash_log_path(c_);
        if (file_exists(log)) {
            KDK_TRY(store_.put_log(log));
            c_.summary.dmesg_saved_at = now();
            c_.log.say("saved dmesg.txt, {:.1f} s after this kernel's start", now());
        }
        c_.took("dmesg", since);
        return write_summary();
    }

    // Down the ladder of methods until one succeeds or the destination is to blame.
    void dump(TargetEnd& end) {
        const double since = now();
        bool source_only = false;
        std::optional<Method> method = first_method(c_.frozen.settings);
        while (method) {
            c_.log.say("dump: {}", method->text());
            store_.make_way();
            const double begin = now();
            TryEnd one = method->kind == DumpMethod::copy ? store_.copy() : store_.filter(*method);
            one.attempt.method = *method;
            one.attempt.seconds = now() - begin;
            c_.memory.sample();
            c_.summary.attempts.push_back(one.attempt);
            // Numbers of an earlier try would be those of another file.
            c_.summary.collector_json = one.collector_json;
            reason_ = one.reason;
            source_only = one.source_only;
            if (one.attempt.ending == Ending::success)
                break;
            c_.log.say("dump: {}: {}", method->text(), one.attempt.outcome);
            if (reason_.empty())
                reason_ = fmt::format("{}: {}", method->text(), one.attempt.outcome);
            method = next_method(*method, one.attempt.ending);
        }
        c_.took("dump", since);
        c_.summary.dump_bytes = store_.settle(reason_.empty());
        end.blames_destination = !source_only;
        if (c_.summary.dump_bytes == 0)
            return;
        end.saved = Saved::partial;
        if (!reason_.empty())
            return;
        if (const auto named = store_.finish(); named)
            end.saved = Saved::complete;
        else
            reason_ = named.error().message();
    }

    Result<> last_words(const TargetEnd& end) {
        c_.summary.finished = true;
        c_.summary.complete = end.saved == Saved::complete;
        c_.summary.partial_reason = reason_;
        if (task_ == Task::first_words)
            c_.log.say("only the first words: {}", reason_);
        else if (end.saved == Saved::complete)
            c_.log.say("saved vmcore: {} of {} memory, {:.1f} s after this kernel's start",
                       human_bytes(c_.summary.dump_bytes), human_bytes(c_.summary.memory_bytes), now());
        else if (end.saved == Saved::partial)
            c_.log.say("the dump is partial: {} in vmcore.incomplete; {}", human_bytes(c_.summary.dump_bytes),
                       reason_);
        else
            c_.log.say("no dump could be made: {}", reason_);
        if (const auto lowest = c_.memory.lowest_available())
            c_.log.say("memory: at worst {} were available", human_bytes(*lowest * 1024));
        c_.summary.total_seconds = now();
        if (auto kept = store_.put_capture_log(); !kept)
            c_.log.error(kept.error());
        return write_summary();
    }

    Result<> write_summary() {
        c_.summary.files = store_.files();
        return store_.put_summary(to_json(c_.summary, c_.memory));
    }

    Capture& c_;
    Store& store_;
    Task task_;
    std::string reason_; // why the dump is not whole; empty: it is
};

} // namespace

TargetEnd capture_to(Capture& capture, const Target& target, Task task) {
    capture.summary.target = target;
    capture.summary.host = capture.frozen.host;
    const auto store = make_store(capture, target);
    return TargetCapture(capture, *store, task).run();
}

} // namespace kdumpkit::capture
