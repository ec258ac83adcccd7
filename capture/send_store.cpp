// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send_store.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "capture/vigil.h"

#include <optional>

#include <unistd.h>

namespace kdumpkit::capture {
namespace {

// Seconds for each of the last words (what is left over, the log, the summary) when the dump took the
// target's whole time: the chain waits for 15.
constexpr double last_words_time = 4;

std::uint64_t written_bytes(const std::string& collector_json) {
    const auto json = nlohmann::ordered_json::parse(collector_json, nullptr, false);
    if (!json.is_object())
        return 0;
    return number_in(json.value("bytes", nlohmann::ordered_json()), "written").value_or(0);
}

// Of two that are joined, the one that failed first: the sender's end makes the collector fail as well, but
// the collector's end has the sender killed.
Attempt attempt_of_both(const SentRun& run) {
    if (!run.ends)
        return attempt_of(tl::make_unexpected(run.ends.error()), run.ends.error().message());
    const auto& [from, to] = *run.ends;
    Attempt attempt = attempt_of(from, "the collector: " + from.text());
    if (!run.killed_for.empty())
        attempt.outcome = "killed: " + run.killed_for;
    else if (!to.success() && (to.signal == 0 || from.success())) {
        attempt.ending = Ending::destination_failed;
        attempt.outcome = "kdump-send: " + to.text();
    }
    // Both hang: whatever would be tried next would wait for the same server.
    if (!run.killed_for.empty())
        attempt.ending = Ending::destination_failed;
    return attempt;
}

// kdump-send(8): of the others nothing stays that broke off.
bool leaves_partial_files(const Target& target) {
    return target.info().speaks_ssh() || target.scheme == Scheme::ftp || target.scheme == Scheme::ftps;
}

} // namespace

SendStore::SendStore(Capture& capture, const Target& target)
    : c_(capture), url_(target.url()), leaves_partial_files_(leaves_partial_files(target)) {}

std::vector<std::string> send_argv(const Capture& capture, const std::string& url, const std::string& name,
                                   const std::string& file) {
    // Both limits are the settings': one that is shorter would break off a server that is only slow.
    const auto patience = capture.frozen.settings.stall_timeout.count();
    // A connection that a firewall has forgotten looks like a stall: half of the time is for another one.
    std::vector<std::string> argv{
        capture.places.sender,   "--name", name, "--stall", std::to_string(patience / 2), "--give-up",
        std::to_string(patience)};
    if (!file.empty())
        argv.insert(argv.end(), {"--file", file});
    argv.push_back(url);
    return argv;
}

Result<> SendStore::open(const std::string& name) {
    if (!file_exists(c_.places.sender))
        return fail(make_error(ErrorKind::absent, "send to", url_, "the initramfs has no kdump-send")
                        .then("Build the initramfs again.")
                        .from(ErrorSide::destination));
    name_ = name;
    c_.log.say("saving to {} on the server", name_);
    return {};
}

Result<> SendStore::put_log(const std::string& path) {
    return send_file(path, "dmesg.txt");
}

Result<> SendStore::put_summary(const std::string& text) {
    return send_text(text, "summary.json");
}

Result<> SendStore::put_capture_log() {
    return send_text(c_.log.history(), "capture.log");
}

TryEnd SendStore::filter(const Method& method) {
    const std::string summary = c_.places.scratch + "/collector.json";
    const std::string name = stream_name(c_.frozen.settings.stream);
    const SentRun run = run_and_send(c_, stream_argv(c_, method, summary),
                                     send_argv(c_, url_, name_ + "/" + name), dump_limits(c_));
    TryEnd end = judge(c_, attempt_of_both(run), summary);
    if (end.attempt.ending == Ending::success) {
        dump_name_ = name;
        dump_bytes_ = written_bytes(end.collector_json);
        std::erase(broken_off_, name); // what was there has become this
    } else if (leaves_partial_files_ && broken_off_.empty())
        broken_off_.push_back(name);
    return end;
}

TryEnd SendStore::copy() {
    const CollectorRun run =
        run_watched(c_, send_argv(c_, url_, name_ + "/vmcore", c_.places.vmcore), dump_limits(c_));
    Attempt attempt = attempt_of(run.status, "kdump-send: " + run.text());
    if (attempt.ending == Ending::success) {
        dump_name_ = "vmcore";
        dump_bytes_ = file_size(c_.places.vmcore);
    } else {
        attempt.ending = Ending::destination_failed;
        if (leaves_partial_files_)
            broken_off_.emplace_back("vmcore");
    }
    return judge(c_, std::move(attempt));
}

// What a server has of a dump that was cut off is listed; it is not called a dump.
std::uint64_t SendStore::settle(bool) {
    for (const std::string& name : broken_off_)
        list_left_over(name);
    return dump_name_.empty() ? 0 : std::max<std::uint64_t>(dump_bytes_, 1);
}

Result<> SendStore::finish() {
    files_.push_back({dump_name_, dump_bytes_, dump_bytes_});
    return {};
}

// A server that no longer answers has little time for this: the last words come after.
void SendStore::list_left_over(const std::string& name) {
    std::vector<std::string> argv = send_argv(c_, url_, name_ + "/" + name);
    argv.insert(argv.end() - 1, {"--left-over", "--retries", "0"});
    const double end = c_.system.boot_seconds() + last_words_time;
    std::optional<std::uint64_t> bytes;
    ProgramWatch watch;
    watch.line = [&](std::string_view line) {
        bytes = parse_number(line, 10);
        if (!bytes)
            c_.log.line(line);
    };
    watch.tick = [&](double) {
        return c_.system.boot_seconds() > end ? TickAnswer::kill : TickAnswer::go_on;
    };
    const auto status = c_.system.run(argv, watch);
    const std::string partial = name + ".incomplete";
    if (!status || !status->success() || !bytes)
        c_.log.say("whatever the server has of it is in {}", partial);
    else if (*bytes != 0) {
        c_.log.say("the server has {} of it in {}", human_bytes(*bytes), partial);
        files_.push_back({partial, *bytes, *bytes});
    }
}

Result<> SendStore::send_file(const std::string& path, const std::string& name) {
    const std::uint64_t bytes = file_size(path);
    RunLimits limits = dump_limits(c_);
    limits.whole = std::min(limits.whole, static_cast<double>(c_.frozen.settings.stall_timeout.count()));
    limits.whole = std::max(limits.whole, last_words_time);
    const CollectorRun run = run_watched(c_, send_argv(c_, url_, name_ + "/" + name, path), limits);
    if (ending_of(run.status) != Ending::success)
        return fail(make_error(ErrorKind::system, "send " + name + " to", url_, run.text())
                        .from(ErrorSide::destination));
    files_.push_back({name, bytes, bytes});
    return {};
}

Result<> SendStore::send_text(const std::string& text, const std::string& name) {
    const std::string path = c_.places.scratch + "/" + name;
    KDK_TRY(write_file_atomically(path, text, 0600));
    auto sent = send_file(path, name);
    ::unlink(path.c_str());
    if (sent && name == "summary.json")
        files_.pop_back(); // the list is in it
    return sent;
}

} // namespace kdumpkit::capture
