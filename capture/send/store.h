// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/log.h"
#include "capture/send/input.h"
#include "capture/send/patience.h"
#include "capture/send/session.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kdumpkit::send {

// How an upload went.
struct Stored {
    std::string where; // URL of what was stored, without secrets
    std::uint64_t bytes = 0;
    unsigned attempts = 0;
    std::vector<std::uint64_t> resumed_at;
};

// What an upload needs besides its input.
struct Means {
    Session& session;
    const Log& log;
    unsigned retries;
    bool from_file; // the input is a file: what an earlier run of the program stored of it is used
};

// A kind of target. `name` is relative to the target's path. What is stored under it is whole, or is not
// there.
class Store {
  public:
    virtual ~Store() = default;
    virtual Outcome<> put(Input& input, const std::string& name, Stored& stored) = 0;
    virtual Outcome<> remove(const std::string& name) = 0;
    // How much is there of an upload of `name` that broke off, where somebody can read it.
    virtual Outcome<std::uint64_t> left_over(const std::string& /*name*/) { return 0; }
};

std::unique_ptr<Store> open_store(const Means& means);

// "a/b c" below the target's path, percent-encoded, with a slash in front; and with its server.
std::string remote_path(const Target& target, const std::string& name);
std::string remote_url(const Target& target, const std::string& name);
// After an attempt that came as far as `reached`: says so, waits, and returns when it is to be tried again;
// otherwise the trouble.
Outcome<> wait_to_retry(const Means& means, Patience& patience, Trouble trouble, std::uint64_t reached);
// For a request that may be made twice, and whose body needs no beginning.
Outcome<Reply> run_patiently(const Means& means, const Request& request);

} // namespace kdumpkit::send
