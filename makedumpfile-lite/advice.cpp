// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/advice.h"

#include <cerrno>

namespace kdumpkit::dump {

namespace {

std::string for_destination(const Error& error, bool writes_pages) {
    switch (error.errno_value) {
    case ENOSPC:
    case EDQUOT:
        return writes_pages ? "make room there, leave out more pages (-d 31), or write to another place"
                            : "make room there, or write to another place";
    case EFBIG:
        return "raise the limit on file sizes (ulimit -f), or write to a filesystem that takes larger files";
    case EPIPE:
        return "see why the program that reads the pipe ended, and start both again";
    case ENOENT:
    case ENOTDIR:
        return "create its folder, or name a file in one that exists";
    case EISDIR:
        return "name a file inside this folder";
    case EACCES:
    case EPERM:
        return "run as a user who may write there, or name another file";
    case EROFS:
        return "mount that filesystem for writing, or name another file";
    default:
        return "look for errors of that device (dmesg), or write to another place";
    }
}

std::string for_system(const Error& error) {
    switch (error.errno_value) {
    case EACCES:
    case EPERM:
        return "run as root, or as the owner of the vmcore";
    case ENOMEM:
        return "free memory, or use fewer --workers";
    default:
        return "look for errors of the device that holds the vmcore (dmesg)";
    }
}

} // namespace

std::string next_step_for(const Error& error, bool writes_pages) {
    if (error.side == ErrorSide::destination)
        return for_destination(error, writes_pages);
    switch (error.kind) {
    case ErrorKind::system:
        return for_system(error);
    case ErrorKind::absent:
        return error.errno_value != 0 ? "name the vmcore: /proc/vmcore in a capture kernel, or a copy of it"
                                      : "use -d 1 to save all memory; that needs no knowledge of the kernel";
    case ErrorKind::corrupt:
        return "copy the vmcore again, whole, or save what can be read of it with makedumpfile-lite salvage";
    case ErrorKind::unsupported:
        return "copy the vmcore as it is, or use makedumpfile";
    case ErrorKind::invalid:
        return "see makedumpfile-lite --help";
    }
    return "see makedumpfile-lite --help";
}

} // namespace kdumpkit::dump
