// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "makedumpfile-lite/erase/erase_config.h"
#include "makedumpfile-lite/erase/eraser.h"
#include "makedumpfile-lite/erase/type_walk.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kdumpkit::dump {

// Something in the kernel's memory; the type is not always known.
struct Place {
    std::uint64_t address = 0;
    std::optional<CType> type;
};

// Carries out one section of the config, where names mean what they mean in its module; finds its places in
// the image and adds them to `erasure`. All that it is given must outlive it.
class SectionEraser {
  public:
    SectionEraser(const Image& image, const Kernel& kernel, const std::string& config, const Btf& btf,
                  const Symbols& symbols, const VariableTypes& variables, Erasure& erasure);

    void run(const EraseCommand& command);
    void run(const EraseLoop& loop);

  private:
    struct Done {
        std::uint64_t bytes = 0;
        unsigned places = 0;
    };
    Result<Place> find(const ErasePath& path);
    Result<std::uint64_t> number_at(const ErasePath& path);
    Result<std::uint64_t> string_length(std::uint64_t address);
    Result<std::uint64_t> erase(const EraseCommand& command);
    Result<> fill(std::uint64_t address, std::uint64_t bytes, std::byte with);
    Result<> each(const EraseLoop& loop, const std::function<void(Place)>& element);
    Result<> each_of_array(const Place& list, const std::function<void(Place)>& element);
    Result<> each_via(const EraseLoop& loop, Place list, const std::function<void(Place)>& element);
    Result<> each_within(const EraseLoop& loop, const Place& list, const std::function<void(Place)>& element);
    void warn(unsigned line, std::string text);
    void report(const EraseCommand& command, const Done& done);

    const VariableTypes& variables_;
    const PageTable& table_;
    const std::string& config_;
    TypeWalk types_;
    const Symbols& symbols_;
    VirtualMemory memory_;
    std::unique_ptr<MemoryReader> physical_;
    Erasure& erasure_;
    std::optional<std::pair<std::string, Place>> variable_; // of the loop being run
};

} // namespace kdumpkit::dump
