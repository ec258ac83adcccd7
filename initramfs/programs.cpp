// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/programs.h"

#include "base/file.h"

#include <climits>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::initramfs {
namespace {

constexpr const char* supervisor = "kdump-capture";
constexpr const char* collector = "makedumpfile-lite";

// The folder of the running program, empty when /proc is not mounted.
std::string own_folder() {
    char text[PATH_MAX];
    const ssize_t length = ::readlink("/proc/self/exe", text, sizeof text);
    return length <= 0 ? std::string()
                       : parent_folder(std::string_view(text, static_cast<std::size_t>(length)));
}

std::optional<std::string> first_existing(const Root& root, const std::vector<std::string>& folders,
                                          const char* name) {
    for (const std::string& folder : folders)
        if (root.exists(folder + "/" + name))
            return folder;
    return std::nullopt;
}

} // namespace

Result<Program> find_program(const Root& root, const std::vector<std::string>& folders, const char* name) {
    const auto folder = first_existing(root, folders, name);
    if (!folder)
        return fail(make_error(ErrorKind::absent, "find the program", name,
                               fmt::format("it is not in {}", fmt::join(folders, " or ")))
                        .then("build or install kdumpkit completely, or name the folder with kdumpkit build "
                              "--programs"));
    KDK_ASSIGN(const std::string file, root.resolve(*folder + "/" + name));
    KDK_ASSIGN(auto content, read_file(file));
    return Program{name, *folder, std::move(content)};
}

namespace {

Result<CapturePrograms> load_both(const Root& root, const std::vector<std::string>& supervisor_folders,
                                  const std::vector<std::string>& collector_folders) {
    CapturePrograms programs;
    programs.libraries = root;
    KDK_ASSIGN(programs.supervisor, find_program(root, supervisor_folders, supervisor));
    KDK_ASSIGN(programs.collector, find_program(root, collector_folders, collector));
    return programs;
}

} // namespace

Result<CapturePrograms> find_programs(const std::string& folder, const Root& root) {
    const Root host("");
    if (!folder.empty()) {
        char here[PATH_MAX];
        const bool relative = !folder.starts_with('/') && ::getcwd(here, sizeof here) != nullptr;
        const std::string absolute = normal_path(relative ? fmt::format("{}/{}", here, folder) : folder);
        return load_both(host, {absolute}, {absolute});
    }
    const std::vector<std::string> libexec = {"/usr/libexec/kdumpkit", "/usr/lib/kdumpkit"};
    const std::vector<std::string> bin = {"/usr/bin"};
    if (!root.is_running_system() && first_existing(root, libexec, supervisor) &&
        first_existing(root, bin, collector))
        return load_both(root, libexec, bin);
    const std::string own = own_folder();
    return load_both(host, {own, normal_path(own + "/../libexec/kdumpkit"), KDUMPKIT_LIBEXEC_DIR},
                     {own, normal_path(own + "/../bin"), KDUMPKIT_BIN_DIR});
}

} // namespace kdumpkit::initramfs
