// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace kdumpkit::capture {

// From now on a fatal signal of this process (a bug of ours) says so on standard error, writes back what is
// dirty for at most 20 s, and reboots. Without it the kernel would panic because init died. For PID 1 only.
void guard_against_own_crash();

// In a child of PID 1: fatal signals end it as they end any process.
void forget_own_crash();

// For the watchdog: says so and restarts at once, without writing anything back and without asking the
// drivers, which may wait for the same dead disk.
void reboot_unresponsive();

} // namespace kdumpkit::capture
