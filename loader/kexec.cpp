// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/kexec.h"

#include <algorithm>
#include <cerrno>
#include <span>

#include <fmt/format.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kdumpkit::loader {

namespace {

// The kernel's struct kexec_segment, x86_64 ABI.
struct KernelSegment {
    const void* buffer;
    std::size_t buffer_size;
    std::uint64_t memory;
    std::size_t memory_size;
};
static_assert(sizeof(KernelSegment) == 32);
// KEXEC_UPDATE_ELFCOREHDR of include/uapi/linux/kexec.h, newer than Debian 12's copy.
constexpr unsigned long update_elfcorehdr = 4;
// KEXEC_SEGMENT_MAX of include/linux/kexec.h.
constexpr std::size_t most_segments = 16;

struct Explanation {
    int errno_value;
    ErrorKind kind;
    std::string_view reason;
    std::string_view next_step;
};

// kernel/kexec.c, kernel/kexec_core.c, kernel/kexec_file.c, security/lockdown.
constexpr Explanation explanations[] = {
    {EPERM, ErrorKind::system,
     "the kernel does not permit it: CAP_SYS_BOOT is missing, lockdown, kernel.kexec_load_disabled, or a "
     "limit "
     "(kernel.kexec_load_limit_panic, kernel.kexec_load_limit_reboot) is used up",
     "run as root outside of containers; under lockdown use --syscall kexec_file_load with a signed kernel"},
    {EBUSY, ErrorKind::system, "another program is loading or unloading a kernel just now",
     "try again; see that only one of kdumpkit, kexec-tools and kdump-tools is enabled (systemctl "
     "list-unit-files)"},
    {EADDRNOTAVAIL, ErrorKind::invalid,
     "a segment lies outside the memory that may be loaded into: the crash reservation is not there, or not "
     "what "
     "it was when the plan was made",
     "compare kdumpkit load --plan with \"Crash kernel\" in /proc/iomem, and try again; boot with a larger "
     "crashkernel= if it has shrunk"},
    {ENOEXEC, ErrorKind::unsupported, "the running kernel does not accept this file as a kernel to load",
     "give a bzImage of this architecture; under lockdown it must be signed"},
    {EKEYREJECTED, ErrorKind::unsupported, "the signature of the kernel file is wrong or its key is revoked",
     "give the distribution's signed kernel"},
    {ENOKEY, ErrorKind::unsupported,
     "the kernel file is signed by a key that the running kernel does not know",
     "give a kernel signed by the same vendor, or enrol its key (mokutil --import)"},
    {ENODATA, ErrorKind::unsupported, "the kernel file is not signed, and the running kernel demands it",
     "give the distribution's signed kernel"},
    {EBADMSG, ErrorKind::unsupported, "the kernel file's signature cannot be read",
     "give the distribution's signed kernel"},
    {ENOSYS, ErrorKind::unsupported, "the running kernel was built without this system call",
     "try the other one with --syscall, or boot a kernel with CONFIG_KEXEC and CONFIG_KEXEC_FILE"},
    {ENOMEM, ErrorKind::system, "the crash reservation or the memory is too small",
     "boot with a larger crashkernel="},
    {EINVAL, ErrorKind::invalid, "the kernel finds a parameter wrong",
     "see the last lines of the kernel's log (dmesg)"},
};

// kimage_validate_signature() in kernel/kexec_file.c: under lockdown a kernel file that could not be
// verified, for whatever reason, is EPERM.
constexpr Explanation unverified = {EPERM, ErrorKind::system,
                                    "the kernel does not permit it: it is locked down and cannot verify the "
                                    "file's signature with its keys, or "
                                    "CAP_SYS_BOOT is missing",
                                    "give a kernel signed by a key that the firmware or the machine owner's "
                                    "list holds (mokutil --list-enrolled), "
                                    "or boot without lockdown"};

// ima_load_data() in security/integrity/ima/ima_main.c: with a policy that appraises kernels (as Secure Boot
// sets it) kexec_load, which has no file, is EACCES, unloading included; for kexec_file_load it is the file's
// IMA signature.
constexpr Explanation no_file = {
    EACCES, ErrorKind::system,
    "the kernel's integrity policy (IMA) wants to check the kernel's file, which "
    "kexec_load does not show it",
    "use --syscall kexec_file_load with a signed kernel"};
constexpr Explanation not_appraised = {EACCES, ErrorKind::unsupported,
                                       "the kernel's integrity policy (IMA) refuses the file: its signature "
                                       "(security.ima) is missing or wrong",
                                       "give a kernel with the signature that the policy demands "
                                       "(/sys/kernel/security/ima/policy, evmctl ima_verify)"};

// Unloading passes no files, and has no option: kexec_load_permitted() is all that can be in its way.
constexpr Explanation unload_explanations[] = {
    {EPERM, ErrorKind::system,
     "the kernel does not permit it: CAP_SYS_BOOT is missing, or kernel.kexec_load_disabled is 1",
     "run as root outside of containers; when kernel.kexec_load_disabled is 1, reboot"},
    {ENOSYS, ErrorKind::unsupported, "the running kernel was built without kexec",
     "boot a kernel with CONFIG_KEXEC or CONFIG_KEXEC_FILE"},
    {EBUSY, ErrorKind::system, "another program is loading or unloading a kernel just now", "try again"},
};

// A kernel for a reboot lies in ordinary memory: a reservation would only make less of it.
constexpr Explanation reboot_explanations[] = {
    {EADDRNOTAVAIL, ErrorKind::invalid,
     "a segment lies outside the memory that may be loaded into: it is not what it was when the plan was "
     "made",
     "compare kdumpkit load --reboot --plan with \"System RAM\" in /proc/iomem, and try again"},
    {ENOMEM, ErrorKind::system, "there is not enough memory for it", "free memory, or give a smaller initrd"},
};

const Explanation* find_explanation(std::string_view operation, KexecSyscall syscall, KexecPurpose purpose,
                                    int errno_value) {
    if (operation != "unload" && purpose == KexecPurpose::reboot)
        if (const auto* row = std::ranges::find(reboot_explanations, errno_value, &Explanation::errno_value);
            row != std::end(reboot_explanations))
            return row;
    const std::span<const Explanation> rows =
        operation == "unload" ? std::span<const Explanation>(unload_explanations) : explanations;
    if (errno_value == EPERM && operation != "unload" && syscall == KexecSyscall::kexec_file_load)
        return &unverified;
    if (errno_value == EACCES && operation != "unload")
        return syscall == KexecSyscall::kexec_load ? &no_file : &not_appraised;
    const auto row = std::ranges::find(rows, errno_value, &Explanation::errno_value);
    return row == rows.end() ? nullptr : &*row;
}

} // namespace

std::string_view to_text(KexecSyscall syscall) {
    return syscall == KexecSyscall::kexec_load ? "kexec_load" : "kexec_file_load";
}
std::string_view to_text(KexecPurpose purpose) {
    return purpose == KexecPurpose::capture ? "the capture kernel" : "the kernel for a reboot";
}

Error explain_kexec_errno(std::string_view operation, KexecSyscall syscall, KexecPurpose purpose,
                          int errno_value) {
    Error error = make_error(ErrorKind::system, std::string(operation),
                             fmt::format("{} ({})", to_text(purpose), to_text(syscall)));
    error.errno_value = errno_value;
    if (const Explanation* explanation = find_explanation(operation, syscall, purpose, errno_value)) {
        error.kind = explanation->kind;
        error.reason = explanation->reason;
        return std::move(error).then(std::string(explanation->next_step));
    }
    return std::move(error).then("see the last lines of the kernel's log (dmesg)");
}

Result<> check_segments(const std::vector<LoadedSegment>& segments, const std::vector<Range>& rooms,
                        std::uint64_t entry) {
    const auto wrong = [](const std::string& what, const std::string& reason) {
        return fail(make_error(ErrorKind::corrupt, "load", what, reason).then("please report this"));
    };
    if (segments.empty() || segments.size() > most_segments)
        return wrong("the segments",
                     fmt::format("there are {}, the kernel takes 1 to {}", segments.size(), most_segments));
    RangeSet room, taken;
    for (const Range& range : rooms)
        room.add(range);
    for (const LoadedSegment& segment : segments) {
        const Range memory = segment.memory;
        const std::string name = fmt::format("the segment at {:#x}", memory.begin);
        if (memory.empty() || memory.begin % page != 0 || memory.end % page != 0)
            return wrong(name, fmt::format("it is not whole pages: it ends at {:#x}", memory.end));
        if (segment.content.size() > memory.size())
            return wrong(name, fmt::format("it has {} bytes, and memory for {}", segment.content.size(),
                                           memory.size()));
        if (!room.contains(memory))
            return wrong(name, fmt::format("it ends at {:#x}, outside the memory for segments", memory.end));
        if (!taken.intersection(RangeSet{memory}).empty())
            return wrong(name, "it lies on another segment");
        taken.add(memory);
    }
    if (!taken.contains(Range{entry, entry + 1}))
        return wrong(fmt::format("the entry {:#x}", entry), "it is in no segment");
    return {};
}

// After the flags the kernel looks at the segments, and takes none that begins at 1 (EADDRNOTAVAIL).
Result<> require_jump() {
    const KernelSegment impossible{nullptr, 0, 1, page};
    ::syscall(SYS_kexec_load, 0UL, 1UL, &impossible, KEXEC_ARCH_X86_64 | KEXEC_PRESERVE_CONTEXT);
    const int why = errno;
    if (why == EADDRNOTAVAIL)
        return {};
    Error error = explain_kexec_errno("load", KexecSyscall::kexec_load, KexecPurpose::reboot, why);
    // KEXEC_FLAGS of include/linux/kexec.h has it only with CONFIG_KEXEC_JUMP.
    if (why == EINVAL) {
        error.kind = ErrorKind::unsupported;
        error.reason = "this kernel was built without CONFIG_KEXEC_JUMP, so it cannot be returned to";
        error.next_step = "load without --preserve-context, or boot a kernel with CONFIG_KEXEC_JUMP";
    }
    return fail(std::move(error));
}

Result<> kexec_load(KexecPurpose purpose, std::uint64_t entry, const std::vector<LoadedSegment>& segments,
                    const KexecExtras& extras) {
    if (segments.size() > most_segments)
        return fail(ErrorKind::unsupported, "load", std::string(to_text(purpose)),
                    "it has too many segments");
    KernelSegment table[most_segments]{};
    for (std::size_t i = 0; i < segments.size(); ++i)
        table[i] = {segments[i].content.data(), segments[i].content.size(), segments[i].memory.begin,
                    segments[i].memory.size()};
    const unsigned long flags = KEXEC_ARCH_X86_64 |
                                (purpose == KexecPurpose::capture ? KEXEC_ON_CRASH : 0UL) |
                                (extras.preserve_context ? KEXEC_PRESERVE_CONTEXT : 0UL) |
                                (extras.update_core_header ? update_elfcorehdr : 0UL);
    if (::syscall(SYS_kexec_load, entry, segments.size(), table, flags) == 0)
        return {};
    const int why = errno;
    // Flags that it does not know are among the many reasons for this one.
    if (extras.preserve_context && why == EINVAL)
        KDK_TRY(require_jump());
    return fail(explain_kexec_errno("load", KexecSyscall::kexec_load, purpose, why));
}

Result<> kexec_file_load(KexecPurpose purpose, int kernel, int initrd, const std::string& command_line) {
    const unsigned long flags = (purpose == KexecPurpose::capture ? KEXEC_FILE_ON_CRASH : 0UL) |
                                (initrd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0UL);
    // The length includes the NUL.
    if (::syscall(SYS_kexec_file_load, kernel, initrd, command_line.size() + 1, command_line.c_str(),
                  flags) != 0)
        return fail(explain_kexec_errno("load", KexecSyscall::kexec_file_load, purpose, errno));
    return {};
}

Result<> kexec_unload(KexecPurpose purpose) {
    const bool capture = purpose == KexecPurpose::capture;
    if (::syscall(SYS_kexec_load, 0UL, 0UL, nullptr, KEXEC_ARCH_X86_64 | (capture ? KEXEC_ON_CRASH : 0UL)) ==
        0)
        return {};
    const int first = errno;
    // Under lockdown, an integrity policy, or without CONFIG_KEXEC, only the other call is there.
    if (first != EPERM && first != EACCES && first != ENOSYS)
        return fail(explain_kexec_errno("unload", KexecSyscall::kexec_load, purpose, first));
    if (::syscall(SYS_kexec_file_load, -1, -1, 0UL, nullptr,
                  KEXEC_FILE_UNLOAD | (capture ? KEXEC_FILE_ON_CRASH : 0UL)) != 0)
        return fail(explain_kexec_errno("unload", KexecSyscall::kexec_file_load, purpose, errno));
    return {};
}

Result<> kexec_reboot_now() {
    ::sync();
    if (::reboot(static_cast<int>(LINUX_REBOOT_CMD_KEXEC)) == 0)
        return {};
    const int why = errno;
    Error error = make_error(ErrorKind::system, "start", "the loaded kernel");
    error.errno_value = why;
    if (why == EINVAL) {
        error.kind = ErrorKind::absent;
        error.reason = "none is loaded for a reboot";
        return fail(std::move(error).then("kdumpkit load --reboot --kernel FILE --initrd FILE"));
    }
    if (why == EPERM)
        error.reason = "CAP_SYS_BOOT is missing";
    return fail(std::move(error).then(why == EBUSY ? "another program is loading a kernel just now: try again"
                                                   : "run as root outside of containers"));
}

} // namespace kdumpkit::loader
