// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/kernel/types.h"
#include "makedumpfile-lite/kernel/vmcoreinfo.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// Who said it, in the order in which they are asked.
enum class FactSource { vmcoreinfo, layout_file, btf, vmlinux };
std::string_view to_text(FactSource source);

// One thing about a kernel that was asked for, and its answer. Numbers keep their bits.
struct Fact {
    std::optional<std::uint64_t> value; // nullopt: a source that knows all types says that there is none
    FactSource source = FactSource::vmcoreinfo;
};

// "KEY=VALUE" as VMCOREINFO writes it, or "KEY=absent".
std::string fact_text(std::string_view key, const Fact& fact);

// Answers questions about the crashed kernel out of several sources, and remembers each answer and who gave
// it. The questions are keys in VMCOREINFO's own spelling: OFFSET(page.flags), SIZE(zone),
// LENGTH(zone.free_area), NUMBER(PG_lru), SYMBOL(_stext). For one thread.
class Facts {
  public:
    explicit Facts(const VmcoreInfo& info) : info_(&info) {}

    // A layout file that was checked to be of this kernel. "KEY=absent" in it ends the search for that key.
    // `slide` is added to its symbols, which are not used without one.
    void use_layout(VmcoreInfo file, std::optional<std::uint64_t> slide);
    // Opened when it is first needed; null when there is none. It must outlive this.
    void use_types(FactSource source, std::function<const TypeSource*()> open);
    void use_types(FactSource source, const TypeSource* types);
    // Symbols of the kernel that crashed; an address of a source that is asked earlier wins.
    void use_symbols(FactSource source, const std::map<std::string, std::uint64_t, std::less<>>& symbols);

    std::optional<std::uint64_t> offset(std::string_view structure, std::string_view member);
    std::optional<std::uint64_t> size(std::string_view structure);
    // Bytes of a member, and elements of an array member.
    std::optional<std::uint64_t> member_size(std::string_view structure, std::string_view member);
    std::optional<std::uint64_t> length(std::string_view structure, std::string_view member);
    std::optional<std::int64_t> number(std::string_view enumeration, std::string_view name);
    // NUMBER(name) of VMCOREINFO, which no enumeration has.
    std::optional<std::int64_t> exported(std::string_view name);
    std::optional<std::uint64_t> symbol(std::string_view name);

    // Every answer so far, by key. Kept: what was asked and found, and what surely does not exist.
    [[nodiscard]] const std::map<std::string, Fact, std::less<>>& answers() const { return answers_; }

  private:
    struct Types {
        FactSource source;
        std::function<const TypeSource*()> open;
        const TypeSource* types = nullptr;
        bool opened = false;
    };
    using FromText = std::function<std::optional<std::uint64_t>(const VmcoreInfo&)>;
    using FromTypes = std::function<std::optional<std::uint64_t>(const TypeSource&)>;
    std::optional<std::uint64_t> ask(const std::string& key, const FromText& text, const FromTypes& types);

    const VmcoreInfo* info_;
    std::optional<VmcoreInfo> file_;
    std::optional<std::uint64_t> slide_;
    std::vector<Types> types_;
    std::map<std::string, Fact, std::less<>> symbols_;
    std::map<std::string, Fact, std::less<>> answers_;
};

} // namespace kdumpkit::dump
