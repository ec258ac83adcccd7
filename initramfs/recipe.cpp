// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/recipe.h"

#include "base/bytes.h"
#include "base/file.h"
#include "config/frozen.h"
#include "config/production.h"

#include <map>
#include <set>

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

class Tree {
  public:
    Result<> folder(const std::string& path, unsigned mode = 0755) {
        Entry entry;
        entry.path = path;
        entry.type = EntryType::folder;
        entry.mode = mode;
        return add(std::move(entry));
    }
    Result<> file(const std::string& path, std::vector<std::byte> content, unsigned mode) {
        Entry entry;
        entry.path = path;
        entry.mode = mode;
        entry.content = std::move(content);
        return add(std::move(entry));
    }
    Result<> link(const std::string& path, const std::string& to) {
        Entry entry;
        entry.path = path;
        entry.type = EntryType::link;
        entry.mode = 0777;
        entry.link = to;
        return add(std::move(entry));
    }
    Result<> console() {
        Entry entry;
        entry.path = "/dev/console";
        entry.type = EntryType::char_device;
        entry.mode = 0600;
        entry.major = 5; // Documentation/admin-guide/devices.txt
        entry.minor = 1;
        return add(std::move(entry));
    }
    // "/lib64" -> "usr/lib64" for every folder of programs and libraries below /usr, and always for /bin and
    // /lib.
    Result<> usr_links() {
        std::set<std::string> tops = {"bin", "lib"};
        for (const auto& [path, entry] : entries_) {
            const std::string name = path.starts_with("/usr/") ? path.substr(5) : std::string();
            if (entry.type == EntryType::folder && name.find('/') == std::string::npos &&
                (name == "sbin" || name.starts_with("lib")) && name != "libexec")
                tops.insert(name);
        }
        for (const std::string& top : tops) {
            KDK_TRY(parents_of("/usr/" + top + "/x"));
            KDK_TRY(link("/" + top, "usr/" + top));
        }
        return {};
    }
    std::vector<Entry> finish() {
        std::vector<Entry> sorted;
        for (auto& [path, entry] : entries_)
            sorted.push_back(std::move(entry));
        return sorted;
    }

  private:
    Result<> parents_of(const std::string& path) {
        const std::string parent = parent_folder(path);
        if (parent == "/" || parent == ".")
            return {};
        const auto known = entries_.find(parent);
        if (known == entries_.end())
            return folder(parent);
        if (known->second.type != EntryType::folder)
            return fail(ErrorKind::invalid, "pack", path, parent + " is not a folder");
        return {};
    }
    Result<> add(Entry&& entry) {
        KDK_TRY(parents_of(entry.path));
        const std::string path = entry.path;
        if (!entries_.try_emplace(path, std::move(entry)).second)
            return fail(ErrorKind::invalid, "pack", path, "two things would lie there");
        return {};
    }

    std::map<std::string, Entry> entries_;
};

} // namespace

std::string packed_module_path(const std::string& release, const std::string& path) {
    return fmt::format("/usr/lib/modules/{}/{}", release, path);
}

Result<std::vector<Entry>> make_recipe(Ingredients ingredients) {
    Tree tree;
    for (const char* path : {"/proc", "/sys", "/dev", "/mnt", "/run"})
        KDK_TRY(tree.folder(path));
    KDK_TRY(tree.folder("/tmp", 01777));
    // The kernel opens it for /init's standard streams before anything can mount devtmpfs.
    KDK_TRY(tree.console());
    KDK_TRY(tree.file("/init", std::move(ingredients.supervisor), 0755));
    KDK_TRY(tree.file("/usr/bin/makedumpfile-lite", std::move(ingredients.collector), 0755));
    const Bytes frozen = as_bytes(ingredients.frozen);
    KDK_TRY(tree.file(Frozen::path, {frozen.begin(), frozen.end()}, 0600));
    const Bytes production = as_bytes(ingredients.production);
    if (!production.empty())
        KDK_TRY(tree.file(Production::path, {production.begin(), production.end()}, 0600));
    for (Library& library : ingredients.libraries)
        KDK_TRY(tree.file(library.path, std::move(library.content), 0755));
    for (PackedModule& module : ingredients.modules)
        KDK_TRY(tree.file(module.path, std::move(module.content), 0644));
    for (ExtraFile& extra : ingredients.extras)
        KDK_TRY(tree.file(extra.path, std::move(extra.content), extra.mode));
    KDK_TRY(tree.usr_links());
    return tree.finish();
}

} // namespace kdumpkit::initramfs
