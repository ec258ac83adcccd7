// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/target_capture.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/progress.h"
#include "capture/collector.h"
#include "capture/copy.h"
#include "capture/devices.h"
#include "capture/dump_folder.h"
#include "capture/mounts.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::capture {
namespace {

Error blame_destination(Error error) {
    return std::move(error).from(ErrorSide::destination);
}

std::uint64_t size_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// One target from the mount to the last word. Its members are the files of the dump's folder.
class TargetCapture {
  public:
    TargetCapture(Capture& capture, const Target& target) : c_(capture), target_(target) {}

    TargetEnd run() {
        TargetEnd end;
        auto result = prepare();
        if (result)
            result = first_words();
        if (result) {
            end = dump();
            result = last_words(end);
        }
        if (!result) {
            c_.log.error(result.error());
            end.blames_destination = true;
        }
        leave();
        return end;
    }

  private:
    double now() { return c_.system.boot_seconds(); }

    // Up to a folder of our own with a log in it.
    Result<> prepare() {
        double since = now();
        if (target_.scheme != Scheme::file)
            return fail(
                make_error(ErrorKind::unsupported, "save to", target_.url(),
                           fmt::format("there is no way yet to \"{}:\" targets", target_.info().name)));
        KDK_ASSIGN(const std::string device,
                   wait_for_filesystem(c_.system, c_.log, target_.uuid(), c_.frozen.settings.device_timeout));
        c_.took("wait", since);
        since = now();
        KDK_TRY(mount_target(c_.system, device, target_.value("type"), c_.places.target));
        mounted_ = true;
        KDK_ASSIGN(const Space space, c_.system.space(c_.places.target).map_error(blame_destination));
        c_.took("mount", since);
        c_.log.say("mounted {} ({}), {} of {} free", device, target_.value("type"),
                   human_bytes(space.available), human_bytes(space.total));
        if (space.available < 2 * ReservedRoom::bytes) {
            Error full = system_error("write to", target_.url(), ENOSPC);
            return fail(blame_destination(std::move(full)).then("Make room there, or name another target."));
        }
        const std::string parent = c_.places.target + (target_.path == "/" ? "" : target_.path);
        KDK_ASSIGN(folder_, make_dump_folder(parent, dump_folder_name(c_.summary.crash.crash_time.value_or(
                                                                          c_.summary.capture_start_utc),
                                                                      c_.frozen.host)));
        KDK_ASSIGN(auto room, ReservedRoom::make(folder_));
        room_.emplace(std::move(room));
        KDK_TRY(c_.log.attach(folder_ + "/capture.log"));
        c_.log.say("saving to {}", folder_.substr(c_.places.target.size()));
        return {};
    }

    // dmesg and a summary, before anything that takes long.
    Result<> first_words() {
        const double since = now();
        const std::string path = folder_ + "/dmesg.txt";
        const CollectorRun run = save_dmesg(c_, path);
        const Ending ending = ending_of(run.status);
        if (ending == Ending::destination_failed)
            return fail(make_error(ErrorKind::system, "save", path, run.text()).from(ErrorSide::destination));
        if (ending == Ending::success && size_of(path) > 0) {
            KDK_TRY(sync_file(path));
            c_.summary.dmesg_saved_at = now();
            c_.log.say("saved dmesg.txt ({}), {:.1f} s after this kernel's start", human_bytes(size_of(path)),
                       now());
            if (const auto text = read_log_end(path))
                c_.summary.panic = find_panic_line(*text);
        } else {
            c_.log.say("the crashed kernel's log could not be read: {}", run.text());
        }
        if (c_.summary.panic) {
            c_.log.say("panic: {}", c_.summary.panic->line);
            if (c_.summary.panic->cause != c_.summary.panic->line)
                c_.log.say("cause: {}", c_.summary.panic->cause);
        }
        c_.took("dmesg", since);
        return write_summary();
    }

    // Down the ladder of methods until one succeeds or the destination is to blame.
    TargetEnd dump() {
        const double since = now();
        TargetEnd end;
        std::optional<Method> method = first_method(c_.frozen.settings);
        while (method) {
            const bool copies = method->kind == DumpMethod::copy;
            c_.log.say("dump: {}", method->text());
            put_aside();
            reason_.clear();
            source_only_ = false;
            const double begin = now();
            Attempt attempt = copies ? try_copy() : try_filter(*method);
            attempt.method = *method;
            last_level_ = method->level;
            attempt.seconds = now() - begin;
            c_.memory.sample();
            c_.summary.attempts.push_back(attempt);
            if (attempt.ending == Ending::success)
                break;
            c_.log.say("dump: {}: {}", method->text(), attempt.outcome);
            if (reason_.empty())
                reason_ = fmt::format("{}: {}", method->text(), attempt.outcome);
            method = next_method(*method, attempt.ending);
        }
        c_.took("dump", since);
        keep_the_better();
        const std::uint64_t bytes = size_of(dump_path());
        c_.summary.dump_bytes = bytes;
        if (bytes == 0) {
            ::unlink(dump_path().c_str());
            end.blames_destination = !source_only_;
            return end;
        }
        end.saved = Saved::partial;
        end.blames_destination = !source_only_;
        if (reason_.empty()) {
            const auto named = finish();
            if (named) {
                end.saved = Saved::complete;
                drop_aside();
            } else
                reason_ = named.error().message();
        } else if (const auto kept = sync_file(dump_path()); !kept) {
            c_.log.error(kept.error());
        }
        return end;
    }

    Attempt try_filter(const Method& method) {
        Attempt attempt;
        const std::string summary = folder_ + "/collector.json";
        // Numbers of an earlier try would be those of another file.
        c_.summary.collector_json.clear();
        const CollectorRun run =
            run_collector(c_,
                          dump_argv(c_.places.collector, method, c_.places.vmcore, dump_path(), summary,
                                    file_exists(c_.places.layout) ? c_.places.layout : std::string()),
                          dump_path(), dump_limits);
        attempt.ending = ending_of(run.status);
        attempt.outcome = run.text();
        attempt.peak_rss_kib = run.status ? run.status->peak_rss : 0;
        if (const auto text = read_text(summary, std::size_t{1} << 20))
            c_.summary.collector_json = *text;
        ::unlink(summary.c_str());
        if (attempt.ending == Ending::success && size_of(dump_path()) == 0) {
            attempt.ending = Ending::failed;
            attempt.outcome = "exit code 0, but it wrote no dump";
        }
        if (attempt.ending == Ending::success && says_incomplete(c_.summary.collector_json)) {
            reason_ = "the collector itself says that its dump is not complete";
            source_only_ = true;
        }
        if (attempt.ending == Ending::destination_failed)
            reason_ = fmt::format("the target failed or is full: {}", attempt.outcome);
        return attempt;
    }

    Attempt try_copy() {
        Attempt attempt;
        // Filtered numbers would be those of another file.
        c_.summary.collector_json.clear();
        double last_words_at = now();
        CopyOptions options;
        options.progress = [&](const CopyReport& report) {
            if (now() - last_words_at < 3.0)
                return;
            last_words_at = now();
            c_.memory.sample();
            c_.log.say("copied {} of {}", human_bytes(report.copied), human_bytes(report.source_size));
        };
        const auto report = copy_vmcore(c_.system, c_.places.vmcore, dump_path(), options);
        if (!report) {
            attempt.outcome = report.error().message();
            attempt.ending =
                report.error().side == ErrorSide::destination ? Ending::destination_failed : Ending::failed;
            source_only_ = attempt.ending == Ending::failed;
            return attempt;
        }
        c_.log.say("copied {}, of these {} zeros", human_bytes(report->copied), human_bytes(report->zero));
        reason_ = report->partial_reason();
        attempt.outcome = reason_.empty() ? "copied" : reason_;
        attempt.ending = report->complete() ? Ending::success
                         : report->stopped  ? Ending::destination_failed
                                            : Ending::failed;
        source_only_ = attempt.ending == Ending::failed;
        return attempt;
    }

    // Before the next try: a first partial dump stays, since a try at a lower level may fill the disk and
    // leave less that is useful. A second one goes: it would take the room that the last try needs.
    void put_aside() {
        if (size_of(dump_path()) > 0 && aside_.empty()) {
            const std::string name = fmt::format("vmcore.partial-{}", last_level_);
            if (const auto kept = c_.system.rename(dump_path(), folder_ + "/" + name); !kept)
                c_.log.error(kept.error());
            else {
                aside_ = name;
                move_manifest(dump_path(), folder_ + "/" + name);
                c_.log.say("the partial dump ({}) is kept as {} until there is a complete one",
                           human_bytes(size_of(folder_ + "/" + aside_)), aside_);
            }
        }
        ::unlink(dump_path().c_str());
        ::unlink(manifest_of(dump_path()).c_str());
    }

    // A dump without its manifest is a dump; nothing is given up for it.
    void move_manifest(const std::string& from, const std::string& to) {
        if (!file_exists(manifest_of(from)))
            return;
        if (const auto moved = c_.system.rename(manifest_of(from), manifest_of(to)); !moved)
            c_.log.error(moved.error());
    }

    // After the last try: when it left nothing, the partial dump is the one that was put aside.
    void keep_the_better() {
        if (aside_.empty() || reason_.empty())
            return;
        const std::string path = folder_ + "/" + aside_;
        if (size_of(dump_path()) == 0) {
            c_.log.say("nothing more could be had, {} becomes vmcore.incomplete", aside_);
            if (const auto back = c_.system.rename(path, dump_path()); back) {
                move_manifest(path, dump_path());
                aside_.clear();
            } else
                c_.log.error(back.error());
        } else {
            c_.log.say("the earlier partial dump stays beside it as {} ({})", aside_,
                       human_bytes(size_of(path)));
            if (const auto kept = sync_file(path); !kept)
                c_.log.error(kept.error());
        }
    }

    void drop_aside() {
        if (!aside_.empty()) {
            ::unlink((folder_ + "/" + aside_).c_str());
            ::unlink(manifest_of(folder_ + "/" + aside_).c_str());
        }
        aside_.clear();
    }

    // `vmcore` is always whole: it gets that name only once it is safe on the disk.
    Result<> finish() {
        const double since = now();
        const std::string name = folder_ + "/vmcore";
        KDK_TRY(sync_file(dump_path()));
        if (auto named = c_.system.rename(dump_path(), name); !named) {
            // The name may have changed all the same, only the folder could not be written back. It and the
            // summary have to tell the same, and the next target may be sound.
            if (!file_exists(name))
                return named;
            (void)c_.system.rename(name, dump_path());
            if (!file_exists(name))
                return named;
            c_.log.error(named.error());
            c_.log.say("warning: vmcore is complete, but a power cut now may lose its name");
        }
        dump_name_ = "vmcore";
        move_manifest(dump_path(), name);
        c_.took("sync", since);
        return {};
    }

    Result<> last_words(const TargetEnd& end) {
        if (room_)
            room_->release();
        c_.summary.finished = true;
        c_.summary.complete = end.saved == Saved::complete;
        c_.summary.partial_reason = reason_;
        if (end.saved == Saved::complete)
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
        if (auto synced = c_.log.sync(); !synced)
            c_.log.error(synced.error());
        return write_summary();
    }

    Result<> write_summary() {
        c_.summary.files.clear();
        for (const std::string& name : {std::string("dmesg.txt"), std::string(dump_name_),
                                        manifest_of(dump_name_), aside_, std::string("capture.log")}) {
            struct stat status {};
            if (name.empty())
                continue;
            if (::stat((folder_ + "/" + name).c_str(), &status) == 0)
                c_.summary.files.push_back({name, static_cast<std::uint64_t>(status.st_size),
                                            static_cast<std::uint64_t>(status.st_blocks) * 512});
        }
        return write_file_atomically(folder_ + "/summary.json", to_json(c_.summary, c_.memory), 0600)
            .map_error(blame_destination);
    }

    void leave() {
        if (room_)
            room_->release();
        c_.log.detach();
        if (!mounted_)
            return;
        if (const auto left = c_.system.unmount(c_.places.target); !left)
            c_.log.error(left.error());
    }

    Result<> sync_file(const std::string& path) {
        KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY).map_error(blame_destination));
        return c_.system.sync(fd.get(), path);
    }
    [[nodiscard]] std::string dump_path() const { return folder_ + "/vmcore.incomplete"; }

    Capture& c_;
    const Target& target_;
    bool mounted_ = false;
    std::string folder_;
    std::optional<ReservedRoom> room_;
    const char* dump_name_ = "vmcore.incomplete";
    std::string aside_; // the name of an earlier try's partial dump, or empty
    unsigned last_level_ = 0;
    std::string reason_;       // why the dump is not whole; empty: it is
    bool source_only_ = false; // the crashed memory is to blame, no target would get more
};

} // namespace

TargetEnd capture_to(Capture& capture, const Target& target) {
    capture.summary.target = target;
    capture.summary.host = capture.frozen.host;
    return TargetCapture(capture, target).run();
}

CollectorRun save_dmesg(Capture& capture, const std::string& path) {
    return run_collector(capture, dmesg_argv(capture.places.collector, capture.places.vmcore, path), path,
                         dmesg_limits);
}

Result<std::string> read_log_end(const std::string& path) {
    constexpr std::uint64_t limit = std::uint64_t{1} << 20;
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
    const std::uint64_t size = size_of(path);
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
