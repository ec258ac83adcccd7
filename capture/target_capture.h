// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"
#include "config/target.h"

namespace kdumpkit::capture {

// What a target is to get.
enum class Task { everything, first_words };

// Everything on one target: open its store, dmesg, summary, dump, last words, close. Says what goes wrong;
// what could be saved stays on the target, never under the name of a whole dump when it is not.
TargetEnd capture_to(Capture& capture, const Target& target, Task task);

} // namespace kdumpkit::capture
