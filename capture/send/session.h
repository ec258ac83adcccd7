// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/send/body.h"
#include "capture/send/login.h"
#include "capture/send/outcome.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kdumpkit::send {

struct Limits {
    std::chrono::seconds connect{30}; // name, connection, TLS or SSH, login, opening the file
    std::chrono::seconds stall{60};   // without a byte taken, while there is something to send
    std::chrono::seconds give_up{0};  // the same over attempts that fail one after the other; 0: no limit

    // How long the answer may take when all was sent: some servers copy gigabytes, or put them together,
    // before they say a word.
    [[nodiscard]] std::chrono::seconds answer() const {
        return give_up != std::chrono::seconds(0) ? give_up : std::max(stall, std::chrono::seconds(600));
    }
};

// One request to a server.
struct Request {
    std::string url;
    std::string method;                 // of HTTP; empty: what an upload or a download is
    std::vector<std::string> headers;   // of HTTP
    std::vector<std::string> commands;  // of SFTP and FTP, after the transfer
    Body* body = nullptr;               // null: nothing is uploaded
    bool resume = false;                // SFTP and FTP: begin where the file on the server ends
    std::string range;                  // of a download: "FIRST-LAST", both included
    bool look_only = false;             // no download either
    bool even_when_interrupted = false; // for what tidies up
};

struct Reply {
    long status = 0;  // of HTTP
    std::string text; // what came back, at most reply_limit bytes
    std::string etag;
    std::optional<std::uint64_t> length; // what HTTP says of it
};
inline constexpr std::size_t reply_limit = std::size_t{1} << 20;

// Requests to one server, one at a time; connections are kept between them.
class Session {
  public:
    // `moved` hears how far the body is.
    Session(const Login& login, const Limits& limits, std::function<void(std::uint64_t)> moved);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    // An HTTP reply that is not a success is trouble, too.
    Outcome<Reply> run(const Request& request);
    // Nothing has moved for Limits::give_up: another attempt is not worth it.
    [[nodiscard]] bool stands_still() const;
    [[nodiscard]] const Target& target() const;

  private:
    Outcome<Reply> run_once(const Request& request);
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace kdumpkit::send
