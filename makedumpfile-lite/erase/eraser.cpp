// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/eraser.h"

#include "makedumpfile-lite/erase/config_symbols.h"
#include "makedumpfile-lite/erase/module_symbols.h"
#include "makedumpfile-lite/erase/section_eraser.h"
#include "makedumpfile-lite/kernel/btf_finder.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

void run_section(const EraseSection& section, SectionEraser&& here) {
    for (const auto& one : section.commands)
        std::visit([&](const auto& command) { here.run(command); }, one);
}

} // namespace

Result<Erasure> plan_erasure(const EraseConfig& config, const std::string& name, const Image& image,
                             const Kernel& kernel, const VariableTypes& variables) {
    const VariableTypes none;
    VirtualMemory memory(image, kernel.data().table);
    std::vector<std::string_view> wanted = {"__start_BTF", "modules"};
    for (const EraseSection& section : config.sections)
        if (section.module == "vmlinux")
            for (const std::string_view symbol : symbols_in(section))
                wanted.push_back(symbol);
    KDK_ASSIGN(const Symbols symbols, find_symbols(memory, kernel.data().info, wanted));
    KDK_ASSIGN(const Btf btf, find_btf(memory, kernel.data().info, symbols));
    Erasure erasure;
    for (const EraseSection& section : config.sections) {
        if (section.module == "vmlinux") {
            run_section(section, SectionEraser(image, kernel, name, btf, symbols, variables, erasure));
            continue;
        }
        const auto modules = symbols.find("modules");
        auto tables = modules == symbols.end()
                          ? Result<ModuleTables>(fail(ErrorKind::absent, "erase", "it",
                                                      "the kernel's list of modules was not found"))
                          : find_module(memory, btf, modules->second, section.module, symbols_in(section));
        if (!tables) {
            erasure.warnings.push_back(fmt::format("{}: nothing of module {} is erased: {}", name,
                                                   section.module, tables.error().reason));
            continue;
        }
        const Btf& types = tables->btf ? *tables->btf : btf;
        run_section(section, SectionEraser(image, kernel, name, types, tables->symbols, none, erasure));
    }
    settle(erasure.ranges);
    return erasure;
}

} // namespace kdumpkit::dump
