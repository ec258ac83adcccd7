// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "loader/segment.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::loader {

enum class KexecSyscall { kexec_load, kexec_file_load };
std::string_view to_text(KexecSyscall syscall);

// Bytes for one segment; `content` must outlive the call.
struct LoadedSegment {
    Range memory;
    Bytes content;
};

// kexec_load(2) with KEXEC_ON_CRASH. The kernel frees a capture kernel loaded earlier before it takes the new
// one: after a failure none is loaded.
Result<> kexec_load_crash(std::uint64_t entry, const std::vector<LoadedSegment>& segments);
// kexec_file_load(2) with KEXEC_FILE_ON_CRASH. KEXEC_FILE_DEBUG is never passed: kernels before 6.8 refuse
// it.
Result<> kexec_file_load_crash(int kernel, int initrd, const std::string& command_line);
// Drops the loaded capture kernel; success when there is none.
Result<> kexec_unload_crash();

// Pure: the error of a failed call, in words for an admin with the next step. `operation` is "load" or
// "unload".
Error explain_kexec_errno(std::string_view operation, KexecSyscall syscall, int errno_value);

} // namespace kdumpkit::loader
