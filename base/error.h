// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <tl/expected.hpp>

namespace kdumpkit {

// What sort of failure it was. Each has an exit code of its own, see exit_code().
enum class ErrorKind {
    system,      // the operating system refused or failed; errno_value says how
    absent,      // something that is needed does not exist
    corrupt,     // bytes contradict their format
    unsupported, // understood, but not handled by us or by this kernel
    invalid,     // the caller asked for something that makes no sense
};

// Which end of a copy failed. A capture tries the next target only when the destination is to blame.
enum class ErrorSide { neither, source, destination };

// One failure: which operation, on which object, at which byte offset, why, and what to do next.
struct Error {
    ErrorKind kind = ErrorKind::system;
    std::string operation; // a verb phrase: "read", "place the kernel"
    std::string object;    // a path, a URL, "the elfcorehdr segment"
    std::string reason;    // why, without a final stop; may be empty when errno_value tells
    std::string next_step; // an imperative sentence, or empty
    int errno_value = 0;
    std::optional<std::uint64_t> offset; // bytes from the start of the object
    ErrorSide side = ErrorSide::neither;

    // "cannot OPERATION OBJECT at offset 0x10: REASON: STRERROR\n  next: NEXT_STEP". No final newline.
    [[nodiscard]] std::string message() const;

    // The same error with a next step, a side or an offset; for `return error.then("...")` chains.
    [[nodiscard]] Error then(std::string step) &&;
    [[nodiscard]] Error at(std::uint64_t where) &&;
    [[nodiscard]] Error from(ErrorSide which) &&;

    friend bool operator==(const Error&, const Error&) = default;
};

template<class T = void>
using Result = tl::expected<T, Error>;
using Failure = tl::unexpected<Error>;

// `return fail(ErrorKind::absent, "open", path, "no such kernel")`.
[[nodiscard]] Error make_error(ErrorKind kind, std::string operation, std::string object,
                               std::string reason = {});
// Takes errno as it stands now. ENOENT becomes `absent`, every other value `system`.
[[nodiscard]] Error system_error(std::string operation, std::string object, int errno_value);

template<class... Args>
[[nodiscard]] Failure fail(Args&&... args) {
    return Failure(make_error(static_cast<Args&&>(args)...));
}
[[nodiscard]] inline Failure fail(Error error) {
    return Failure(static_cast<Error&&>(error));
}

// For map_error(): whatever it was, the place written to is to blame.
[[nodiscard]] inline Error blame_destination(Error error) {
    return static_cast<Error&&>(error).from(ErrorSide::destination);
}

// Exit codes of all our programs, documented in docs/exit-codes.md.
namespace exit_codes {
inline constexpr int success = 0;
inline constexpr int system = 1;
inline constexpr int invalid = 2; // also a wrong command line
inline constexpr int absent = 3;
inline constexpr int corrupt = 4;
inline constexpr int unsupported = 5;
inline constexpr int destination = 6; // whatever the kind: the place written to failed, the source is good
} // namespace exit_codes

[[nodiscard]] int exit_code(const Error& error);

} // namespace kdumpkit

// Evaluates an expression of Result<T>; returns its error from the enclosing function, or yields nothing.
#define KDK_TRY(expression)                                                                                  \
    do {                                                                                                     \
        if (auto kdk_result = (expression); !kdk_result)                                                     \
            return ::tl::unexpected(std::move(kdk_result).error());                                          \
    } while (0)

// KDK_ASSIGN(auto bytes, read_file(path)): the value, or return the error.
#define KDK_CONCAT_(a, b) a##b
#define KDK_CONCAT(a, b) KDK_CONCAT_(a, b)
#define KDK_ASSIGN_(name, declaration, expression)                                                           \
    auto name = (expression);                                                                                \
    if (!name)                                                                                               \
        return ::tl::unexpected(std::move(name).error());                                                    \
    declaration = std::move(*name)
#define KDK_ASSIGN(declaration, ...)                                                                         \
    KDK_ASSIGN_(KDK_CONCAT(kdk_result_, __LINE__), declaration, (__VA_ARGS__))
