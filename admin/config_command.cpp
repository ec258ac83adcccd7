// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/config_command.h"

#include "admin/import_command.h"
#include "admin/settings_report.h"
#include "base/output.h"
#include "config/schema.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string config, key;
    ImportWish import;
    bool json = false;
};

Result<int> run_check(const Options& options) {
    KDK_ASSIGN(SettingsFile file, read_settings_text(options.config));
    auto settings = parse_settings(file.text, file.path);
    if (!settings && options.json) {
        KDK_TRY(print_result(check_json(file, &settings.error())));
        return exit_code(settings.error());
    }
    KDK_ASSIGN(file.settings, std::move(settings));
    KDK_TRY(print_result(options.json ? check_json(file, nullptr) : check_text(file)));
    return exit_codes::success;
}

Result<int> run_show(const Options& options) {
    KDK_ASSIGN(const SettingsFile file, read_settings_file(options.config));
    KDK_TRY(print_result(options.json ? show_json(file) : show_text(file)));
    return exit_codes::success;
}

Result<int> run_explain(const Options& options) {
    std::vector<const SettingKey*> keys;
    if (options.key.empty()) {
        for (const SettingKey& key : setting_keys())
            keys.push_back(&key);
    } else {
        KDK_ASSIGN(keys, find_settings(options.key));
    }
    KDK_ASSIGN(const SettingsFile file, read_settings_file(options.config));
    KDK_TRY(print_result(options.json ? explain_json(file, keys) : explain_text(file, keys)));
    return exit_codes::success;
}

Result<int> run_schema() {
    KDK_TRY(print_result(settings_schema()));
    return exit_codes::success;
}

} // namespace

std::function<Result<int>()> define_config(CLI::App& app) {
    auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* summary) {
        CLI::App* sub = app.add_subcommand(name, summary);
        sub->add_option("--config", options->config, "settings (default: /etc/kdumpkit.toml if it is there)")
            ->type_name("FILE");
        sub->add_flag("--json", options->json, "as JSON");
        return sub;
    };
    app.require_subcommand(1);
    CLI::App* check = add("check", "say whether the settings are good, and where they are not");
    CLI::App* show = add("show", "every setting as it applies here, and where it comes from");
    CLI::App* explain = add("explain", "what a setting means, what it may be, what it is");
    explain
        ->add_option("KEY", options->key,
                     "such as dump.level, or a section such as dump (default: every key)")
        ->type_name("");
    CLI::App* import =
        app.add_subcommand("import", "another kdump's settings as kdumpkit's, with what is lost");
    import->add_option("FILE", options->import.file, "such as /etc/kdump.conf or /etc/default/kdump-tools")
        ->type_name("")
        ->required();
    import
        ->add_option("--format", options->import.format,
                     "kdump.conf, rhel-sysconfig, kdump-tools or suse-sysconfig (default: by its keys)")
        ->type_name("FORMAT");
    import->add_flag("--write", options->import.write, "to /etc/kdumpkit.toml, which must not be there yet");
    import->add_flag("--json", options->import.json, "the settings and what became of each key as JSON");
    CLI::App* schema = app.add_subcommand("schema", "a JSON schema of the settings file, for editors");
    app.footer("Exit codes: 0 good settings, 2 wrong ones or an unknown KEY, 3 the named FILE is absent.");
    return [options, check, show, import, schema]() {
        return check->parsed()    ? run_check(*options)
               : show->parsed()   ? run_show(*options)
               : import->parsed() ? run_import(options->import)
               : schema->parsed() ? run_schema()
                                  : run_explain(*options);
    };
}

} // namespace kdumpkit::admin
