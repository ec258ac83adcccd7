// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/kernel/types.h"

#include <memory>
#include <string>

namespace kdumpkit::dump {

// The types in a file's DWARF, by libdw. The library is loaded when this is called, so that the program does
// not need it for anything else (the capture initramfs has no room for it); without it the error (`absent`)
// names the package. The first full definition of a name counts. For one thread.
Result<std::unique_ptr<TypeSource>> open_dwarf(const std::string& path);

} // namespace kdumpkit::dump
