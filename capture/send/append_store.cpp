// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/append_store.h"

#include "base/bytes.h"
#include "base/progress.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::send {
namespace {

constexpr std::string_view suffix = ".incomplete";

bool speaks_ftp(const Target& target) {
    return target.scheme == Scheme::ftp || target.scheme == Scheme::ftps;
}

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

// Quoted as libcurl reads the words of its SFTP commands.
std::string sftp_word(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + '"';
}

// A path in a command of SFTP: libcurl knows "/~/" (the home folder, where a session begins) in URLs only.
std::string sftp_path(const Target& target, const std::string& name) {
    const std::string path = target.path == "/" ? "/" + name : target.path + "/" + name;
    return sftp_word(path.starts_with("/~/") ? path.substr(3) : path);
}

} // namespace

std::string AppendStore::url(const std::string& name) const {
    return remote_url(means_.session.target(), name);
}

Outcome<> AppendStore::put(Input& input, const std::string& name, Stored& stored) {
    const std::string partial = name + std::string(suffix);
    KDK_TRY(upload(input, partial, stored));
    stored.bytes = input.seen();
    stored.where = url(name);
    return rename(partial, name, stored.bytes);
}

Outcome<> AppendStore::upload(Input& input, const std::string& partial, Stored& stored) {
    Patience patience(means_.retries);
    // The file on the server is ours as soon as libcurl has asked for the first bytes: it was then made anew.
    bool ours = false;
    if (means_.from_file) {
        KDK_ASSIGN(ours, continues(input, partial));
    }
    while (true) {
        InputBody body(input);
        Request request;
        request.url = url(partial);
        request.body = &body;
        request.resume = ours;
        ++stored.attempts;
        auto reply = means_.session.run(request);
        if (ours && body.began().value_or(0) != 0)
            stored.resumed_at.push_back(*body.began());
        const Outcome<> whole = reply ? is_whole(input, partial) : tl::unexpected(std::move(reply).error());
        if (whole)
            return {};
        ours = ours || body.began();
        KDK_TRY(wait_to_retry(means_, patience, whole.error(), body.position()));
    }
}

// libcurl says nothing about a connection that is lost while it closes the file: what a server that died then
// had not written yet is sent again.
Outcome<> AppendStore::is_whole(const Input& input, const std::string& partial) {
    KDK_ASSIGN(const std::uint64_t there, size_of(partial));
    if (there == input.seen())
        return {};
    return trouble(there < input.seen() ? Verdict::again : Verdict::broken,
                   make_error(ErrorKind::corrupt, "store at", url(partial),
                              fmt::format("{} bytes were sent and {} are there", input.seen(), there))
                       .then("make room on the server, or see whether somebody else writes that file")
                       .from(ErrorSide::destination));
}

Outcome<std::uint64_t> AppendStore::size_of(const std::string& name) {
    EmptyBody nothing;
    Request request;
    request.url = url(name);
    request.body = &nothing;
    request.resume = true;
    KDK_TRY(run_patiently(means_, request));
    return nothing.position();
}

Outcome<bool> AppendStore::same_there(Input& input, const std::string& partial, std::uint64_t from,
                                      std::size_t length) {
    Request request;
    request.url = url(partial);
    request.range = fmt::format("{}-{}", from, from + length - 1);
    KDK_ASSIGN(const Reply reply, run_patiently(means_, request));
    std::vector<std::byte> ours(length);
    std::size_t filled = 0;
    while (filled < ours.size()) {
        auto got = input.read(from + filled, std::span(ours).subspan(filled));
        if (!got)
            return trouble(Verdict::input, std::move(got).error());
        if (got->bytes == 0)
            break;
        filled += got->bytes;
    }
    return as_bytes(reply.text).size() == filled &&
           std::equal(ours.begin(), ours.end(), as_bytes(reply.text).begin());
}

// Not only the end: a memory image has long runs of zeros, which would join to anything.
Outcome<bool> AppendStore::continues(Input& input, const std::string& partial) {
    constexpr std::uint64_t compared = 64 << 10;
    constexpr std::uint64_t places = 8;
    KDK_ASSIGN(const std::uint64_t there, size_of(partial));
    if (there == 0 || there > input.seen())
        return false;
    const std::uint64_t length = std::min(there, compared);
    const std::uint64_t step = std::max<std::uint64_t>((there - length) / (places - 1), 1);
    bool same = true;
    // From the end, where most others differ.
    for (std::uint64_t from = there - length; same; from -= step) {
        KDK_ASSIGN(same, same_there(input, partial, from, static_cast<std::size_t>(length)));
        if (from < step)
            break;
    }
    means_.log.info("{} of {} are there already{}", human_bytes(there), human_bytes(input.seen()),
                    same ? "" : ", but of another file: beginning anew");
    return same;
}

Outcome<> AppendStore::rename(const std::string& from, const std::string& to, std::uint64_t bytes) {
    const Target& target = means_.session.target();
    const std::vector<std::string> commands =
        speaks_ftp(target)
            ? std::vector{"RNFR " + base_name(from), "RNTO " + base_name(to)}
            : std::vector{fmt::format("rename {} {}", sftp_path(target, from), sftp_path(target, to))};
    auto renamed = command(to, commands);
    if (renamed || renamed.error().verdict != Verdict::refused)
        return renamed;
    // SFTP does not rename over a file that exists; what is complete there goes only when the new one is. It
    // is the new one itself when the answer to the first attempt was lost.
    KDK_ASSIGN(std::uint64_t left, size_of(from));
    if (left == bytes) {
        (void)remove(to); // there may be none
        renamed = command(to, commands);
        if (renamed || renamed.error().verdict != Verdict::refused)
            return renamed;
        KDK_ASSIGN(left, size_of(from));
        if (left == bytes)
            return renamed;
    }
    (void)remove(from); // empty: asking for the size of a file makes it
    KDK_ASSIGN(const std::uint64_t there, size_of(to));
    return there == bytes ? Outcome<>() : renamed;
}

Outcome<> AppendStore::remove(const std::string& name) {
    const Target& target = means_.session.target();
    return command(name, {speaks_ftp(target) ? "DELE " + base_name(name)
                                             : fmt::format("rm {}", sftp_path(target, name))});
}

Outcome<std::uint64_t> AppendStore::left_over(const std::string& name) {
    const std::string partial = name + std::string(suffix);
    KDK_ASSIGN(const std::uint64_t bytes, size_of(partial));
    if (bytes == 0)
        (void)remove(partial); // asking for the size of a file makes it
    return bytes;
}

Outcome<> AppendStore::command(const std::string& name, std::vector<std::string> commands) {
    Request request;
    request.url = url(name);
    request.url.resize(request.url.rfind('/') + 1);
    request.commands = std::move(commands);
    request.look_only = true;
    KDK_TRY(run_patiently(means_, request));
    return {};
}

} // namespace kdumpkit::send
