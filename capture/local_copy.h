// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/chain.h"
#include "config/dumps.h"

#include <functional>
#include <string>

namespace kdumpkit::capture {

// Goes back to each target of this machine that got something: its filesystem is mounted for `work`, in a
// process of its own that is left behind after 15 seconds. The dump has its name and its folder or device.
// `what`: for the log.
void visit_local_copies(Capture& capture, const std::string& what,
                        const std::function<Result<>(const Dump&)>& work);

// Adds `text` to the capture.log of each that is in a folder.
void add_to_logs(Capture& capture, const std::string& what, const std::string& text);

} // namespace kdumpkit::capture
