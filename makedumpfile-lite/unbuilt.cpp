// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/unbuilt.h"

#include <string_view>

namespace kdumpkit::dump {

Result<> refuse_unbuilt(const Options& options) {
    struct Unbuilt {
        bool asked;
        std::string_view name;
        std::string_view instead;
    };
    const Unbuilt all[] = {
        {options.unused_vmemmap, "-e", "leave -e out"},
    };
    for (const Unbuilt& one : all)
        if (one.asked)
            return Failure(make_error(ErrorKind::unsupported, "use", std::string(one.name),
                                      "makedumpfile-lite does not do this yet")
                               .then(std::string(one.instead)));
    return {};
}

} // namespace kdumpkit::dump
