// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "initramfs/modinfo.h"

#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// What a name or alias stands for. Neither names nor built_in: nothing in this kernel answers to it.
struct ModuleLookup {
    std::vector<std::string> names; // modules, normalised; several when an alias fits several
    bool built_in = false;          // part of the kernel image: nothing to load
};

// A kernel's modules; ModuleTree is the real one.
class ModuleCatalog {
  public:
    virtual ~ModuleCatalog() = default;
    virtual Result<ModuleLookup> look_up(const std::string& name_or_alias) = 0;
    virtual Result<ModuleInfo> info(const std::string& name) = 0;
    [[nodiscard]] virtual std::vector<std::string> names() const = 0; // all modules, sorted
    [[nodiscard]] virtual std::string release() const = 0;            // of the kernel, for messages
};

struct ModuleRequest {
    std::string name; // a module or an alias
    std::string why;  // "asked for by --modules", "the filesystem ext4": for messages
    bool required = true;
};

struct LoadOrder {
    std::vector<std::string> names;    // each once, what it needs before it
    std::vector<std::string> built_in; // requests that the kernel image satisfies, as asked
    std::vector<std::string> warnings; // requests and soft dependencies that this kernel does not have
};

// The requested modules in the order asked, each behind its pre-softdeps and dependencies and before its
// post-softdeps, as modprobe(8) does. A required request or a dependency that does not exist is `absent` and
// names the nearest known modules; a soft dependency is only a warning.
Result<LoadOrder> load_order(ModuleCatalog& catalog, const std::vector<ModuleRequest>& requests);

// Up to five of `names` that look like `wanted`, the nearest first.
std::vector<std::string> nearest_names(const std::string& wanted, const std::vector<std::string>& names);

} // namespace kdumpkit::initramfs
