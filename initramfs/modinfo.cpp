// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/modinfo.h"

#include <algorithm>

namespace kdumpkit::initramfs {
namespace {

std::vector<std::string> split(std::string_view text, std::string_view separators) {
    std::vector<std::string> words;
    for (;;) {
        const auto first = text.find_first_not_of(separators);
        if (first == std::string_view::npos)
            return words;
        text.remove_prefix(first);
        const auto end = std::min(text.find_first_of(separators), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

// modprobe.d(5): "pre: a b post: c", both parts optional.
void parse_softdep(std::string_view text, ModuleInfo& info) {
    std::vector<std::string>* part = nullptr;
    for (const std::string& word : split(text, " \t")) {
        if (word == "pre:")
            part = &info.pre;
        else if (word == "post:")
            part = &info.post;
        else if (part != nullptr)
            part->push_back(normal_alias(word));
    }
}

} // namespace

ModuleInfo parse_modinfo(Bytes section) {
    ModuleInfo info;
    for_each_modinfo(as_text(section), [&](std::string_view key, std::string_view value) {
        if (key == "depends") {
            for (const std::string& name : split(value, ","))
                info.depends.push_back(module_name(name));
        } else if (key == "softdep") {
            parse_softdep(value, info);
        } else if (key == "alias") {
            info.aliases.push_back(normal_alias(value));
        }
    });
    return info;
}

std::string_view without_compression(std::string_view path) {
    for (const std::string_view suffix : {".gz", ".xz", ".zst"})
        if (path.ends_with(suffix))
            return path.substr(0, path.size() - suffix.size());
    return path;
}

bool is_module_path(std::string_view path) {
    return without_compression(path).ends_with(".ko");
}

std::string module_name(std::string_view path_or_name) {
    std::string_view name = path_or_name.substr(path_or_name.rfind('/') + 1);
    if (is_module_path(name))
        name = without_compression(name).substr(0, without_compression(name).size() - 3);
    std::string normal(name);
    std::replace(normal.begin(), normal.end(), '-', '_');
    return normal;
}

std::string normal_alias(std::string_view alias) {
    std::string normal(alias);
    bool in_brackets = false;
    for (char& c : normal) {
        if (c == '[' || c == ']')
            in_brackets = c == '[';
        else if (c == '-' && !in_brackets)
            c = '_';
    }
    return normal;
}

} // namespace kdumpkit::initramfs
