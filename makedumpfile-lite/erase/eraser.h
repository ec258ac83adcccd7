// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/erase/erase_config.h"
#include "makedumpfile-lite/kernel/dwarf_variables.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/source/image.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// Physical memory [begin, end) that reads as `fill` in the dump.
struct ErasedRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::byte fill{};
    friend bool operator==(const ErasedRange&, const ErasedRange&) = default;
};

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
// The kernel's symbols that `config` names without a type: variables of whose type somebody should know.
// Pure.
std::vector<std::string_view> untyped_symbols(const EraseConfig& config);

// Sorts, cuts overlaps (the first one wins) and melts neighbours. Pure.
void settle(std::vector<ErasedRange>& ranges);

} // namespace kdumpkit::dump
