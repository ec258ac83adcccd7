// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/store.h"

#include "base/interrupt.h"
#include "base/percent.h"
#include "capture/send/append_store.h"
#include "capture/send/put_store.h"
#include "capture/send/s3/s3_store.h"

#include <poll.h>

namespace kdumpkit::send {

std::unique_ptr<Store> open_store(const Means& means) {
    switch (means.session.target().scheme) {
    case Scheme::https:
        return std::make_unique<PutStore>(means);
    case Scheme::s3:
        return std::make_unique<S3Store>(means);
    default:
        return std::make_unique<AppendStore>(means);
    }
}

std::string remote_path(const Target& target, const std::string& name) {
    const std::string folder = target.path == "/" ? std::string() : target.path;
    return percent_encoded(name.empty() ? folder : folder + "/" + name, "/");
}

std::string remote_url(const Target& target, const std::string& name) {
    return server_url(target) + remote_path(target, name);
}

Outcome<> wait_to_retry(const Means& means, Patience& patience, Trouble trouble, std::uint64_t reached) {
    if (trouble.verdict != Verdict::again)
        return tl::unexpected(std::move(trouble));
    const auto pause = patience.after(reached);
    if (!pause || means.session.stands_still())
        return tl::unexpected(std::move(trouble));
    means.log.warning("{}; trying again in {} s", trouble.error.reason, pause->count());
    // A signal ends the pause early, and so does the end of all patience.
    const auto over = [&] { return interrupted() != 0 || means.session.stands_still(); };
    for (int tenths = static_cast<int>(pause->count()) * 10; tenths > 0 && !over(); --tenths)
        (void)::poll(nullptr, 0, 100);
    if (over())
        return tl::unexpected(std::move(trouble));
    return {};
}

Outcome<Reply> run_patiently(const Means& means, const Request& request) {
    Patience patience(means.retries);
    while (true) {
        auto reply = means.session.run(request);
        if (reply)
            return reply;
        KDK_TRY(wait_to_retry(means, patience, std::move(reply).error(), 0));
    }
}

} // namespace kdumpkit::send
