// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/image/unified.h"

#include "loader/image/pe.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

// The first line break or NUL ends nothing: systemd-stub takes the whole section, and trims it.
std::string one_line(Bytes section) {
    std::string line(as_text(section));
    std::ranges::replace_if(
        line, [](char c) { return c == '\n' || c == '\r' || c == '\0' || c == '\t'; }, ' ');
    const std::size_t last = line.find_last_not_of(' ');
    line.erase(last == std::string::npos ? 0 : last + 1);
    line.erase(0, line.find_first_not_of(' '));
    return line;
}

std::string_view text_until_nul(Bytes section) {
    const std::string_view text = as_text(section);
    return text.substr(0, std::min(text.find('\0'), text.size()));
}

} // namespace

Result<UnifiedImage> parse_unified(Bytes file, const std::string& name) {
    const auto sections = pe_sections(file);
    const auto corrupt = [&](std::string reason) {
        return fail(make_error(ErrorKind::corrupt, "use the unified kernel image", name, std::move(reason))
                        .then("copy the file again, or build it again (ukify, kernel-install)"));
    };
    UnifiedImage image;
    bool has_kernel = false;
    unsigned profiles = 0;
    for (const PeSection& section : sections.value_or(std::vector<PeSection>())) {
        profiles += section.name == ".profile";
        if (profiles > 1)
            break;
        const bool ours = section.name == ".linux" || section.name == ".initrd" ||
                          section.name == ".cmdline" || section.name == ".dtb";
        if (ours && !section.whole)
            return corrupt(fmt::format("it is truncated inside its section {}", section.name));
        if (section.name == ".linux") {
            image.kernel = section.content;
            has_kernel = true;
        } else if (section.name == ".initrd" && !section.content.empty())
            image.initrd = section.content;
        else if (section.name == ".cmdline")
            image.command_line = one_line(section.content);
        else if (section.name == ".dtb")
            image.dtb = section.content;
        else if (section.name == ".osrel")
            image.os_release = text_until_nul(section.content);
        else if (section.name == ".uname")
            image.release = text_until_nul(section.content);
    }
    if (!has_kernel)
        return fail(ErrorKind::invalid, "use the unified kernel image", name, "it has no section .linux");
    if (image.kernel.empty())
        return corrupt("its section .linux is empty");
    return image;
}

} // namespace kdumpkit::loader
