// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/verdict.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit::send {
namespace {

struct Row {
    long code;
    Verdict verdict;
    std::string_view reason;
    std::string_view next_step;
};

constexpr std::string_view look_at_server = "look at the server's log";
constexpr std::string_view ask_time = "see whether the server and the network are up";

constexpr std::array curl_rows{
    Row{CURLE_COULDNT_RESOLVE_HOST, Verdict::again, "the host's name could not be resolved",
        "check the name and the DNS servers, or write the address into the URL"},
    Row{CURLE_COULDNT_CONNECT, Verdict::again, "no connection", ask_time},
    Row{CURLE_OPERATION_TIMEDOUT, Verdict::again, "it took too long", ask_time},
    Row{CURLE_LOGIN_DENIED, Verdict::refused, "the server does not let us in",
        "check user and password in credentials="},
    Row{CURLE_PEER_FAILED_VERIFICATION, Verdict::refused, "the server is not who it should be",
        "check ca= or known_hosts=, the host's name and the clock"},
    Row{CURLE_SSL_CONNECT_ERROR, Verdict::again, "no TLS connection", "check cert=, key= and the port"},
    Row{CURLE_SSL_CERTPROBLEM, Verdict::refused, "the client's certificate cannot be used",
        "check cert= and key="},
    Row{CURLE_SSL_CACERT_BADFILE, Verdict::refused, "the trusted certificates cannot be read", "check ca="},
    Row{CURLE_USE_SSL_FAILED, Verdict::refused, "the server has no TLS",
        "use tls=implicit, or another server"},
    Row{CURLE_REMOTE_ACCESS_DENIED, Verdict::refused, "access denied",
        "make the folder writable for that user, or name another path"},
    Row{CURLE_REMOTE_FILE_NOT_FOUND, Verdict::refused, "no such file or folder", "check the path"},
    Row{CURLE_REMOTE_DISK_FULL, Verdict::refused, "the server's disk is full", "make room there"},
    Row{CURLE_REMOTE_FILE_EXISTS, Verdict::refused, "there is a file of that name", "use another --name"},
    Row{CURLE_QUOTE_ERROR, Verdict::refused, "the server refused a command", look_at_server},
    Row{CURLE_UPLOAD_FAILED, Verdict::refused, "the server does not take the file",
        "check the path, its permissions and the room there"},
    Row{CURLE_URL_MALFORMAT, Verdict::refused, "libcurl does not understand the URL", "check the URL"},
    Row{CURLE_UNSUPPORTED_PROTOCOL, Verdict::refused, "this libcurl cannot do that protocol",
        "install the complete libcurl (libcurl4)"},
    Row{CURLE_FTP_COULDNT_USE_REST, Verdict::again, "the upload cannot be resumed", look_at_server},
};

constexpr std::array http_rows{
    Row{400, Verdict::refused, "bad request", look_at_server},
    Row{401, Verdict::refused, "the server does not know us", "check credentials=, cert= and key="},
    Row{403, Verdict::refused, "we may not write there", "check the permissions, credentials= and cert="},
    Row{404, Verdict::refused, "no such place", "check the path (and of s3 the bucket)"},
    Row{405, Verdict::refused, "the server takes no PUT there", "allow PUT for that path (WebDAV)"},
    Row{408, Verdict::again, "the server waited too long", ask_time},
    Row{409, Verdict::refused, "the folder does not exist", "make it, or allow MKCOL"},
    Row{411, Verdict::refused, "the server wants to know the size first", "send a file with --file"},
    Row{413, Verdict::refused, "the dump is too large for the server",
        "raise its limit (nginx: client_max_body_size)"},
    Row{429, Verdict::again, "the server has too much to do", ask_time},
    Row{507, Verdict::refused, "the server's disk is full", "make room there"},
};

template<std::size_t N>
const Row* find(const std::array<Row, N>& rows, long code) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.code == code; });
    return found == rows.end() ? nullptr : &*found;
}

std::string with_detail(std::string_view reason, std::string_view detail) {
    return detail.empty() ? std::string(reason) : fmt::format("{} ({})", reason, detail);
}

Trouble make(Verdict verdict, const Target& target, std::string reason, std::string_view next_step) {
    return {verdict, make_error(verdict == Verdict::refused ? ErrorKind::invalid : ErrorKind::system,
                                "store at", target.url(), std::move(reason))
                         .then(std::string(next_step))
                         .from(ErrorSide::destination)};
}

} // namespace

Trouble judge(CURLcode code, long status, std::string_view detail, const Target& target) {
    const std::string text = detail.empty() ? curl_easy_strerror(code) : std::string(detail);
    // FTP: 5yz is a permanent refusal, of which 552 is a full disk; 4yz may pass (RFC 959, 4.2.1).
    if (code == CURLE_UPLOAD_FAILED && status >= 400 && status < 500)
        return make(Verdict::again, target, with_detail("the server does not take the file now", text),
                    look_at_server);
    if (code == CURLE_LOGIN_DENIED && target.info().speaks_ssh())
        return make(
            Verdict::refused, target, with_detail("the server does not let us in", text),
            "check user, key and credentials: with ssh-copy-id, or by hand with sftp -i KEY (RSA keys do "
            "not work)");
    if (const Row* row = find(curl_rows, code))
        return make(row->verdict, target, with_detail(row->reason, text), row->next_step);
    // Whatever else happens to a connection happens once.
    return make(Verdict::again, target, with_detail("the connection broke", text), look_at_server);
}

Trouble judge_http(long status, std::string_view detail, const Target& target) {
    const Row* row = find(http_rows, status);
    Trouble trouble =
        row != nullptr
            ? make(row->verdict, target, with_detail(fmt::format("HTTP {}: {}", status, row->reason), detail),
                   row->next_step)
        : status >= 300 && status < 400
            ? make(Verdict::refused, target,
                   with_detail(fmt::format("HTTP {}: it lies elsewhere", status), detail),
                   "write the place that the server names into the URL")
            : make(status >= 500 ? Verdict::again : Verdict::refused, target,
                   with_detail(fmt::format("HTTP {}", status), detail), look_at_server);
    trouble.status = status;
    return trouble;
}

} // namespace kdumpkit::send
