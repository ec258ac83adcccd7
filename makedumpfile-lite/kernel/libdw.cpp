// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/libdw.h"

#include <string>
#include <type_traits>

#include <dlfcn.h>
#include <fmt/format.h>

namespace kdumpkit::dump {

Result<Libdw> Libdw::load() {
    constexpr const char* name = "libdw.so.1";
    constexpr const char* next =
        "install it (Debian: libdw1, Fedora: elfutils-libs), or use a vmlinux that has BTF";
    void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return fail(make_error(ErrorKind::absent, "load the library", name,
                               "it is needed to read DWARF debug information")
                        .then(next));
    Libdw libdw;
    std::string missing;
    const auto find = [&](auto& function, const char* symbol) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, symbol));
        if (function == nullptr && missing.empty())
            missing = symbol;
    };
    find(libdw.begin, "dwarf_begin");
    find(libdw.end, "dwarf_end");
    find(libdw.errmsg, "dwarf_errmsg");
    find(libdw.nextcu, "dwarf_nextcu");
    find(libdw.offdie, "dwarf_offdie");
    find(libdw.dieoffset, "dwarf_dieoffset");
    find(libdw.child, "dwarf_child");
    find(libdw.siblingof, "dwarf_siblingof");
    find(libdw.tag, "dwarf_tag");
    find(libdw.diename, "dwarf_diename");
    find(libdw.hasattr, "dwarf_hasattr");
    find(libdw.attr, "dwarf_attr");
    find(libdw.whatform, "dwarf_whatform");
    find(libdw.formudata, "dwarf_formudata");
    find(libdw.formsdata, "dwarf_formsdata");
    find(libdw.formref_die, "dwarf_formref_die");
    find(libdw.peel_type, "dwarf_peel_type");
    find(libdw.aggregate_size, "dwarf_aggregate_size");
    if (!missing.empty())
        return fail(make_error(ErrorKind::unsupported, "use the library", name,
                               fmt::format("it has no function {}", missing))
                        .then(next));
    return libdw;
}

Result<::Dwarf*> Libdw::open(int fd, const std::string& path) const {
    ::Dwarf* const dwarf = begin(fd, DWARF_C_READ);
    if (dwarf != nullptr)
        return dwarf;
    const char* const reason = errmsg(-1);
    return fail(ErrorKind::corrupt, "read the debug information of", path,
                reason != nullptr ? reason : "libdw does not say why");
}

void Libdw::each_top_entry(::Dwarf* dwarf, const std::function<void(Dwarf_Die&)>& entry) const {
    Dwarf_Off unit = 0;
    Dwarf_Off next = 0;
    std::size_t header = 0;
    while (nextcu(dwarf, unit, &next, &header, nullptr, nullptr, nullptr) == 0) {
        Dwarf_Die unit_die;
        Dwarf_Die die;
        if (offdie(dwarf, unit + header, &unit_die) != nullptr && child(&unit_die, &die) == 0)
            do
                entry(die);
            while (siblingof(&die, &die) == 0);
        unit = next;
    }
}

} // namespace kdumpkit::dump
