// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "initramfs/root.h"

#include <cstddef>
#include <string>
#include <vector>

namespace kdumpkit::initramfs {

// A program to pack, as it lies in the root that its libraries come from as well.
struct Program {
    std::string name;   // for messages
    std::string folder; // where it lies inside the root: what $ORIGIN means
    std::vector<std::byte> content;
};

struct Library {
    std::string path;   // inside the initramfs
    std::string source; // the file it was read from
    std::vector<std::byte> content;
};

// Everything that ld.so has to find to start the programs: their interpreter and, by DT_NEEDED, all
// libraries, stripped, sorted by path. Searched inside `root` in ld.so(8)'s order: DT_RPATH, DT_RUNPATH, the
// folders of /etc/ld.so.conf, the defaults of Debian and others. All land in the folder the C library was
// found in, which the interpreter searches without a cache; so one name is one file for all programs (the
// first one found). `absent` names the library and who needs it. Libraries that only dlopen(3) asks for are
// not seen: the capture programs ask for none.
Result<std::vector<Library>> library_closure(const std::vector<Program>& programs, const Root& root);

// The folders that ld.so.conf text names, in order; `include` lines are given to `included` (a glob,
// absolute).
struct LdConf {
    std::vector<std::string> folders;
    std::vector<std::string> includes;
};
LdConf parse_ld_conf(std::string_view text);

// "/lib/x" to "/usr/lib/x": where a path lies in a tree whose /bin, /sbin and /lib* are links into /usr.
std::string merged_usr_path(std::string_view path);

} // namespace kdumpkit::initramfs
