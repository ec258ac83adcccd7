// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/closure.h"

#include "base/file.h"
#include "initramfs/elf_object.h"
#include "initramfs/strip.h"

#include <algorithm>
#include <map>
#include <optional>

#include <elf.h>
#include <fmt/format.h>
#include <fnmatch.h>

namespace kdumpkit::initramfs {
namespace {

constexpr std::size_t most_objects = 1024; // hostile or not: no capture program needs more

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

// Debian's multiarch names, https://wiki.debian.org/Multiarch/Tuples.
std::string_view debian_tuple(unsigned machine) {
    switch (machine) {
    case EM_X86_64:
        return "x86_64-linux-gnu";
    case EM_AARCH64:
        return "aarch64-linux-gnu";
    case EM_RISCV:
        return "riscv64-linux-gnu";
    default:
        return {};
    }
}

std::vector<std::string> default_folders(unsigned machine) {
    std::vector<std::string> folders;
    if (const auto tuple = debian_tuple(machine); !tuple.empty()) {
        folders.push_back(fmt::format("/lib/{}", tuple));
        folders.push_back(fmt::format("/usr/lib/{}", tuple));
    }
    for (const char* folder : {"/lib64", "/usr/lib64", "/lib", "/usr/lib"})
        folders.emplace_back(folder);
    return folders;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

// An object that has been read: a program (no parent) or a library asked for by `parent`.
struct Node {
    ElfObject elf;
    std::string name;
    std::string folder;
    std::optional<std::size_t> parent;
};

class Search {
  public:
    explicit Search(const Root& root) : root_(root) { read_conf("/etc/ld.so.conf", 0); }

    Result<> add(const Program& program) {
        KDK_ASSIGN(ElfObject elf, read_elf_object(program.content, program.name));
        if (!elf.interpreter.empty())
            KDK_TRY(add_interpreter(elf.interpreter, program.name));
        nodes_.push_back({std::move(elf), program.name, program.folder, std::nullopt});
        for (std::size_t next = nodes_.size() - 1; next < nodes_.size(); ++next)
            KDK_TRY(add_needed(next));
        return {};
    }

    std::vector<Library> finish() {
        std::vector<Library> libraries;
        for (auto& [name, library] : found_) {
            library.path = name.starts_with('/') ? merged_usr_path(name) : library_folder_ + "/" + name;
            libraries.push_back(std::move(library));
        }
        std::sort(libraries.begin(), libraries.end(),
                  [](const Library& a, const Library& b) { return a.path < b.path; });
        return libraries;
    }

  private:
    void read_conf(const std::string& path, int depth) {
        const auto file = root_.resolve(path);
        const auto text = file ? read_text(*file) : Result<std::string>();
        if (!file || !text || depth > 8)
            return;
        LdConf conf = parse_ld_conf(*text);
        for (const std::string& folder : conf.folders)
            conf_folders_.push_back(folder);
        for (const std::string& pattern : conf.includes) {
            const std::string folder = parent_folder(pattern);
            for (const std::string& name : root_.names(folder))
                if (::fnmatch(std::string(base_name(pattern)).c_str(), name.c_str(), FNM_PERIOD) == 0)
                    read_conf(folder + "/" + name, depth + 1);
        }
    }

    Result<> add_interpreter(const std::string& interpreter, const std::string& needed_by) {
        if (found_.contains(interpreter))
            return {};
        const auto source = root_.resolve(interpreter);
        if (!source)
            return missing(interpreter, needed_by);
        KDK_ASSIGN(auto content, read_file(*source));
        found_[interpreter] = {{}, *source, strip(std::move(content))};
        // The interpreter is loaded already when libraries name it in DT_NEEDED.
        interpreters_.emplace_back(base_name(interpreter));
        return {};
    }

    Result<> add_needed(std::size_t index) {
        const std::vector<std::string> needed = nodes_[index].elf.needed;
        for (const std::string& name : needed) {
            if (found_.contains(name) ||
                std::find(interpreters_.begin(), interpreters_.end(), name) != interpreters_.end())
                continue;
            if (nodes_.size() >= most_objects)
                return fail(ErrorKind::unsupported, "collect the libraries of", nodes_[index].name,
                            fmt::format("more than {} files", most_objects));
            KDK_TRY(find(index, name));
        }
        return {};
    }

    Result<> find(std::size_t index, const std::string& name) {
        for (const std::string& folder : folders_for(index)) {
            const std::string path = name.find('/') == std::string::npos ? folder + "/" + name : name;
            const auto source = root_.resolve(path);
            const auto content = source ? read_file(*source) : Result<std::vector<std::byte>>();
            if (!source || !content)
                continue;
            auto elf = read_elf_object(*content, *source);
            // ld.so too passes over files for another machine and looks further.
            if (!elf || elf->machine != nodes_[index].elf.machine || elf->width != nodes_[index].elf.width)
                continue;
            if (name.starts_with("libc.so"))
                library_folder_ = merged_usr_path(folder);
            else if (library_folder_.empty())
                library_folder_ = merged_usr_path(default_folders(elf->machine).front());
            found_[name] = {{}, *source, strip(*content)};
            nodes_.push_back({std::move(*elf), *source, normal_path(parent_folder(path)), index});
            return {};
        }
        return missing(name, nodes_[index].name);
    }

    std::vector<std::string> folders_for(std::size_t index) const {
        std::vector<std::string> folders;
        const Node& node = nodes_[index];
        if (node.elf.runpath.empty())
            for (std::optional<std::size_t> at = index; at; at = nodes_[*at].parent)
                expand(nodes_[*at].elf.rpath, nodes_[*at].folder, node.elf.machine, folders);
        expand(node.elf.runpath, node.folder, node.elf.machine, folders);
        folders.insert(folders.end(), conf_folders_.begin(), conf_folders_.end());
        for (std::string& folder : default_folders(node.elf.machine))
            folders.push_back(std::move(folder));
        return folders;
    }

    // ld.so(8), "Dynamic string tokens". An empty entry means the current folder there and nothing here.
    static void expand(const std::vector<std::string>& from, const std::string& origin, unsigned machine,
                       std::vector<std::string>& to) {
        const auto tuple = debian_tuple(machine);
        for (std::string folder : from) {
            for (const char* token : {"$ORIGIN", "${ORIGIN}"})
                replace_all(folder, token, origin);
            for (const char* token : {"$LIB", "${LIB}"})
                replace_all(folder, token, tuple.empty() ? "lib64" : fmt::format("lib/{}", tuple));
            if (folder.starts_with('/'))
                to.push_back(normal_path(folder));
        }
    }

    [[nodiscard]] Failure missing(const std::string& library, const std::string& needed_by) const {
        return fail(
            make_error(ErrorKind::absent, "find the library", library,
                       fmt::format("{} needs it, and it is not in {}", needed_by,
                                   root_.is_running_system() ? "any library folder of this system"
                                                             : "any library folder under " + root_.folder()))
                .then("install the package that has it, or add its folder to /etc/ld.so.conf"));
    }

    const Root& root_;
    std::vector<std::string> conf_folders_;
    std::vector<std::string> interpreters_;
    std::vector<Node> nodes_;
    std::map<std::string, Library> found_; // by DT_NEEDED name; the interpreter by its path
    std::string library_folder_;
};

} // namespace

LdConf parse_ld_conf(std::string_view text) {
    LdConf conf;
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        line = line.substr(0, line.find('#'));
        const auto first = line.find_first_not_of(" \t");
        if (first == std::string_view::npos)
            continue;
        line = line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
        if (line.starts_with("include ") || line.starts_with("include\t")) {
            const std::string_view pattern = line.substr(line.find_first_not_of(" \t", 7));
            // A relative pattern is relative to the folder of the file, which is /etc for the usual one.
            conf.includes.push_back(pattern.starts_with('/') ? std::string(pattern)
                                                             : fmt::format("/etc/{}", pattern));
        } else if (line.starts_with('/')) {
            conf.folders.emplace_back(line);
        }
    }
    return conf;
}

std::string merged_usr_path(std::string_view path) {
    std::string normal = normal_path(path);
    const std::string top = normal.substr(0, normal.find('/', 1));
    if (top == "/bin" || top == "/sbin" || top.starts_with("/lib"))
        return "/usr" + normal;
    return normal;
}

Result<std::vector<Library>> library_closure(const std::vector<Program>& programs, const Root& root) {
    Search search(root);
    for (const Program& program : programs)
        KDK_TRY(search.add(program));
    return search.finish();
}

} // namespace kdumpkit::initramfs
