// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/dwarf.h"

#include "base/file.h"
#include "makedumpfile-lite/kernel/libdw.h"

#include <map>

#include <dwarf.h>
#include <fcntl.h>

namespace kdumpkit::dump {

namespace {

constexpr int max_depth = 16;

class DwarfTypes final : public TypeSource {
  public:
    DwarfTypes(Fd fd, Libdw libdw, ::Dwarf* dwarf) : fd_(std::move(fd)), dw_(libdw), dwarf_(dwarf) {}
    ~DwarfTypes() override { dw_.end(dwarf_); }

    // The places of all named structs, unions and enums.
    void index() {
        dw_.each_top_entry(dwarf_, [this](Dwarf_Die& die) { remember(die); });
    }

    [[nodiscard]] std::optional<std::uint64_t> size_of(std::string_view name) const override {
        auto die = find(structs_, name);
        return die ? number(*die, DW_AT_byte_size) : std::nullopt;
    }
    [[nodiscard]] std::optional<TypeMember> member(std::string_view structure,
                                                   std::string_view path) const override {
        return walk_members(find(structs_, structure), path, [this](Dwarf_Die& die, std::string_view name) {
            Dwarf_Die type;
            auto found = member_of(die, name, type, 0);
            die = type;
            return found;
        });
    }
    [[nodiscard]] std::optional<std::int64_t> enumerator(std::string_view enumeration,
                                                         std::string_view name) const override {
        auto die = find(enums_, enumeration);
        Dwarf_Die value;
        if (!die || dw_.child(&*die, &value) != 0)
            return std::nullopt;
        do {
            const char* const text = dw_.diename(&value);
            if (text == nullptr || name != text)
                continue;
            // Compilers use the form of fixed size for what is not negative: 0xf0 in one byte is 240.
            Dwarf_Attribute attribute;
            Dwarf_Sword number = 0;
            Dwarf_Word natural = 0;
            if (dw_.attr(&value, DW_AT_const_value, &attribute) == nullptr)
                return std::nullopt;
            const unsigned form = dw_.whatform(&attribute);
            if (form != DW_FORM_sdata && form != DW_FORM_implicit_const)
                return dw_.formudata(&attribute, &natural) == 0
                           ? std::optional(static_cast<std::int64_t>(natural))
                           : std::nullopt;
            return dw_.formsdata(&attribute, &number) == 0 ? std::optional(std::int64_t{number})
                                                           : std::nullopt;
        } while (dw_.siblingof(&value, &value) == 0);
        return std::nullopt;
    }

  private:
    using Places = std::map<std::string, Dwarf_Off, std::less<>>;

    void remember(Dwarf_Die& die) {
        const int tag = dw_.tag(&die);
        const bool structure = tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
        if ((!structure && tag != DW_TAG_enumeration_type) || dw_.hasattr(&die, DW_AT_declaration) != 0)
            return;
        if (const char* const name = dw_.diename(&die))
            (structure ? structs_ : enums_).emplace(name, dw_.dieoffset(&die));
    }
    [[nodiscard]] std::optional<Dwarf_Die> find(const Places& places, std::string_view name) const {
        const auto place = places.find(name);
        Dwarf_Die die;
        if (place == places.end() || dw_.offdie(dwarf_, place->second, &die) == nullptr)
            return std::nullopt;
        return die;
    }
    [[nodiscard]] std::optional<std::uint64_t> number(Dwarf_Die& die, unsigned name) const {
        Dwarf_Attribute attribute;
        Dwarf_Word value = 0;
        if (dw_.attr(&die, name, &attribute) == nullptr || dw_.formudata(&attribute, &value) != 0)
            return std::nullopt;
        return value;
    }
    // The type of a member behind typedefs and qualifiers.
    [[nodiscard]] bool type_of(Dwarf_Die& die, Dwarf_Die& type) const {
        Dwarf_Attribute attribute;
        Dwarf_Die named;
        return dw_.attr(&die, DW_AT_type, &attribute) != nullptr &&
               dw_.formref_die(&attribute, &named) != nullptr && dw_.peel_type(&named, &type) == 0;
    }
    [[nodiscard]] std::uint64_t elements_of(Dwarf_Die& array) const {
        Dwarf_Die range;
        if (dw_.tag(&array) != DW_TAG_array_type || dw_.child(&array, &range) != 0)
            return 0;
        if (const auto count = number(range, DW_AT_count))
            return *count;
        const auto last = number(range, DW_AT_upper_bound);
        return last ? *last + 1 : 0;
    }
    std::optional<TypeMember> member_of(Dwarf_Die& structure, std::string_view name, Dwarf_Die& type,
                                        int depth) const {
        Dwarf_Die one;
        if (depth >= max_depth || dw_.child(&structure, &one) != 0)
            return std::nullopt;
        do {
            if (dw_.tag(&one) != DW_TAG_member || !type_of(one, type))
                continue;
            const std::uint64_t offset = number(one, DW_AT_data_member_location)
                                             .value_or(number(one, DW_AT_data_bit_offset).value_or(0) / 8);
            const char* const text = dw_.diename(&one);
            if (text == nullptr) {
                Dwarf_Die inner = type;
                if (auto found = member_of(inner, name, type, depth + 1)) {
                    found->offset += offset;
                    return found;
                }
                continue;
            }
            if (name != text)
                continue;
            Dwarf_Word size = 0;
            if (dw_.aggregate_size(&type, &size) != 0)
                size = 0;
            return TypeMember{offset, size, elements_of(type), 0};
        } while (dw_.siblingof(&one, &one) == 0);
        return std::nullopt;
    }

    Fd fd_;
    Libdw dw_;
    ::Dwarf* dwarf_;
    Places structs_;
    Places enums_;
};

} // namespace

Result<std::unique_ptr<TypeSource>> open_dwarf(const std::string& path) {
    KDK_ASSIGN(const Libdw libdw, Libdw::load());
    KDK_ASSIGN(Fd fd, open_file(path, O_RDONLY));
    KDK_ASSIGN(::Dwarf* const dwarf, libdw.open(fd.get(), path));
    auto source = std::make_unique<DwarfTypes>(std::move(fd), libdw, dwarf);
    source->index();
    return source;
}

} // namespace kdumpkit::dump
