// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kdumpkit::dump {

// VMCOREINFO, the kernel's note to whoever reads its memory (Linux,
// Documentation/admin-guide/kdump/vmcoreinfo.rst): lines KEY=VALUE. What is not there is nullopt. A line that
// makes no sense is left out; when a key comes twice the first wins.
class VmcoreInfo {
  public:
    static VmcoreInfo parse(std::string_view text);

    [[nodiscard]] bool empty() const { return values_.empty(); }
    [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;
    // SYMBOL(name)=hex: a virtual address.
    [[nodiscard]] std::optional<std::uint64_t> symbol(std::string_view name) const;
    // OFFSET(struct.member), SIZE(struct) and LENGTH(array), in bytes or elements.
    [[nodiscard]] std::optional<std::uint64_t> offset(std::string_view name) const;
    [[nodiscard]] std::optional<std::uint64_t> size(std::string_view name) const;
    [[nodiscard]] std::optional<std::uint64_t> length(std::string_view name) const;
    // NUMBER(name): decimal, or hexadecimal with 0x; an unsigned value beyond 2^63 comes back negative, bit
    // for bit.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
    // KEY=decimal without parentheses: PAGESIZE, CRASHTIME.
    [[nodiscard]] std::optional<std::uint64_t> decimal(std::string_view key) const;

  private:
    [[nodiscard]] std::optional<std::string_view> wrapped(std::string_view kind, std::string_view name) const;
    std::map<std::string, std::string, std::less<>> values_;
};

} // namespace kdumpkit::dump
