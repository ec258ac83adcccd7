// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/file.h"
#include "capture/system.h"

#include <functional>
#include <string>

namespace kdumpkit::capture {

// System::isolate(). `settle_in` is called in the new process first, with the descriptor that takes its
// words; nothing that it or `work` changes is seen by the caller.
Result<IsolatedEnd> run_isolated(const std::function<std::string()>& work,
                                 const std::function<void(Fd words)>& settle_in, const ProgramWatch& watch);

} // namespace kdumpkit::capture
