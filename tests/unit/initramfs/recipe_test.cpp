// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"
#include "initramfs/recipe.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

using namespace kdumpkit;
using namespace kdumpkit::initramfs;

namespace {

Ingredients some() {
    Ingredients ingredients;
    ingredients.supervisor = {std::byte{1}};
    ingredients.collector = {std::byte{2}};
    ingredients.libraries = {{"/usr/lib64/ld.so", "/x", {}}, {"/usr/lib/t/libc.so.6", "/y", {}}};
    ingredients.modules = {{"a", packed_module_path("6.1", "kernel/a.ko"), {}}};
    ingredients.frozen = "frozen";
    return ingredients;
}

const Entry* find(const std::vector<Entry>& entries, const std::string& path) {
    const auto at =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.path == path; });
    return at == entries.end() ? nullptr : &*at;
}

} // namespace

TEST_CASE("a recipe is sorted, whole and has nothing else inside") {
    const auto entries = make_recipe(some()).value();
    std::set<std::string> folders = {"/"};
    std::set<std::string> files;
    std::string before;
    for (const Entry& entry : entries) {
        CHECK(before < entry.path);
        before = entry.path;
        CHECK(folders.contains(parent_folder(entry.path))); // the kernel makes no parents
        if (entry.type == EntryType::folder)
            folders.insert(entry.path);
        if (entry.type == EntryType::file)
            files.insert(entry.path);
    }
    CHECK(files == std::set<std::string>{"/etc/kdumpkit/frozen.toml", "/init", "/usr/bin/makedumpfile-lite",
                                         "/usr/lib/modules/6.1/kernel/a.ko", "/usr/lib/t/libc.so.6",
                                         "/usr/lib64/ld.so"});
    for (const char* path : {"/proc", "/sys", "/dev", "/mnt", "/run", "/tmp"})
        CHECK(folders.contains(path));
    CHECK(find(entries, "/lib64")->link == "usr/lib64");
    CHECK(find(entries, "/lib")->link == "usr/lib");
    CHECK(find(entries, "/bin")->link == "usr/bin");
    CHECK(find(entries, "/init")->mode == 0755);
    CHECK(find(entries, "/dev/console")->major == 5);
    CHECK(find(entries, "/dev/console")->minor == 1);
}

TEST_CASE("two things at one place are refused") {
    Ingredients twice = some();
    twice.libraries.push_back(twice.libraries[0]);
    CHECK(make_recipe(std::move(twice)).error().kind == ErrorKind::invalid);
    Ingredients below = some();
    below.libraries.push_back({"/init/x", "/z", {}});
    CHECK(make_recipe(std::move(below)).error().kind == ErrorKind::invalid);
}
