// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/session.h"

#include "base/interrupt.h"
#include "capture/send/flight.h"
#include "capture/send/sockets.h"

#include <fmt/format.h>

namespace kdumpkit::send {
namespace {

using Clock = std::chrono::steady_clock;

struct ListEnd {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListEnd>;

List make_list(const std::vector<std::string>& lines) {
    List list;
    for (const std::string& line : lines)
        if (curl_slist* longer = curl_slist_append(list.get(), line.c_str())) {
            (void)list.release();
            list.reset(longer);
        }
    return list;
}

void set_request(CURL* handle, const Request& request, const Limits& limits) {
    (void)curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    if (!request.method.empty())
        (void)curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    (void)curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    // Later than our own limit, which cuts connections off first.
    (void)curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect.count()) + 10);
    (void)curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                           static_cast<long>(std::max(limits.stall, limits.answer()).count()) + 10);
    (void)curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    if (!request.range.empty())
        (void)curl_easy_setopt(handle, CURLOPT_RANGE, request.range.c_str());
    if (request.look_only)
        (void)curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    if (!request.body)
        return;
    (void)curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
    const auto size = request.body->size();
    (void)curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE,
                           size && !request.resume ? static_cast<curl_off_t>(*size) : curl_off_t{-1});
    (void)curl_easy_setopt(handle, CURLOPT_RESUME_FROM_LARGE, curl_off_t{request.resume ? -1 : 0});
    (void)curl_easy_setopt(handle, CURLOPT_FTP_CREATE_MISSING_DIRS, long{CURLFTP_CREATE_DIR_RETRY});
    // A dump holds the secrets of a machine.
    (void)curl_easy_setopt(handle, CURLOPT_NEW_FILE_PERMS, 0600L);
    (void)curl_easy_setopt(handle, CURLOPT_NEW_DIRECTORY_PERMS, 0700L);
}

// Since when nothing moves, over all attempts since the last that succeeded.
class Standstill {
  public:
    explicit Standstill(std::chrono::seconds limit) : limit_(limit) {}
    void begin() {
        if (!failed_)
            since_ = Clock::now();
    }
    void moved() { since_ = Clock::now(); }
    void end(bool well) { failed_ = !well; }
    [[nodiscard]] bool too_long() const {
        return limit_ != std::chrono::seconds(0) && Clock::now() - since_ > limit_;
    }
    [[nodiscard]] std::string complaint() const {
        return fmt::format("nothing that we send gets to the server for {} seconds", limit_.count());
    }

  private:
    std::chrono::seconds limit_;
    bool failed_ = false;
    Clock::time_point since_ = Clock::now();
};

// Watches over what libcurl does, so that nothing lasts without end.
class Watch {
  public:
    Watch(Flight& flight, CURL* handle, const Limits& limits, Standstill& standstill)
        : flight_(flight), handle_(handle), limits_(limits), standstill_(standstill) {}

    // What lasts too long; empty when all is well.
    std::string complaint() {
        curl_off_t connected = 0, sent = 0, received = 0;
        (void)curl_easy_getinfo(handle_, CURLINFO_PRETRANSFER_TIME_T, &connected);
        (void)curl_easy_getinfo(handle_, CURLINFO_SIZE_UPLOAD_T, &sent);
        (void)curl_easy_getinfo(handle_, CURLINFO_SIZE_DOWNLOAD_T, &received);
        const curl_off_t moved = sent + received + flight_.given;
        // An answer to a login is no progress.
        if (sent + flight_.given != sent_ || flight_.starved)
            standstill_.moved();
        sent_ = sent + flight_.given;
        const bool answering = flight_.body && flight_.body->at_end() && sent >= flight_.given;
        if (standstill_.too_long())
            return answering ? no_answer() : standstill_.complaint();
        if (connected == 0 && moved == 0)
            return Clock::now() - since_ > limits_.connect
                       ? fmt::format("connecting and logging in took more than {} seconds",
                                     limits_.connect.count())
                       : std::string();
        if (moved != moved_ || flight_.starved || !connected_)
            since_ = Clock::now();
        moved_ = moved;
        connected_ = true;
        if (answering)
            return Clock::now() - since_ > limits_.answer() ? no_answer() : std::string();
        return Clock::now() - since_ > limits_.stall
                   ? fmt::format("the server took nothing for {} seconds", limits_.stall.count())
                   : std::string();
    }

  private:
    [[nodiscard]] std::string no_answer() const {
        return fmt::format("the server has all and did not answer for {} seconds", limits_.answer().count());
    }

    Flight& flight_;
    CURL* handle_;
    const Limits& limits_;
    Standstill& standstill_;
    bool connected_ = false;
    curl_off_t moved_ = 0;
    curl_off_t sent_ = 0;
    Clock::time_point since_ = Clock::now();
};

} // namespace

struct Session::State {
    Login login;
    Limits limits;
    std::function<void(std::uint64_t)> moved;
    Standstill standstill{limits.give_up};
    Sockets sockets{};
    std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> multi{curl_multi_init(), curl_multi_cleanup};

    [[nodiscard]] Trouble failed(Verdict verdict, std::string reason, std::string next_step) const {
        return {verdict, make_error(ErrorKind::system, "store at", login.target.url(), std::move(reason))
                             .then(std::move(next_step))
                             .from(ErrorSide::destination)};
    }

    // Until the request has ended; what libcurl says about it.
    Outcome<CURLcode> fly(CURL* handle, Flight& flight, bool even_when_interrupted) {
        Watch watch(flight, handle, limits, standstill);
        while (true) {
            int running = 0;
            (void)curl_multi_perform(multi.get(), &running);
            int left = 0;
            while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left))
                if (message->msg == CURLMSG_DONE)
                    return message->data.result;
            if (flight.body)
                moved(flight.body->position());
            if (const int number = interrupted(); number != 0 && !even_when_interrupted)
                return tl::unexpected(failed(Verdict::input, fmt::format("ended by signal {}", number), {}));
            if (std::string reason = watch.complaint(); !reason.empty())
                return tl::unexpected(failed(Verdict::again, std::move(reason),
                                             "see whether the server and the network are up"));
            const int fd = flight.starved ? flight.body->wait_for() : -1;
            curl_waitfd more{fd, CURL_WAIT_POLLIN, 0};
            (void)curl_multi_poll(multi.get(), &more, fd >= 0 ? 1 : 0, 500, nullptr);
            // libcurl does not tell when a pipe was closed.
            if (fd >= 0 && readable_now(fd)) {
                flight.starved = false;
                (void)curl_easy_pause(handle, CURLPAUSE_CONT);
            }
        }
    }
};

Session::Session(const Login& login, const Limits& limits, std::function<void(std::uint64_t)> moved)
    : state_(new State{login, limits, std::move(moved)}) {}
Session::~Session() = default;

bool Session::stands_still() const {
    return state_->standstill.too_long();
}

const Target& Session::target() const {
    return state_->login.target;
}

Outcome<Reply> Session::run(const Request& request) {
    state_->standstill.begin();
    auto reply = run_once(request);
    state_->standstill.end(reply.has_value());
    return reply;
}

Outcome<Reply> Session::run_once(const Request& request) {
    State& state = *state_;
    const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), curl_easy_cleanup);
    CURL* handle = easy.get();
    if (!handle || !state.multi)
        return tl::unexpected(state.failed(Verdict::broken, "libcurl has no memory", {}));
    Flight flight;
    flight.body = request.body;
    const List headers = make_list(request.headers);
    const List commands = make_list(request.commands);
    set_request(handle, request, state.limits);
    apply(state.login, handle);
    flight.attach(handle);
    state.sockets.attach(handle);
    (void)curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    (void)curl_easy_setopt(handle, CURLOPT_POSTQUOTE, commands.get());

    (void)curl_multi_add_handle(state.multi.get(), handle);
    const Outcome<CURLcode> code = state.fly(handle, flight, request.even_when_interrupted);
    if (!code)
        state.sockets.cut();
    (void)curl_multi_remove_handle(state.multi.get(), handle);
    if (!code)
        return tl::unexpected(code.error());
    if (flight.problem)
        return tl::unexpected(*std::move(flight.problem));
    flight.finish(handle);
    const Target& target = state.login.target;
    if (*code != CURLE_OK)
        return tl::unexpected(judge(*code, flight.reply.status, flight.detail(), target));
    if ((target.scheme == Scheme::https || target.scheme == Scheme::s3) &&
        (flight.reply.status < 200 || flight.reply.status > 299))
        return tl::unexpected(judge_http(flight.reply.status, flight.detail(), target));
    return std::move(flight.reply);
}

} // namespace kdumpkit::send
