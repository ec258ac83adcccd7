// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/interrupt.h"

#include <string_view>

namespace kdumpkit::dump {

namespace {

constexpr std::string_view interruption_mark = "interrupted: ";

} // namespace

Error interruption(const std::string& object, const std::string& state) {
    return make_error(ErrorKind::system, "finish", object, std::string(interruption_mark) + state)
        .then("run it again; -f replaces what is there");
}

bool is_interruption(const Error& error) {
    return error.reason.starts_with(interruption_mark);
}

Result<> stop_if_interrupted(const std::string& object) {
    return interrupted() == 0 ? Result<>() : fail(interruption(object, "nothing was saved"));
}

} // namespace kdumpkit::dump
