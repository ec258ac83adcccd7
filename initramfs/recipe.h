// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "initramfs/closure.h"
#include "initramfs/entry.h"
#include "initramfs/extras.h"

#include <string>
#include <vector>

namespace kdumpkit::initramfs {

struct PackedModule {
    std::string name;
    std::string path; // inside the initramfs
    std::vector<std::byte> content;
};

// What goes into a capture initramfs.
struct Ingredients {
    std::vector<std::byte> supervisor; // becomes /init
    std::vector<std::byte> collector;  // becomes /usr/bin/makedumpfile-lite
    std::vector<Library> libraries;
    std::vector<PackedModule> modules;
    std::vector<ExtraFile> extras;
    std::string frozen;     // the text of Frozen::path
    std::string production; // the text of Production::path; empty: no such file
};

// Every entry, sorted by path (so a folder comes before what is in it), parents made as needed. Top folders
// of programs and libraries are links into /usr, so that both spellings of a path work. Two different things
// at one path are `invalid`. There is nothing else inside: no shell, no package of tools.
Result<std::vector<Entry>> make_recipe(Ingredients ingredients);

// Where a module lies inside: "/usr/lib/modules/RELEASE/PATH".
std::string packed_module_path(const std::string& release, const std::string& path);

} // namespace kdumpkit::initramfs
