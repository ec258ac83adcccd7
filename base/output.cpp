// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/output.h"

#include "base/bytes.h"
#include "base/file.h"

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace kdumpkit {

Result<> print_result(std::string_view text, std::string_view done) {
    return write_all(STDOUT_FILENO, as_bytes(text), "standard output").map_error([&](Error error) {
        error.reason = done;
        return std::move(error).then("send standard output to where there is room, such as another file");
    });
}

bool takes_colours(int fd) {
    const auto value = [](const char* name) {
        const char* found = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
        return std::string_view(found == nullptr ? "" : found);
    };
    return ::isatty(fd) == 1 && value("NO_COLOR").empty() && value("TERM") != "dumb";
}

} // namespace kdumpkit
