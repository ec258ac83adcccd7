// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/output.h"

#include "base/bytes.h"
#include "base/file.h"

#include <unistd.h>

namespace kdumpkit {

Result<> print_result(std::string_view text, std::string_view done) {
    return write_all(STDOUT_FILENO, as_bytes(text), "standard output").map_error([&](Error error) {
        error.reason = done;
        return std::move(error).then("send standard output to where there is room, such as another file");
    });
}

} // namespace kdumpkit
