// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "initramfs/load_order.h"
#include "initramfs/root.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// Kernel releases that have a folder of modules in the root, sorted.
std::vector<std::string> kernel_releases(const Root& root);

// The modules of one kernel as they lie on disk. Works without depmod(8)'s files, as in a kernel package that
// was only unpacked: names come from walking the folder, dependencies from the modules themselves. Aliases
// come from depmod's modules.alias through libkmod where it exists, otherwise from reading every module once.
// Where a name exists twice, updates/ wins over extra/ over kernel/ over the rest (depmod.d(5), "search").
class ModuleTree : public ModuleCatalog {
  public:
    // `absent` lists the releases that the root has.
    static Result<std::unique_ptr<ModuleTree>> open(const Root& root, const std::string& release);

    Result<ModuleLookup> look_up(const std::string& name_or_alias) override;
    Result<ModuleInfo> info(const std::string& name) override;
    [[nodiscard]] std::vector<std::string> names() const override;
    [[nodiscard]] std::string release() const override { return release_; }

    // False when the list of drivers inside the kernel image (modules.builtin) is missing.
    [[nodiscard]] bool knows_built_in() const { return !built_in_.empty(); }
    // Below the folder of the release, as packed: "kernel/fs/ext4/ext4.ko", without a compression's suffix.
    [[nodiscard]] std::string path(const std::string& name) const;
    // The module, decompressed, otherwise untouched: a signature covers every byte.
    [[nodiscard]] Result<std::vector<std::byte>> content(const std::string& name) const;

  private:
    ModuleTree(const Root& root, std::string folder, std::string release);
    Result<> index();
    void read_builtin();
    void look_up_with_libkmod(const std::string& alias, ModuleLookup& found) const;
    Result<> scan_aliases();

    Root root_;
    std::string folder_; // inside the root: "/lib/modules/RELEASE"
    std::string release_;
    std::map<std::string, std::string> paths_; // name to path below folder_
    std::set<std::string> built_in_;
    std::vector<std::string> built_in_aliases_;
    bool has_alias_index_ = false;
    std::optional<std::vector<std::pair<std::string, std::string>>> scanned_; // alias pattern, module
};

} // namespace kdumpkit::initramfs
