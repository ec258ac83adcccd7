// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/bootloader.h"

#include "admin/boot_words.h"
#include "base/file.h"

#include <array>
#include <filesystem>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

namespace fs = std::filesystem;

constexpr const char* grub_defaults = "/etc/default/grub";
constexpr const char* grub_folder = "/etc/default/grub.d";
constexpr const char* grub_dropin = "/etc/default/grub.d/kdumpkit.cfg";
constexpr const char* kernel_cmdline = "/etc/kernel/cmdline"; // kernel-install(8): for entries to come
constexpr const char* u_boot_menu = "/etc/default/u-boot";    // u-boot-menu's, makes extlinux.conf
constexpr std::array extlinux_files = {"/boot/extlinux/extlinux.conf", "/extlinux/extlinux.conf"};
// Where the Boot Loader Specification's type 1 entries are: on XBOOTLDR or the ESP.
constexpr std::array entry_folders = {"/boot/loader/entries", "/efi/loader/entries",
                                      "/boot/efi/loader/entries"};

class Planner {
  public:
    // `undo`: nullptr unless what kdumpkit wrote is taken back.
    Planner(const BootTree& tree, std::string_view parameter, const ReservationRecord* undo)
        : tree_(tree), parameter_(parameter), undo_(undo) {}

    BootPlan plan;
    std::optional<Error> refused; // a file that cannot be changed without harm

    void grub() {
        const std::string* defaults = tree_.file(grub_defaults);
        const bool has_folder = tree_.folders.contains(grub_folder);
        if (defaults == nullptr && !has_folder)
            return;
        plan.loaders.emplace_back("GRUB");
        if (has_folder) {
            // Debian's grub-mkconfig reads these after the file, in the order of their names.
            const std::string text =
                undo_ != nullptr
                    ? ""
                    : fmt::format("# Written by kdumpkit reserve; kdumpkit reserve --undo removes it.\n"
                                  "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT {}\"\n",
                                  parameter_);
            change(grub_dropin, text, "", undo_ != nullptr);
            for (const auto& [path, other] : tree_.files)
                if (path != grub_dropin && (path == grub_defaults || path.starts_with(grub_folder)) &&
                    other.find("crashkernel=") != std::string::npos)
                    plan.notes.push_back(fmt::format("{} also has crashkernel=; of several the kernel takes "
                                                     "the last, but one without ,high first",
                                                     path));
        } else {
            const char* name = "GRUB_CMDLINE_LINUX_DEFAULT";
            // Fedora has only this one.
            if (!shell_value(*defaults, name) && shell_value(*defaults, "GRUB_CMDLINE_LINUX"))
                name = "GRUB_CMDLINE_LINUX";
            shell(grub_defaults, *defaults, name, "");
        }
        grub_command();
    }

    void entries() {
        bool any = false;
        for (const auto& [path, text] : tree_.files)
            for (const char* folder : entry_folders)
                if (path.starts_with(std::string(folder) + "/") && path.ends_with(".conf")) {
                    any = true;
                    lines(path, text, "options");
                }
        if (const std::string* line = tree_.file(kernel_cmdline)) {
            any = true;
            const std::string words = crashkernel_words(*line);
            if (const auto wanted = wanted_instead(kernel_cmdline, words))
                change(kernel_cmdline, with_crashkernel(*line, *wanted) + "\n", words);
        }
        if (any)
            plan.loaders.emplace_back("boot loader entries");
    }

    void extlinux() {
        if (const std::string* menu = tree_.file(u_boot_menu)) {
            plan.loaders.emplace_back("extlinux by u-boot-menu");
            // Debian's default, which the file shows in a comment.
            shell(u_boot_menu, *menu, "U_BOOT_PARAMETERS", "ro quiet");
            plan.commands.push_back({"u-boot-update"});
            return;
        }
        for (const char* path : extlinux_files)
            if (const std::string* text = tree_.file(path)) {
                plan.loaders.emplace_back("extlinux");
                lines(path, *text, "append");
            }
    }

  private:
    // The words that are to be in `path` instead of `now`; nullopt: it stays as it is.
    std::optional<std::string> wanted_instead(const std::string& path, const std::string& now) const {
        if (undo_ == nullptr)
            return std::string(parameter_);
        if (now != undo_->parameter)
            return std::nullopt;
        const auto found = undo_->earlier.find(path);
        return found == undo_->earlier.end() ? "" : found->second;
    }

    void shell(const std::string& path, const std::string& text, const char* name, const char* standard) {
        if (!is_plain_shell_value(text, name)) {
            refused =
                make_error(ErrorKind::unsupported, "edit", fmt::format("{} in {}", name, path),
                           "a backslash, a quote inside or a second line: it would not mean the same again")
                    .then(fmt::format("write {} into it by hand, or make the value one plain quoted line",
                                      undo_ != nullptr ? std::string_view("the earlier crashkernel=")
                                                       : parameter_));
            return;
        }
        const std::string value = shell_value(text, name).value_or(standard);
        const std::string words = crashkernel_words(value);
        if (const auto wanted = wanted_instead(path, words))
            change(path, with_shell_value(text, name, with_crashkernel(value, *wanted)), words);
    }

    void lines(const std::string& path, const std::string& text, std::string_view keyword) {
        const std::string words = crashkernel_words_in_lines(text, keyword);
        if (const auto wanted = wanted_instead(path, words))
            change(path, with_crashkernel_lines(text, keyword, *wanted), words);
    }

    void change(const std::string& path, std::string after, std::string words, bool remove = false) {
        const std::string* before = tree_.file(path);
        if (remove ? before == nullptr : before != nullptr && *before == after)
            return;
        plan.changes.push_back({path, before != nullptr ? *before : "", std::move(after), before != nullptr,
                                remove, std::move(words)});
    }

    void grub_command() {
        if (tree_.programs.contains("update-grub"))
            plan.commands.push_back({"update-grub"});
        else if (tree_.programs.contains("grub2-mkconfig"))
            plan.commands.push_back({"grub2-mkconfig", "-o", "/boot/grub2/grub.cfg"});
        else if (tree_.programs.contains("grub-mkconfig"))
            plan.commands.push_back({"grub-mkconfig", "-o", "/boot/grub/grub.cfg"});
        else
            plan.notes.emplace_back(
                "neither update-grub nor grub-mkconfig is installed: make grub.cfg anew by hand");
    }

    const BootTree& tree_;
    std::string_view parameter_;
    const ReservationRecord* undo_;
};

Result<BootPlan> make_plan(const BootTree& tree, std::string_view parameter, const ReservationRecord* undo) {
    Planner planner(tree, parameter, undo);
    planner.grub();
    planner.entries();
    planner.extlinux();
    if (planner.refused)
        return fail(std::move(*planner.refused));
    if (planner.plan.loaders.empty())
        return fail(
            make_error(ErrorKind::absent, "find", "the boot loader's settings",
                       fmt::format("there is neither {} nor {}, {} or {}", grub_defaults,
                                   entry_folders.front(), kernel_cmdline, extlinux_files.front()))
                .then(undo == nullptr
                          ? fmt::format("add {} to the kernel's command line by hand, and reboot", parameter)
                          : "remove crashkernel= from the kernel's command line by hand"));
    if (planner.plan.changes.empty())
        planner.plan.commands.clear();
    return std::move(planner.plan);
}

} // namespace

Result<BootPlan> plan_boot(const BootTree& tree, std::string_view parameter) {
    return make_plan(tree, parameter, nullptr);
}

Result<BootPlan> plan_undo(const BootTree& tree, const ReservationRecord& record) {
    return make_plan(tree, "", &record);
}

ReservationRecord record_of(const BootPlan& plan, std::string parameter,
                            const std::optional<ReservationRecord>& before) {
    ReservationRecord record{std::move(parameter), {}};
    if (before)
        record.earlier = before->earlier;
    for (const FileChange& change : plan.changes) {
        const bool ours = before && change.words == before->parameter;
        if (!ours && !change.words.empty())
            record.earlier.emplace(change.path, change.words);
    }
    return record;
}

BootTree read_boot_tree(const std::string& root) {
    BootTree tree;
    std::error_code error;
    const auto add_file = [&](const std::string& path) {
        if (fs::is_regular_file(root + path, error))
            if (auto text = read_text(root + path, std::size_t{1} << 20))
                tree.files[path] = *std::move(text);
    };
    const auto add_folder = [&](const std::string& path) {
        if (!fs::is_directory(root + path, error))
            return;
        tree.folders.insert(path);
        for (fs::directory_iterator it(root + path, error), end; !error && it != end; it.increment(error))
            add_file(path + "/" + it->path().filename().string());
    };
    for (const char* path : {grub_defaults, kernel_cmdline, u_boot_menu})
        add_file(path);
    for (const char* path : extlinux_files)
        add_file(path);
    add_folder(grub_folder);
    for (const char* path : entry_folders)
        add_folder(path);
    for (const char* name : {"update-grub", "grub-mkconfig", "grub2-mkconfig", "u-boot-update"})
        for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"})
            if (fs::exists(root + folder + name, error))
                tree.programs.insert(name);
    return tree;
}

} // namespace kdumpkit::admin
