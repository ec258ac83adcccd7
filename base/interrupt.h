// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace kdumpkit {

// From now on the first SIGTERM, SIGINT or SIGHUP is remembered instead of killing; a second one kills. A
// signal that was ignored when the program started (nohup) stays ignored.
void watch_interrupts();
// The signal that came, 0 when none did. Any thread.
int interrupted();
// Ends the process by the signal that came, as if it had never been caught: shells and callers see what
// happened. Returns when none came.
void die_of_interrupt();

} // namespace kdumpkit
