// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/folder_store.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/progress.h"
#include "capture/copy.h"
#include "capture/mounts.h"
#include "capture/room.h"
#include "capture/target_mount.h"
#include "capture/vigil.h"

#include <cerrno>
#include <set>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::capture {

Result<> FolderStore::mount() {
    KDK_ASSIGN(const std::string mounted, mount_target(c_, target_));
    mounted_ = true;
    KDK_ASSIGN(const Space space, c_.system.space(c_.mount_point).map_error(blame_destination));
    c_.log.say("mounted {}, {} of {} free", mounted, human_bytes(space.available), human_bytes(space.total));
    return {};
}

// Room is made before the dump and said; what cannot be removed only costs room.
void FolderStore::make_room_in(const std::string& parent) {
    auto dumps = find_dumps({parent});
    const auto space = c_.system.space(c_.mount_point);
    if (!dumps || !space) {
        c_.log.error(dumps ? space.error() : dumps.error());
        return;
    }
    std::set<std::string> ours(c_.frozen.former_hosts.begin(), c_.frozen.former_hosts.end());
    ours.insert(c_.frozen.host);
    if (const std::size_t others = leave_to_others(*dumps, ours); others > 0)
        c_.log.say("other machines' dumps here, which stay: {}", others);
    const DumpGuess guess = guess_dump(c_.frozen.settings, *dumps, c_.summary.memory_bytes);
    std::uint64_t available = space->available;
    const Room room =
        make_room(*dumps, c_.frozen.settings.retention, c_.system.utc_seconds(), available, guess.bytes);
    if (!room.out_of_reach.empty())
        c_.log.say("retention.free_gib: {}", room.out_of_reach);
    for (const Removal& removal : room.removals) {
        c_.log.say("removes {} ({}): {}", removal.dump->name, human_bytes(removal.dump->disk_bytes),
                   removal.reason);
        if (const auto removed = remove_dump(*removal.dump); !removed)
            c_.log.error(removed.error());
        else
            available += removal.dump->disk_bytes;
    }
    c_.log.say("the dump may take {} ({}); {} are free{}", human_bytes(guess.bytes), guess.basis,
               human_bytes(available), available < guess.bytes ? ": it may not fit" : "");
}

Result<> FolderStore::open(const std::string& name) {
    KDK_TRY(mount());
    // Of an export it is the folder itself that is mounted.
    const bool whole = target_.path == "/" || target_.scheme == Scheme::nfs;
    const std::string parent = c_.mount_point + (whole ? "" : target_.path);
    make_room_in(parent);
    KDK_ASSIGN(const Space space, c_.system.space(c_.mount_point).map_error(blame_destination));
    if (space.available < 2 * ReservedRoom::bytes) {
        Error full = system_error("write to", target_.url(), ENOSPC);
        return fail(blame_destination(std::move(full)).then("Make room there, or name another target."));
    }
    KDK_ASSIGN(folder_, make_dump_folder(parent, name));
    KDK_ASSIGN(auto room, ReservedRoom::make(folder_));
    room_.emplace(std::move(room));
    KDK_TRY(c_.log.attach(folder_ + "/capture.log"));
    c_.log.say("saving to {}", folder_.substr(c_.mount_point.size()));
    return {};
}

Result<> FolderStore::put_log(const std::string& path) {
    KDK_ASSIGN(const auto bytes, read_file(path));
    return write_file_atomically(folder_ + "/dmesg.txt", bytes, 0600).map_error(blame_destination);
}

Result<> FolderStore::put_summary(const std::string& text) {
    return write_file_atomically(folder_ + "/summary.json", text, 0600).map_error(blame_destination);
}

TryEnd FolderStore::filter(const Method& method) {
    last_level_ = method.level;
    const std::string summary = folder_ + "/collector.json";
    const CollectorRun run = run_collector(c_,
                                           dump_argv(c_.places.collector, method, c_.places.vmcore,
                                                     dump_path(), summary, layout_path(c_.places)),
                                           dump_path(), dump_limits(c_));
    return judge(c_, attempt_with(file_size(dump_path()), attempt_of(run.status, run.text())), summary);
}

TryEnd FolderStore::copy() {
    TryEnd end;
    last_level_ = 0;
    double last_words_at = now();
    CopyOptions options;
    options.until = c_.until;
    options.progress = [&](const CopyReport& report) {
        if (now() - last_words_at < 3.0)
            return;
        last_words_at = now();
        c_.memory.sample();
        c_.log.say("copied {} of {}", human_bytes(report.copied), human_bytes(report.source_size));
    };
    const auto report = copy_vmcore(c_.system, c_.places.vmcore, dump_path(), options);
    Attempt& attempt = end.attempt;
    if (!report) {
        attempt.outcome = report.error().message();
        attempt.ending =
            report.error().side == ErrorSide::destination ? Ending::destination_failed : Ending::failed;
    } else {
        c_.log.say("copied {}, of these {} zeros", human_bytes(report->copied), human_bytes(report->zero));
        end.reason = report->partial_reason();
        attempt.outcome = end.reason.empty() ? "copied" : end.reason;
        attempt.ending = report->complete() ? Ending::success
                         : report->stopped  ? Ending::destination_failed
                                            : Ending::failed;
    }
    end.source_only = attempt.ending == Ending::failed;
    return end;
}

// A first partial dump stays, since a try at a lower level may fill the disk and leave less that is useful.
// A second one goes: it would take the room that the last try needs.
void FolderStore::make_way() {
    if (file_size(dump_path()) > 0 && aside_.empty()) {
        const std::string name = fmt::format("vmcore.partial-{}", last_level_);
        if (const auto kept = c_.system.rename(dump_path(), folder_ + "/" + name); !kept)
            c_.log.error(kept.error());
        else {
            aside_ = name;
            move_manifest(dump_path(), folder_ + "/" + name);
            c_.log.say("the partial dump ({}) is kept as {} until there is a complete one",
                       human_bytes(file_size(folder_ + "/" + aside_)), aside_);
        }
    }
    ::unlink(dump_path().c_str());
    ::unlink(manifest_of(dump_path()).c_str());
}

// A dump without its manifest is a dump; nothing is given up for it.
void FolderStore::move_manifest(const std::string& from, const std::string& to) {
    if (!file_exists(manifest_of(from)))
        return;
    if (const auto moved = c_.system.rename(manifest_of(from), manifest_of(to)); !moved)
        c_.log.error(moved.error());
}

std::uint64_t FolderStore::settle(bool whole) {
    if (!whole)
        keep_the_better();
    const std::uint64_t bytes = file_size(dump_path());
    if (bytes == 0)
        ::unlink(dump_path().c_str());
    else if (!whole)
        if (const auto kept = sync_file(dump_path()); !kept)
            c_.log.error(kept.error());
    return bytes;
}

// When the last try left nothing, the partial dump is the one that was put aside.
void FolderStore::keep_the_better() {
    if (aside_.empty())
        return;
    const std::string path = folder_ + "/" + aside_;
    if (file_size(dump_path()) == 0) {
        c_.log.say("nothing more could be had, {} becomes vmcore.incomplete", aside_);
        if (const auto back = c_.system.rename(path, dump_path()); back) {
            move_manifest(path, dump_path());
            aside_.clear();
        } else
            c_.log.error(back.error());
    } else {
        c_.log.say("the earlier partial dump stays beside it as {} ({})", aside_,
                   human_bytes(file_size(path)));
        if (const auto kept = sync_file(path); !kept)
            c_.log.error(kept.error());
    }
}

void FolderStore::drop_aside() {
    if (!aside_.empty()) {
        ::unlink((folder_ + "/" + aside_).c_str());
        ::unlink(manifest_of(folder_ + "/" + aside_).c_str());
    }
    aside_.clear();
}

// `vmcore` is always whole: it gets that name only once it is safe on the disk.
Result<> FolderStore::finish() {
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
    drop_aside();
    return {};
}

std::vector<SavedFile> FolderStore::files() {
    std::vector<SavedFile> found;
    for (const std::string& name : {std::string("dmesg.txt"), std::string(dump_name_),
                                    manifest_of(dump_name_), aside_, std::string("capture.log")}) {
        struct stat status {};
        if (!name.empty() && ::stat((folder_ + "/" + name).c_str(), &status) == 0)
            found.push_back({name, static_cast<std::uint64_t>(status.st_size),
                             static_cast<std::uint64_t>(status.st_blocks) * 512});
    }
    return found;
}

Result<> FolderStore::put_capture_log() {
    if (room_)
        room_->release();
    return c_.log.sync();
}

void FolderStore::close() {
    if (room_)
        room_->release();
    c_.log.detach();
    if (!mounted_)
        return;
    if (const auto left = c_.system.unmount(c_.mount_point); !left)
        c_.log.error(left.error());
}

Result<> FolderStore::sync_file(const std::string& path) {
    KDK_ASSIGN(const Fd fd, open_file(path, O_RDONLY).map_error(blame_destination));
    return c_.system.sync(fd.get(), path);
}

} // namespace kdumpkit::capture
