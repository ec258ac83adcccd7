// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/bootloader.h"

#include "admin/boot_file_words.h"
#include "admin/boot_files.h"
#include "admin/grub_settings.h"
#include "admin/shell_value.h"
#include "admin/undo_gaps.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

using namespace boot_paths;

class Planner {
  public:
    // `undo`: nullptr unless what kdumpkit wrote is taken back.
    Planner(const BootTree& tree, std::string_view parameter, const ReservationRecord* undo)
        : tree_(tree), parameter_(parameter), undo_(undo) {}

    BootPlan plan;

    Result<> grub() {
        if (!has_grub(tree_))
            return {};
        plan.loaders.emplace_back("GRUB");
        const bool has_folder = tree_.folders.contains(grub_folder);
        if (has_folder || undo_ != nullptr)
            dropin();
        if (undo_ != nullptr) {
            // The folder may have come after reserve.
            if (tree_.file(grub_defaults) != nullptr && (!has_folder || undo_->files.contains(grub_defaults)))
                take_back(grub_defaults);
        } else if (!has_folder) {
            KDK_ASSIGN(const LineEdits edited, edit_grub_defaults(*tree_.file(grub_defaults), parameter_));
            change(grub_defaults, edited);
        }
        if (undo_ == nullptr)
            KDK_TRY(check_grub(grub_files(tree_after()), parameter_, plan.notes));
        grub_command();
        return {};
    }

    void entries() {
        const auto entries = tree_.entries();
        for (const std::string& path : entries) {
            if (undo_ != nullptr)
                take_back(path);
            else if (!change(path, edit_boot_entry(*tree_.file(path), parameter_)) &&
                     crashkernel_words(*tree_.file(path)).empty())
                plan.notes.push_back(fmt::format("{} starts no Linux by itself, and stays", path));
        }
        if (const std::string* line = tree_.file(kernel_cmdline)) {
            const bool changed = undo_ != nullptr
                                     ? take_back(kernel_cmdline)
                                     : change(kernel_cmdline, edit_kernel_cmdline(*line, parameter_));
            // With nothing else that starts kernels it is for images that carry it.
            if (changed &&
                (!tree_.unified.empty() || (entries.empty() && plan.loaders.empty() && !has_extlinux())))
                plan.by_hand.push_back(fmt::format("make the kernels' images anew, which carry their command "
                                                   "line: kernel-install add VERSION "
                                                   "IMAGE, or what has made {}",
                                                   tree_.unified.empty() ? "them" : *tree_.unified.begin()));
            plan.loaders.emplace_back(entries.empty() ? kernel_cmdline : "boot loader entries");
        } else if (!entries.empty()) {
            plan.loaders.emplace_back("boot loader entries");
        }
    }

    Result<> extlinux() {
        const std::string* const menu = tree_.file(u_boot_menu);
        if (menu != nullptr) {
            plan.loaders.emplace_back("extlinux by u-boot-menu");
            if (undo_ != nullptr) {
                take_back(u_boot_menu);
            } else {
                // Debian's default, which the file shows in a comment.
                KDK_ASSIGN(const LineEdits edited,
                           edit_shell_value(u_boot_menu, *menu, {u_boot_parameters, "ro quiet", parameter_}));
                change(u_boot_menu, edited);
            }
            plan.commands.push_back({"u-boot-update"});
        }
        // The menu, which writes them anew, may have come after reserve.
        for (const char* path : boot_paths::extlinux)
            if (const std::string* text = tree_.file(path);
                text != nullptr && (menu == nullptr || (undo_ != nullptr && undo_->files.contains(path)))) {
                plan.loaders.emplace_back("extlinux");
                if (undo_ != nullptr)
                    take_back(path);
                else
                    change(path, edit_extlinux(*text, parameter_));
            }
        return {};
    }

  private:
    // Whether that is a change.
    bool change(const std::string& path, const LineEdits& edited) {
        const std::string& text = *tree_.file(path);
        const LineEdits changed = only_changed(edited);
        if (const LineEdits kept = only_kept(edited, parameter_); undo_ == nullptr && !kept.empty())
            plan.kept[path] = kept;
        if (!changed.empty())
            plan.changes.push_back({path, text, text_of(edited, text), true, false, changed});
        return !changed.empty();
    }

    bool take_back(const std::string& path) {
        const auto found = undo_->files.find(path);
        const TakenBack back =
            take_back_lines(*tree_.file(path), found == undo_->files.end() ? LineEdits() : found->second,
                            words_of_boot_file(path), undo_->parameter);
        for (const std::string& left : back.left)
            plan.notes.push_back(fmt::format("{}: {}", path, left));
        return change(path, back.lines);
    }

    // A file of our own: grub-mkconfig reads it after the other settings.
    void dropin() {
        const std::string* now = tree_.file(grub_dropin);
        if (undo_ == nullptr) {
            const std::string wanted = grub_dropin_text(parameter_);
            if (now == nullptr || *now != wanted)
                plan.changes.push_back({grub_dropin, now != nullptr ? *now : "", wanted, now != nullptr,
                                        false, difference(now != nullptr ? *now : "", wanted)});
            for (const auto& [path, text] : grub_files(tree_))
                if (path != grub_dropin && text.find("crashkernel=") != std::string::npos)
                    plan.notes.push_back(fmt::format(
                        "{} also has crashkernel=, and keeps it; of several a kernel takes the last", path));
        } else if (now != nullptr && is_grub_dropin(*now)) {
            plan.changes.push_back({grub_dropin, *now, "", true, true, difference(*now, "")});
        } else if (now != nullptr || !undo_->files.contains(grub_defaults)) {
            plan.notes.push_back(now == nullptr
                                     ? fmt::format("{} is gone already", grub_dropin)
                                     : fmt::format("{} is not what kdumpkit wrote, and stays", grub_dropin));
        }
    }

    [[nodiscard]] bool has_extlinux() const {
        return tree_.file(u_boot_menu) != nullptr ||
               std::any_of(boot_paths::extlinux.begin(), boot_paths::extlinux.end(),
                           [&](const char* path) { return tree_.file(path) != nullptr; });
    }

    [[nodiscard]] BootTree tree_after() const {
        BootTree tree = tree_;
        for (const FileChange& change : plan.changes)
            tree.files[change.path] = change.after;
        return tree;
    }

    void grub_command() {
        if (tree_.programs.contains("update-grub"))
            plan.commands.push_back({"update-grub"});
        else if (tree_.programs.contains("grub2-mkconfig"))
            plan.commands.push_back({"grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"});
        else if (tree_.programs.contains("grub-mkconfig"))
            plan.commands.push_back({"grub-mkconfig", "-o", "/boot/grub/grub.cfg"});
        else
            plan.by_hand.emplace_back(
                "make grub.cfg anew by hand: neither update-grub nor grub-mkconfig is installed");
    }

    const BootTree& tree_;
    std::string_view parameter_;
    const ReservationRecord* undo_;
};

Error no_boot_loader(const BootTree& tree, std::string_view parameter) {
    if (!tree.unified.empty())
        return make_error(
                   ErrorKind::absent, "change", *tree.unified.begin(),
                   fmt::format("this kernel carries its command line, and there is no {} to make it from",
                               kernel_cmdline))
            .then(fmt::format("write the whole command line with {} there, and make the image anew "
                              "(kernel-install add VERSION IMAGE)",
                              parameter));
    if (!tree.unread.empty())
        return make_error(ErrorKind::system, "read", fmt::format("{}", fmt::join(tree.unread, " and ")),
                          "it is no regular file, or only root may read it")
            .then("look at it, or run this with sudo");
    return make_error(ErrorKind::absent, "find", "the boot loader's settings",
                      fmt::format("there is neither {} nor {}, {} or {}", grub_defaults,
                                  boot_paths::entries.front(), kernel_cmdline, boot_paths::extlinux.front()))
        .then(fmt::format("add {} to the kernel's command line by hand, and reboot", parameter));
}

Result<BootPlan> make_plan(const BootTree& tree, std::string_view parameter, const ReservationRecord* undo) {
    Planner planner(tree, parameter, undo);
    BootPlan& plan = planner.plan;
    KDK_TRY(planner.grub());
    planner.entries();
    KDK_TRY(planner.extlinux());
    if (undo == nullptr && plan.loaders.empty())
        return fail(no_boot_loader(tree, parameter));
    if (undo == nullptr)
        for (const std::string& path : tree.unread)
            plan.notes.push_back(fmt::format("{} cannot be read, and is passed over", path));
    if (plan.changes.empty()) {
        plan.held = std::exchange(plan.commands, {});
        plan.by_hand.clear();
    }
    return std::move(plan);
}

} // namespace

Result<BootPlan> plan_boot(const BootTree& tree, std::string_view parameter) {
    return make_plan(tree, parameter, nullptr);
}

Result<BootPlan> plan_undo(const BootTree& tree, const ReservationRecord& record) {
    KDK_ASSIGN(BootPlan plan, make_plan(tree, "", &record));
    KDK_TRY(note_gaps(tree, record, plan));
    return plan;
}

bool stands(const BootTree& tree, std::string_view parameter) {
    if (has_grub(tree)) {
        std::vector<std::string> notes;
        if (!check_grub(grub_files(tree), parameter, notes))
            return false;
    }
    const auto again = plan_boot(tree, parameter);
    return !again || again->changes.empty();
}

} // namespace kdumpkit::admin
