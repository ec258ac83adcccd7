// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/erase/erase_config.h"
#include "makedumpfile-lite/erase/erased_range.h"
#include "makedumpfile-lite/kernel/dwarf_variables.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/source/image.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

struct Erasure {
    static constexpr std::size_t max_ranges = std::size_t{1} << 18; // 6 MiB of them

    std::vector<ErasedRange> ranges;   // ascending, none overlaps another
    std::string report;                // for the dump's eraseinfo: a line for each command
    std::vector<std::string> warnings; // commands that could not be carried out: their data is in the dump
};

// Finds what `config` names in the crashed memory: symbols through kallsyms, types through BTF, those of
// modules through the modules' own tables. `name` is that of the config file, for messages. Data is
// overwritten with 'X', pointers with zero. What cannot be found is a warning; an image without any symbols
// or types is an error. `variables`: types of the kernel's variables, for commands that give none.
Result<Erasure> plan_erasure(const EraseConfig& config, const std::string& name, const Image& image,
                             const Kernel& kernel, const VariableTypes& variables = {});

} // namespace kdumpkit::dump
