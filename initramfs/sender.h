// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/settings.h"
#include "initramfs/extras.h"
#include "initramfs/programs.h"

namespace kdumpkit::initramfs {

// What the targets of kdump-send need: that program, and the files that they name, whose paths in `settings`
// become those inside the initramfs. Nothing when no target needs it.
Result<Extras> collect_sender(Settings& settings, const Root& root, const CapturePrograms& programs);

} // namespace kdumpkit::initramfs
