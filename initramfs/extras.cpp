// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/extras.h"

#include "base/bytes.h"
#include "base/file.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <sys/stat.h>

namespace kdumpkit::initramfs {
namespace {

constexpr const char* shell = "/usr/bin/busybox";

class Collector {
  public:
    explicit Collector(const Root& root) : root_(root) {}

    Result<> add(const std::string& wanted, bool program, const char* asked_by) {
        const std::string path = merged_usr_path(normal_path(wanted));
        if (std::any_of(extras_.files.begin(), extras_.files.end(),
                        [&](const ExtraFile& file) { return file.path == path; }))
            return {};
        const auto explain = [&](Error error) {
            return std::move(error).then(
                fmt::format("{} asks for it: make it there, or change the settings", asked_by));
        };
        KDK_ASSIGN(const std::string file, root_.resolve(wanted).map_error(explain));
        struct stat about {};
        if (::stat(file.c_str(), &about) != 0 || !S_ISREG(about.st_mode))
            return fail(explain(make_error(ErrorKind::invalid, "pack", wanted, "it is no regular file")));
        if (program && (about.st_mode & 0111) == 0)
            return fail(explain(make_error(ErrorKind::invalid, "pack", wanted, "it is not executable")));
        KDK_ASSIGN(auto content, read_file(file).map_error(explain));
        const std::string interpreter = interpreter_of(as_text(content));
        if (as_text(content).starts_with("\177ELF"))
            extras_.programs.push_back({path, parent_folder(wanted), content});
        extras_.files.push_back({path, std::move(content), about.st_mode & 0755U});
        return interpreter.empty() ? Result<>() : add(interpreter, true, wanted.c_str());
    }
    Extras finish() { return std::move(extras_); }

  private:
    const Root& root_;
    Extras extras_;
};

} // namespace

std::string interpreter_of(std::string_view content) {
    if (!content.starts_with("#!"))
        return {};
    content = content.substr(2, content.find('\n') - 2);
    content.remove_prefix(std::min(content.find_first_not_of(" \t"), content.size()));
    return std::string(content.substr(0, content.find_first_of(" \t\r")));
}

Result<Extras> collect_extras(const Settings& settings, const Root& root) {
    Collector collector(root);
    for (const std::string& path : settings.hooks.pre)
        KDK_TRY(collector.add(path, true, "hooks.pre"));
    for (const std::string& path : settings.hooks.post)
        KDK_TRY(collector.add(path, true, "hooks.post"));
    for (const std::string& path : settings.files)
        KDK_TRY(collector.add(path, false, "capture.files"));
    if (settings.final_action == FinalAction::shell)
        KDK_TRY(collector.add(shell, true, "capture.final_action"));
    if (settings.failure_action == FinalAction::shell)
        KDK_TRY(collector.add(shell, true, "capture.failure_action"));
    return collector.finish();
}

} // namespace kdumpkit::initramfs
