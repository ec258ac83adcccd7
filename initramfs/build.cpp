// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build.h"

#include "base/file.h"
#include "config/settings_file.h"
#include "initramfs/extras.h"
#include "initramfs/freeze.h"
#include "initramfs/freeze_last_resort.h"
#include "initramfs/freeze_network.h"
#include "initramfs/kernel_choice.h"
#include "initramfs/kernel_config.h"
#include "initramfs/modules.h"
#include "initramfs/network_programs.h"
#include "initramfs/programs.h"
#include "initramfs/recipe.h"
#include "initramfs/sender.h"
#include "initramfs/strip.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <sys/utsname.h>

namespace kdumpkit::initramfs {
namespace {

Result<Root> open_root(const std::string& folder) {
    if (folder.empty())
        return Root("");
    std::error_code error;
    const auto absolute = std::filesystem::canonical(folder, error);
    if (error || !std::filesystem::is_directory(absolute, error))
        return fail(system_error("use the root", folder, error ? error.value() : ENOTDIR)
                        .then("name the folder that a system is unpacked in, or leave --root out"));
    return Root(absolute.string());
}

Result<std::string> choose_host(const BuildRequest& request, const Root& root) {
    if (!request.host.empty())
        return checked_host(request.host);
    utsname names{};
    std::string host = "localhost";
    if (root.is_running_system()) {
        if (::uname(&names) == 0)
            host = names.nodename;
    } else if (const auto file = root.resolve("/etc/hostname")) {
        host = read_text(*file).value_or(host);
        host.erase(host.find_last_not_of(" \t\r\n") + 1);
    }
    return checked_host(host);
}

Result<Settings> read_settings(const BuildRequest& request, const Root& root) {
    KDK_ASSIGN(SettingsFile file,
               read_settings_file(request.config, root.is_running_system()
                                                      ? default_settings_path
                                                      : root.host_path(default_settings_path)));
    if (!request.targets.empty())
        file.settings.targets.clear();
    for (const std::string& url : request.targets) {
        KDK_ASSIGN(Target target, parse_target(url));
        file.settings.targets.push_back(std::move(target));
    }
    return std::move(file.settings);
}

Result<Packing> read_packing(const Root& root, Build& result) {
    const std::string& release = result.frozen.kernel_release;
    KDK_ASSIGN(const auto config, find_kernel_config(root, release));
    const auto lacks = [&](const char* what, const char* option) {
        return fail(
            make_error(ErrorKind::unsupported, "capture with kernel", release,
                       fmt::format("it was built without {} ({})", what, option))
                .then("name another one in capture.kernel of the settings or with kdumpkit build --kver"));
    };
    if (!config)
        result.warnings.push_back(
            fmt::format("no configuration of kernel {} found (such as /boot/config-{}): the "
                        "initramfs is not packed, so that any kernel can read it",
                        release, release));
    else if (!config->initrd)
        return lacks("initramfs support", "CONFIG_BLK_DEV_INITRD");
    else if (!config->vmcore)
        return lacks("/proc/vmcore", "CONFIG_PROC_VMCORE");
    return choose_packing(config);
}

std::vector<ModuleRequest> named(const std::vector<std::string>& names, const char* option) {
    std::vector<ModuleRequest> requests;
    for (const std::string& name : names)
        requests.push_back({name, fmt::format("asked for by {}", option), true});
    return requests;
}

// What a DHCP client that the initramfs does not have cannot do is done without it.
Result<FrozenNetwork> freeze_network_for(const Settings& settings, const Surroundings& around,
                                         const Root& libraries) {
    KDK_ASSIGN(FrozenNetwork found, freeze_network(settings, around));
    if (!libraries.exists(dhcp_client))
        KDK_TRY(do_without_dhcp(found));
    return found;
}

// Resolves the targets and the network in place and answers the modules to load for them.
Result<std::vector<ModuleRequest>> freeze_targets(const BuildRequest& request, const Root& root,
                                                  const Root& libraries, Build& result) {
    Frozen& frozen = result.frozen;
    Surroundings around;
    around.running_system = root.is_running_system();
    around.same_kernel = frozen.kernel_release == running_release();
    around.find_drivers = !request.modules;
    std::vector<ModuleRequest> requests;
    if (request.modules)
        requests = named(*request.modules, "--modules");
    for (Target& target : frozen.settings.targets) {
        KDK_ASSIGN(FrozenTarget found, freeze_target(target, around));
        target = std::move(found.target);
        requests.insert(requests.end(), found.drivers.begin(), found.drivers.end());
    }
    FrozenLastResort last = freeze_last_resort(frozen.settings, around);
    std::move(last.drivers.begin(), last.drivers.end(), std::back_inserter(requests));
    std::move(last.warnings.begin(), last.warnings.end(), std::back_inserter(result.warnings));
    if (frozen.settings.want_kexec()) {
        if (auto production = freeze_production(around)) {
            requests.insert(requests.end(), production->drivers.begin(), production->drivers.end());
            if (!production->warning.empty())
                result.warnings.push_back(production->warning);
            result.production = std::move(*production);
        } else
            result.warnings.push_back("the capture kernel will reboot through the firmware: " +
                                      production.error().message());
    }
    if (around.running_system && around.find_drivers)
        for (auto more : {armed_watchdogs(around.sysfs), pstore_modules(around.sysfs)})
            std::move(more.begin(), more.end(), std::back_inserter(requests));
    KDK_ASSIGN(FrozenNetwork network, freeze_network_for(frozen.settings, around, libraries));
    frozen.settings.network = std::move(network.network);
    requests.insert(requests.end(), network.modules.begin(), network.modules.end());
    result.warnings.insert(result.warnings.end(), network.warnings.begin(), network.warnings.end());
    for (ModuleRequest& more : named(request.more_modules, "--add-modules"))
        requests.push_back(std::move(more));
    for (ModuleRequest& more : named(frozen.settings.modules, "capture.modules"))
        requests.push_back(std::move(more));
    return requests;
}

Result<std::vector<PackedModule>> collect_modules(const BuildRequest& request, const Root& root,
                                                  const Root& libraries, Build& result) {
    KDK_ASSIGN(std::vector<ModuleRequest> requests, freeze_targets(request, root, libraries, result));
    const std::string& release = result.frozen.kernel_release;
    std::vector<PackedModule> packed;
    // --modules none on a kernel without a folder of modules: everything is in its image.
    if (requests.empty() && request.modules) {
        const auto releases = kernel_releases(root);
        if (std::find(releases.begin(), releases.end(), release) == releases.end())
            return packed;
    }
    KDK_ASSIGN(const auto tree, ModuleTree::open(root, release));
    for (const Target& target : result.frozen.settings.targets)
        for (ModuleRequest& one : target_modules(*tree, target, tree->knows_built_in()))
            requests.push_back(std::move(one));
    if (result.production && !result.production->production.filesystem.empty())
        for (ModuleRequest& one :
             filesystem_modules(*tree, result.production->production.filesystem_type, tree->knows_built_in()))
            requests.push_back(std::move(one));
    for (ModuleRequest& one : last_resort_filesystems(*tree, result.frozen.settings))
        requests.push_back(std::move(one));
    KDK_ASSIGN(LoadOrder order, load_order(*tree, requests));
    result.built_in = std::move(order.built_in);
    result.warnings.insert(result.warnings.end(), order.warnings.begin(), order.warnings.end());
    for (const std::string& name : order.names) {
        KDK_ASSIGN(auto content, tree->content(name));
        const std::string path = packed_module_path(release, tree->path(name));
        result.modules.push_back({name, path, content.size()});
        result.frozen.modules.push_back(path);
        packed.push_back({name, path, std::move(content)});
    }
    return packed;
}

} // namespace

Result<Collected> collect(const BuildRequest& request) {
    Collected collected;
    Build& result = collected.build;
    KDK_ASSIGN(const Root root, open_root(request.root));
    KDK_ASSIGN(result.frozen.settings, read_settings(request, root));
    KDK_ASSIGN(result.frozen.host, choose_host(request, root));
    result.frozen.former_hosts = request.former_hosts;
    std::erase(result.frozen.former_hosts, result.frozen.host);
    KDK_ASSIGN(result.frozen.kernel_release,
               choose_release(request.release, result.frozen.settings.kernel, root));
    KDK_TRY(check_release(result.frozen.kernel_release, root));

    Ingredients ingredients;
    KDK_ASSIGN(const CapturePrograms programs, find_programs(request.programs, root));
    KDK_ASSIGN(ingredients.modules, collect_modules(request, root, programs.libraries, result));
    KDK_ASSIGN(result.packing, read_packing(root, result));
    KDK_ASSIGN(Extras extras, collect_extras(result.frozen.settings, root));
    KDK_ASSIGN(Extras sender, collect_sender(result.frozen.settings, root, programs));
    KDK_ASSIGN(Extras network, collect_network(result.frozen.settings.network, programs));
    Extras kexec;
    if (result.production) {
        KDK_ASSIGN(kexec, collect_kexec(programs, *result.production));
        ingredients.production = to_toml(result.production->production);
    }
    std::vector<Part> more_programs;
    for (const Extras* some : {&network, &kexec})
        for (const ExtraFile& file : some->files)
            more_programs.push_back(
                {file.path.substr(file.path.rfind('/') + 1), file.path, file.content.size()});
    for (Extras* more : {&sender, &network, &kexec}) {
        std::move(more->files.begin(), more->files.end(), std::back_inserter(extras.files));
        std::move(more->programs.begin(), more->programs.end(), std::back_inserter(extras.programs));
    }
    std::vector<Program> with_libraries{programs.supervisor, programs.collector};
    std::move(extras.programs.begin(), extras.programs.end(), std::back_inserter(with_libraries));
    KDK_ASSIGN(ingredients.libraries, library_closure(with_libraries, programs.libraries));
    ingredients.extras = std::move(extras.files);
    ingredients.supervisor = strip(programs.supervisor.content);
    ingredients.collector = strip(programs.collector.content);
    ingredients.frozen = to_toml(result.frozen);
    collected.layout = plan_layout(programs, result.frozen.kernel_release, root, running_release());

    result.programs = {{programs.supervisor.name, "/init", ingredients.supervisor.size()},
                       {programs.collector.name, "/usr/bin/makedumpfile-lite", ingredients.collector.size()}};
    result.programs.insert(result.programs.end(), more_programs.begin(), more_programs.end());
    for (const Library& library : ingredients.libraries)
        result.libraries.push_back(
            {library.path.substr(library.path.rfind('/') + 1), library.path, library.content.size()});

    KDK_ASSIGN(collected.entries, make_recipe(std::move(ingredients)));
    return collected;
}

void add_layout(Collected& collected) {
    FrozenLayout layout = freeze_layout(collected.layout);
    collected.build.layout = std::move(layout.note);
    if (layout.text.empty())
        return;
    const Bytes text = as_bytes(layout.text);
    Entry entry{Frozen::layout_path, EntryType::file, 0600, {text.begin(), text.end()}, "", 0, 0};
    const auto place = std::ranges::lower_bound(collected.entries, entry.path, {}, &Entry::path);
    collected.entries.insert(place, std::move(entry));
}

Result<Build> pack(Collected collected) {
    for (const Entry& entry : collected.entries)
        collected.build.contents.push_back(
            {entry.path.substr(entry.path.rfind('/') + 1), entry.path, entry.content.size()});
    KDK_ASSIGN(collected.build.archive, write_cpio(collected.entries, collected.build.packing));
    return std::move(collected.build);
}

Result<Build> build(const BuildRequest& request) {
    KDK_ASSIGN(Collected collected, collect(request));
    add_layout(collected);
    return pack(std::move(collected));
}

} // namespace kdumpkit::initramfs
