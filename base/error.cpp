// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace kdumpkit {

std::string Error::message() const {
    std::string text = fmt::format("cannot {}", operation);
    if (!object.empty())
        text += " " + object;
    if (offset)
        text += fmt::format(" at offset {:#x}", *offset);
    if (!reason.empty())
        text += ": " + reason;
    if (errno_value != 0)
        text += ": " + std::generic_category().message(errno_value);
    if (!next_step.empty())
        text += "\n  next: " + next_step;
    return text;
}

Error Error::then(std::string step) && {
    next_step = std::move(step);
    return std::move(*this);
}

Error Error::at(std::uint64_t where) && {
    offset = where;
    return std::move(*this);
}

Error Error::from(ErrorSide which) && {
    side = which;
    return std::move(*this);
}

Error make_error(ErrorKind kind, std::string operation, std::string object, std::string reason) {
    Error error;
    error.kind = kind;
    error.operation = std::move(operation);
    error.object = std::move(object);
    error.reason = std::move(reason);
    return error;
}

Error system_error(std::string operation, std::string object, int errno_value) {
    Error error = make_error(errno_value == ENOENT ? ErrorKind::absent : ErrorKind::system,
                             std::move(operation), std::move(object));
    error.errno_value = errno_value;
    return error;
}

int exit_code(const Error& error) {
    if (error.side == ErrorSide::destination)
        return exit_codes::destination;
    switch (error.kind) {
    case ErrorKind::system:
        return exit_codes::system;
    case ErrorKind::absent:
        return exit_codes::absent;
    case ErrorKind::corrupt:
        return exit_codes::corrupt;
    case ErrorKind::unsupported:
        return exit_codes::unsupported;
    case ErrorKind::invalid:
        return exit_codes::invalid;
    }
    return exit_codes::system;
}

} // namespace kdumpkit
