// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/send/session.h"
#include "capture/send/verdict.h"

#include <array>
#include <optional>
#include <string>

namespace kdumpkit::send {

// A request while libcurl works on it: what its callbacks write down.
struct Flight {
    Body* body = nullptr;
    Reply reply;
    curl_off_t given = 0;           // bytes that libcurl took from the body since it last began
    bool starved = false;           // paused, because the body has nothing at the moment
    std::optional<Trouble> problem; // ours, which is why libcurl gave up
    std::string host_key;           // what is wrong with the SSH server's key
    std::array<char, CURL_ERROR_SIZE> message{};

    // Sets the callbacks of a handle; both must stay where they are.
    void attach(CURL* handle);
    // Takes from the handle what it knows at the end.
    void finish(CURL* handle);
    // The most telling text about a failure.
    [[nodiscard]] std::string detail() const;
};

} // namespace kdumpkit::send
