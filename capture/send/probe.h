// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/log.h"
#include "capture/send/login.h"
#include "capture/send/options.h"

namespace kdumpkit::send {

// Stores a small file at the target and removes it again; says what worked. Answers the exit code.
Result<int> probe(const Login& login, const Options& options, const Log& log);

} // namespace kdumpkit::send
