// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/layout.h"

#include "base/elf_note.h"
#include "base/file.h"
#include "base/process.h"

#include <chrono>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <sys/mman.h>

namespace kdumpkit::initramfs {
namespace {

constexpr std::size_t largest_layout = std::size_t{1} << 20;
// DWARF of a whole kernel takes seconds to read.
constexpr std::chrono::minutes patience{2};

// Where the debug packages of distributions put it.
std::optional<std::string> find_vmlinux(const Root& root, const std::string& release) {
    for (const std::string& path :
         {"/usr/lib/debug/boot/vmlinux-" + release, "/usr/lib/debug/lib/modules/" + release + "/vmlinux",
          "/boot/vmlinux-" + release, "/lib/modules/" + release + "/build/vmlinux"})
        if (root.exists(path))
            if (const auto file = root.resolve(path))
                return *file;
    return std::nullopt;
}

std::string all_of(const Fd& file) {
    std::string text(largest_layout, '\0');
    const auto size = pread_some(file.get(), 0, std::as_writable_bytes(std::span(text)), "what it wrote");
    text.resize(size.value_or(0));
    return text;
}

// What the program wrote to standard output; on failure the last line of what it said.
Result<std::string> output_of(const std::vector<std::string>& argv) {
    const Fd out(::memfd_create("layout", MFD_CLOEXEC));
    const Fd words(::memfd_create("words", MFD_CLOEXEC));
    if (!out.valid() || !words.valid())
        return fail(system_error("run", argv[0], errno));
    KDK_ASSIGN(Child child, spawn({argv, -1, out.get(), words.get()}));
    KDK_ASSIGN(const ExitStatus status, child.wait(patience));
    if (status.success())
        return all_of(out);
    std::string said = all_of(words);
    said = said.substr(0, said.find('\n'));
    return fail(make_error(ErrorKind::absent, "run", argv[0], said.empty() ? status.text() : said));
}

} // namespace

LayoutPlan plan_layout(const CapturePrograms& programs, const std::string& release, const Root& root,
                       const std::string& running_release) {
    LayoutPlan plan{release, {}, "", ""};
    if (!programs.libraries.is_running_system()) {
        plan.note = "the programs of another root cannot be run here";
        return plan;
    }
    std::vector<std::string> argv = {programs.collector.folder + "/" + programs.collector.name,
                                     "--write-layout", "-"};
    plan.note = "the running kernel";
    if (!root.is_running_system() || release != running_release) {
        const auto vmlinux = find_vmlinux(root, release);
        if (!vmlinux) {
            plan.note = "it does not run here, and there is no vmlinux of it";
            return plan;
        }
        argv.insert(argv.end(), {"-x", *vmlinux});
        plan.note = *vmlinux;
    } else if (const auto notes = read_file("/sys/kernel/notes"))
        plan.build_id = build_id_of(*notes);
    plan.argv = std::move(argv);
    return plan;
}

FrozenLayout freeze_layout(const LayoutPlan& plan) {
    const auto none = [&](const std::string& why) {
        return FrozenLayout{{}, fmt::format("none for kernel {}: {}", plan.release, why)};
    };
    if (plan.argv.empty())
        return none(plan.note);
    auto text = output_of(plan.argv);
    if (!text)
        return none(text.error().reason);
    if (!text->starts_with(fmt::format("KDUMPKIT-LAYOUT=1\nOSRELEASE={}\n", plan.release)))
        return none("what the collector wrote is not of this kernel");
    return {std::move(*text), "of " + plan.note};
}

} // namespace kdumpkit::initramfs
