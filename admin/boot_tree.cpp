// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_tree.h"

#include "base/file.h"
#include "base/inside_root.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace kdumpkit::admin {

namespace fs = std::filesystem;

namespace {

constexpr std::array program_folders = {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"};

} // namespace

std::vector<std::string> BootTree::entries() const {
    std::vector<std::string> found;
    for (const auto& [path, text] : files)
        if (is_boot_entry(path))
            found.push_back(path);
    return found;
}

bool is_boot_entry(const std::string& path) {
    return path.ends_with(".conf") &&
           std::any_of(boot_paths::entries.begin(), boot_paths::entries.end(),
                       [&](const char* folder) { return path.starts_with(std::string(folder) + "/"); });
}

BootTree read_boot_tree(const std::string& root) {
    BootTree tree;
    std::error_code error;
    const auto place = [&](const std::string& path) {
        return inside_root(root, path).value_or(std::string()); // links in a circle lead to no file
    };
    const auto add_file = [&](const std::string& path) {
        const std::string folder = parent_folder(path), name = fs::path(path).filename();
        if (fs::is_directory(place(folder), error))
            tree.folders.insert(folder);
        if (fs::is_regular_file(place(path), error))
            if (auto text = read_text(place(path), std::size_t{1} << 20))
                tree.files[path] = *std::move(text);
        const auto type = fs::symlink_status(place(folder) + "/" + name, error).type();
        if (tree.file(path) == nullptr && type != fs::file_type::not_found)
            tree.unread.insert(path);
    };
    const auto names_in = [&](const std::string& path) {
        std::vector<std::string> names;
        for (fs::directory_iterator it(place(path), error), end; !error && it != end; it.increment(error))
            names.push_back(path + "/" + it->path().filename().string());
        return names;
    };
    const auto add_folder = [&](const std::string& path) {
        if (!fs::is_directory(place(path), error))
            return;
        tree.folders.insert(path);
        for (const std::string& name : names_in(path))
            if (!fs::is_directory(place(name), error))
                add_file(name);
    };
    for (const char* path : {boot_paths::grub_defaults, boot_paths::kernel_cmdline, boot_paths::u_boot_menu})
        add_file(path);
    for (const char* path : boot_paths::extlinux)
        add_file(path);
    // Debian's grub-mkconfig reads this folder; one that does not name it would pass over what is written
    // there.
    bool ignored = false;
    for (const char* name : {"grub-mkconfig", "grub2-mkconfig"})
        for (const char* folder : program_folders)
            if (const auto script = read_text(place(std::string(folder) + name), std::size_t{1} << 20))
                ignored = ignored || script->find("default/grub.d") == std::string::npos;
    if (!ignored)
        add_folder(boot_paths::grub_folder);
    else if (auto ours = read_text(place(boot_paths::grub_dropin), std::size_t{1} << 20))
        tree.files[boot_paths::grub_dropin] = *std::move(ours); // to be taken back all the same
    for (const char* path : boot_paths::entries)
        add_folder(path);
    // The Boot Loader Specification's type 2.
    for (const char* folder : {"/boot/EFI/Linux", "/efi/EFI/Linux", "/boot/efi/EFI/Linux"})
        for (const std::string& name : names_in(folder))
            if (name.ends_with(".efi"))
                tree.unified.insert(name);
    for (const char* name : {"update-grub", "grub-mkconfig", "grub2-mkconfig", "u-boot-update"})
        for (const char* folder : program_folders)
            if (fs::exists(place(std::string(folder) + name), error))
                tree.programs.insert(name);
    return tree;
}

} // namespace kdumpkit::admin
