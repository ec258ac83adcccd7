// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

namespace kdumpkit::send {

// What a failure means for those who want their dump stored somewhere.
enum class Verdict {
    again,   // the target is out of reach, or broke off: another attempt may succeed
    broken,  // the target may be good, but this upload cannot go on
    refused, // the target said no, and will say it again
    input,   // what is to be stored could not be read
};

struct Trouble {
    Verdict verdict;
    Error error;
    long status = 0; // of HTTP, when that is what the server said
};

template<class T = void>
using Outcome = tl::expected<T, Trouble>;

inline tl::unexpected<Trouble> trouble(Verdict verdict, Error error) {
    return tl::unexpected(Trouble{verdict, std::move(error)});
}

// Exit codes of kdump-send besides those of all programs (base/error.h).
inline constexpr int exit_refused = 7;

inline int exit_code_of(const Trouble& what) {
    switch (what.verdict) {
    case Verdict::again:
    case Verdict::broken:
        return exit_codes::destination;
    case Verdict::refused:
        return exit_refused;
    case Verdict::input:
        break;
    }
    return exit_codes::system;
}

} // namespace kdumpkit::send
