// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/option_table.h"
#include "makedumpfile-lite/options.h"

#include <string>

namespace kdumpkit::dump {

// Puts one option and its value (empty when it takes none) into `options`. `name` is how it was written. A
// value that makes no sense is `invalid`, an option that is left out on purpose `unsupported`. Pure.
Result<> apply_option(Options& options, const Option& option, const std::string& name,
                      const std::string& value);

} // namespace kdumpkit::dump
