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

// The two places for a kernel: the crash reservation, where it waits for a panic, and all memory, where it
// waits for a reboot by kexec.
enum class KexecPurpose { capture, reboot };
// "the capture kernel", "the kernel for a reboot"
std::string_view to_text(KexecPurpose purpose);

// Bytes for one segment; `content` must outlive the call.
struct LoadedSegment {
    Range memory;
    Bytes content;
};

// Pure. What the kernel would refuse (sanity_check_segment_list() in kernel/kexec_core.c), found before it
// drops what is loaded: `corrupt`, naming the segment, when one is not whole pages, has more content than
// memory, lies outside of `rooms` or on another, when there are too many, or when `entry` is in none.
Result<> check_segments(const std::vector<LoadedSegment>& segments, const std::vector<Range>& rooms,
                        std::uint64_t entry);

struct KexecExtras {
    // KEXEC_PRESERVE_CONTEXT, the new kernel may return to this one: `unsupported` where that is not built in
    // (CONFIG_KEXEC_JUMP); nothing is dropped then.
    bool preserve_context = false;
    // KEXEC_UPDATE_ELFCOREHDR, since Linux 6.6: the running kernel keeps the ELF core header up to date when
    // CPUs and memory come and go.
    bool update_core_header = false;
};
// Asks the kernel whether it takes preserve_context (CONFIG_KEXEC_JUMP), and drops nothing that is loaded, as
// a load that fails does. The kernel counts it as a load (kernel.kexec_load_limit_reboot).
Result<> require_jump();
// kexec_load(2). The running kernel frees the one loaded earlier for the same purpose before it takes the new
// one: after a failure none is loaded.
Result<> kexec_load(KexecPurpose purpose, std::uint64_t entry, const std::vector<LoadedSegment>& segments,
                    const KexecExtras& extras = {});
// kexec_file_load(2); `initrd` -1: none. KEXEC_FILE_DEBUG is never passed: kernels before 6.8 refuse it.
Result<> kexec_file_load(KexecPurpose purpose, int kernel, int initrd, const std::string& command_line);
// Drops what is loaded; success when there is nothing.
Result<> kexec_unload(KexecPurpose purpose);
// reboot(2) with LINUX_REBOOT_CMD_KEXEC, after sync(2): no process is told, no filesystem is unmounted. It
// returns when it fails; and with success when a kernel loaded with preserve_context came back.
Result<> kexec_reboot_now();

// Pure: the error of a failed call, in words for an admin with the next step. `operation` is "load" or
// "unload".
Error explain_kexec_errno(std::string_view operation, KexecSyscall syscall, KexecPurpose purpose,
                          int errno_value);

} // namespace kdumpkit::loader
