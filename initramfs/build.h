// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/frozen.h"
#include "initramfs/cpio.h"
#include "initramfs/entry.h"
#include "initramfs/freeze_production.h"
#include "initramfs/layout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// What `kdumpkit build` was asked for.
struct BuildRequest {
    std::vector<std::string> targets; // URLs; empty: those of the settings
    std::string release;              // of the capture kernel, empty: choose
    std::string root;                 // empty: the running system
    std::string config;               // settings file, empty: /etc/kdumpkit.toml of the root, if any
    std::string programs;             // folder, empty: look for them
    std::optional<std::vector<std::string>> modules; // instead of looking for the device's drivers
    std::vector<std::string> more_modules;           // besides them
    std::string host;                                // empty: the machine's name
    std::vector<std::string> former_hosts;           // the machine's names so far, for Frozen::former_hosts
};

struct Part {
    std::string name;
    std::string path;        // inside the initramfs
    std::uint64_t bytes = 0; // unpacked
};

struct Build {
    Archive archive;
    Packing packing = Packing::none;
    Frozen frozen;
    std::vector<Part> programs, libraries, modules; // modules in the order of loading
    std::vector<Part> contents;                     // everything, in archive order
    std::vector<std::string> built_in;              // modules asked for that the kernel image has
    std::string layout; // where the collector's layout file comes from, or why there is none
    // What a kexec at the end starts; nullopt: nobody asked for one, or a warning says why there is none.
    std::optional<FrozenProduction> production;
    std::vector<std::string> warnings;
};

// All that goes into a capture initramfs, before it is packed, which takes most of the time.
struct Collected {
    Build build;                // without its archive
    std::vector<Entry> entries; // by path
    LayoutPlan layout;          // of what add_layout() adds
};
// Reads the system and changes nothing.
Result<Collected> collect(const BuildRequest& request);
// Has the collector write the layout, if it can. To be called once at most.
void add_layout(Collected& collected);
// In memory.
Result<Build> pack(Collected collected);
// All three.
Result<Build> build(const BuildRequest& request);

} // namespace kdumpkit::initramfs
