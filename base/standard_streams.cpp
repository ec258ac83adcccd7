// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace kdumpkit {

void hold_standard_streams() {
    // O_PATH: it can be neither read nor written.
    int spare = ::open("/dev/null", O_PATH);
    while (spare >= 0 && spare <= STDERR_FILENO)
        spare = ::open("/dev/null", O_PATH);
    if (spare >= 0)
        ::close(spare);
}

bool is_closed_stream(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    return flags < 0 || (flags & O_PATH) != 0;
}

} // namespace kdumpkit
