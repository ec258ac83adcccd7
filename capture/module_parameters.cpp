// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/module_parameters.h"

#include "base/command_line.h"

namespace kdumpkit::capture {

std::string module_parameters(std::string_view command_line, std::string_view module) {
    std::string parameters;
    for (const std::string& word : split_command_line(command_line)) {
        if (word == "--") // what follows is for init
            break;
        const auto dot = word.find('.');
        if (dot == std::string::npos || !same_parameter_name(word.substr(0, dot), module))
            continue;
        parameters += (parameters.empty() ? "" : " ") + word.substr(dot + 1);
    }
    return parameters;
}

} // namespace kdumpkit::capture
