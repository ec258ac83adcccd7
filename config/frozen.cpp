// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/frozen.h"

#include "config/table.h"

#include <sstream>

#include <fmt/format.h>

namespace kdumpkit {
namespace {

// A TOML basic string, escapes and all.
std::string quoted(const std::string& text) {
    std::ostringstream out;
    out << toml::toml_formatter(toml::value<std::string>(text),
                                toml::toml_formatter::default_flags &
                                    ~toml::format_flags::allow_literal_strings);
    return out.str();
}

} // namespace

Result<Frozen> parse_frozen(std::string_view toml, const std::string& name) {
    KDK_ASSIGN(const toml::table table, parse_toml(toml, name));
    Frozen frozen;
    TableReader top(table, name);
    top.text("host", frozen.host);
    top.text("kernel_release", frozen.kernel_release);
    top.texts("modules", frozen.modules);
    const toml::table* settings = top.section("settings");
    KDK_TRY(top.finish());
    if (settings) {
        // The settings are a string of their own grammar's text, so that both files share one parser.
        std::string text;
        TableReader reader(*settings, name, "settings.");
        reader.text("toml", text);
        KDK_TRY(reader.finish());
        KDK_ASSIGN(frozen.settings, parse_settings(text, name + " (settings)"));
    }
    return frozen;
}

std::string to_toml(const Frozen& frozen) {
    std::string out = fmt::format("host = {}\nkernel_release = {}\nmodules = [\n", quoted(frozen.host),
                                  quoted(frozen.kernel_release));
    for (const std::string& module : frozen.modules)
        out += fmt::format("    {},\n", quoted(module));
    return out + fmt::format("]\n\n[settings]\ntoml = '''\n{}'''\n", to_toml(frozen.settings));
}

} // namespace kdumpkit
