// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/modules.h"

#include "base/file.h"
#include "initramfs/decompress.h"
#include "initramfs/elf_object.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <fnmatch.h>
#include <libkmod.h>

namespace kdumpkit::initramfs {
namespace {

constexpr const char* module_folders[] = {"/usr/lib/modules", "/lib/modules"};

int rank(std::string_view path) {
    if (path.starts_with("updates/"))
        return 0;
    if (path.starts_with("extra/"))
        return 1;
    return path.starts_with("kernel/") ? 2 : 3;
}

void keep_quiet(void*, int, const char*, int, const char*, const char*, va_list) {}

std::string list_or_none(const std::vector<std::string>& names) {
    return names.empty() ? std::string("none") : fmt::format("{}", fmt::join(names, ", "));
}

} // namespace

std::vector<std::string> kernel_releases(const Root& root) {
    std::set<std::string> releases;
    for (const char* folder : module_folders)
        for (const std::string& name : root.names(folder)) {
            const auto path = root.resolve(fmt::format("{}/{}", folder, name));
            std::error_code ignored;
            if (path && std::filesystem::is_directory(*path, ignored) && !name.starts_with('.'))
                releases.insert(name);
        }
    return {releases.begin(), releases.end()};
}

ModuleTree::ModuleTree(const Root& root, std::string folder, std::string release)
    : root_(root), folder_(std::move(folder)), release_(std::move(release)) {}

Result<std::unique_ptr<ModuleTree>> ModuleTree::open(const Root& root, const std::string& release) {
    if (release.empty() || release.find('/') != std::string::npos || release.starts_with('.'))
        return fail(ErrorKind::invalid, "find the modules of kernel", release, "not a kernel release");
    for (const char* parent : module_folders) {
        const std::string folder = fmt::format("{}/{}", parent, release);
        if (!root.exists(folder))
            continue;
        std::unique_ptr<ModuleTree> tree(new ModuleTree(root, folder, release));
        KDK_TRY(tree->index());
        return tree;
    }
    const auto releases = kernel_releases(root);
    return fail(make_error(ErrorKind::absent, "find the modules of kernel", release,
                           fmt::format("{} has modules of: {}", root.host_path("/lib/modules"),
                                       list_or_none(releases)))
                    .then(releases.empty()
                              ? "install that kernel's package, or say kdumpkit build --modules none if its "
                                "drivers are all built in"
                              : "install that kernel's package, or name one of these in capture.kernel of "
                                "the settings or with kdumpkit build --kver"));
}

Result<> ModuleTree::index() {
    namespace fs = std::filesystem;
    KDK_ASSIGN(const std::string top, root_.resolve(folder_));
    std::error_code error;
    auto walk = fs::recursive_directory_iterator(top, error);
    for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
        std::error_code ignored;
        const std::string below = walk->path().native().substr(top.size() + 1);
        if (!is_module_path(below) || walk->is_directory(ignored))
            continue;
        auto [place, fresh] = paths_.try_emplace(module_name(below), below);
        const auto order = [](const std::string& path) { return std::pair(rank(path), path); };
        if (!fresh && order(below) < order(place->second))
            place->second = below;
    }
    if (error)
        return fail(system_error("list the modules in", top, error.value()));
    has_alias_index_ =
        root_.exists(folder_ + "/modules.alias.bin") && root_.exists(folder_ + "/modules.dep.bin");
    read_builtin();
    return {};
}

void ModuleTree::read_builtin() {
    const auto text_of = [&](const char* name) {
        const auto file = root_.resolve(fmt::format("{}/{}", folder_, name));
        return file ? read_text(*file).value_or(std::string()) : std::string();
    };
    const std::string list = text_of("modules.builtin"); // a path a line
    for (std::string_view rest = list; !rest.empty();) {
        const auto end = rest.find('\n');
        if (const auto line = rest.substr(0, end); is_module_path(line))
            built_in_.insert(module_name(line));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    for_each_modinfo(text_of("modules.builtin.modinfo"), [&](std::string_view key, std::string_view value) {
        if (key.ends_with(".alias"))
            built_in_aliases_.push_back(normal_alias(value));
    });
}

Result<ModuleLookup> ModuleTree::look_up(const std::string& name_or_alias) {
    ModuleLookup found;
    const std::string name = module_name(name_or_alias);
    // A module in updates/ may replace a driver of the same name, so files win over the list of built-in
    // ones.
    if (paths_.contains(name)) {
        found.names.push_back(name);
        return found;
    }
    const std::string alias = normal_alias(name_or_alias);
    const auto fits = [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), alias.c_str(), 0) == 0;
    };
    found.built_in =
        built_in_.contains(name) || std::any_of(built_in_aliases_.begin(), built_in_aliases_.end(), fits);
    if (has_alias_index_) {
        look_up_with_libkmod(name_or_alias, found);
        return found;
    }
    // Only aliases are worth reading every module for: "fs-ext4", "crypto-crc32c", "pci:v…".
    KDK_TRY(scan_aliases());
    std::set<std::string> names;
    for (const auto& [pattern, module] : *scanned_)
        if (fits(pattern))
            names.insert(module);
    found.names.assign(names.begin(), names.end());
    return found;
}

void ModuleTree::look_up_with_libkmod(const std::string& alias, ModuleLookup& found) const {
    const auto folder = root_.resolve(folder_);
    if (!folder)
        return;
    // No modprobe.d: a driver that the running system does not want loaded by itself is still asked for here.
    const char* const no_config = nullptr;
    const std::unique_ptr<kmod_ctx, decltype(&kmod_unref)> context(kmod_new(folder->c_str(), &no_config),
                                                                   &kmod_unref);
    if (!context)
        return;
    kmod_set_log_fn(context.get(), keep_quiet, nullptr);
    kmod_list* list = nullptr;
    if (kmod_module_new_from_lookup(context.get(), alias.c_str(), &list) < 0)
        return;
    std::set<std::string> names;
    for (kmod_list* item = list; item != nullptr; item = kmod_list_next(list, item)) {
        kmod_module* module = kmod_module_get_module(item);
        const std::string name = module_name(kmod_module_get_name(module));
        if (paths_.contains(name))
            names.insert(name);
        else if (built_in_.contains(name))
            found.built_in = true;
        kmod_module_unref(module);
    }
    kmod_module_unref_list(list);
    found.names.assign(names.begin(), names.end());
}

Result<> ModuleTree::scan_aliases() {
    if (scanned_)
        return {};
    std::vector<std::pair<std::string, std::string>> aliases;
    for (const auto& [name, path] : paths_) {
        KDK_ASSIGN(ModuleInfo info, this->info(name));
        for (std::string& alias : info.aliases)
            aliases.emplace_back(std::move(alias), name);
    }
    scanned_ = std::move(aliases);
    return {};
}

Result<ModuleInfo> ModuleTree::info(const std::string& name) {
    KDK_ASSIGN(const auto bytes, content(name));
    const std::string file = root_.host_path(folder_ + "/" + paths_.at(name));
    KDK_ASSIGN(const auto section, read_elf_section(bytes, ".modinfo", file));
    if (!section)
        return fail(ErrorKind::corrupt, "read the module", file, "it has no .modinfo section");
    return parse_modinfo(*section);
}

std::vector<std::string> ModuleTree::names() const {
    std::vector<std::string> all;
    for (const auto& [name, path] : paths_)
        all.push_back(name);
    return all;
}

std::string ModuleTree::path(const std::string& name) const {
    const auto place = paths_.find(name);
    return place == paths_.end() ? std::string() : std::string(without_compression(place->second));
}

Result<std::vector<std::byte>> ModuleTree::content(const std::string& name) const {
    const auto place = paths_.find(name);
    if (place == paths_.end())
        return fail(ErrorKind::absent, "find the module", name,
                    "kernel " + release_ + " has none of that name");
    KDK_ASSIGN(const std::string file, root_.resolve(folder_ + "/" + place->second));
    return read_unpacked(file);
}

} // namespace kdumpkit::initramfs
