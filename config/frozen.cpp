// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/frozen.h"

#include "config/table.h"

#include <fmt/format.h>

namespace kdumpkit {
Result<Frozen> parse_frozen(std::string_view toml, const std::string& name) {
    KDK_ASSIGN(const toml::table table, parse_toml(toml, name));
    Frozen frozen;
    frozen.settings.targets.clear(); // what was not frozen is not there: no default on the capture side
    TableReader top(table, name);
    top.text("host", frozen.host);
    top.texts("former_hosts", frozen.former_hosts);
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
    std::string out = fmt::format("host = {}\n", quoted_toml(frozen.host));
    if (!frozen.former_hosts.empty())
        out += fmt::format("former_hosts = {}\n", quoted_toml(frozen.former_hosts));
    out += fmt::format("kernel_release = {}\nmodules = [\n", quoted_toml(frozen.kernel_release));
    for (const std::string& module : frozen.modules)
        out += fmt::format("    {},\n", quoted_toml(module));
    // For people who look into it; what would end such a text is written with escapes.
    const std::string settings = to_toml(frozen.settings);
    return out + (settings.find("'''") == std::string::npos
                      ? fmt::format("]\n\n[settings]\ntoml = '''\n{}'''\n", settings)
                      : fmt::format("]\n\n[settings]\ntoml = {}\n", quoted_toml(settings)));
}

} // namespace kdumpkit
