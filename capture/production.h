// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/chain.h"

namespace kdumpkit::capture {

// Has kdump-kexec load the production kernel, and stops what its devices may still write to memory, so that
// FinalAction::kexec can start it. All of it in a process of its own, in bounded time. False, with the reason
// in the log, when it could not be loaded, or when in doubt that it would live: the machine is then to
// reboot.
bool load_production(Capture& capture);

} // namespace kdumpkit::capture
