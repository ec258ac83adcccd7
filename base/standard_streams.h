// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace kdumpkit {

// Where one of the standard descriptors is closed, holds its number, so that no file and no socket gets it
// and messages or input with it. To read from it and to write to it fails as it would have.
void hold_standard_streams();

// Whether the program was started without it; after hold_standard_streams(), too.
bool is_closed_stream(int fd);

} // namespace kdumpkit
