// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/boot_words.h"
#include "admin/doctor_checks.h"
#include "base/progress.h"

#include <array>

#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

// Failures that a kernel survives unless it is told to panic. Source: Documentation/admin-guide/sysctl/.
struct PanicSwitch {
    const char* name;
    const char* failure; // what goes without a dump while it is 0
};
constexpr std::array<PanicSwitch, 6> panic_switches = {{
    {"kernel.panic_on_oops", "an oops kills one process"},
    {"kernel.hung_task_panic", "a task that hangs for minutes is only logged"},
    {"kernel.softlockup_panic", "a CPU that does not schedule for long is only logged"},
    {"kernel.hardlockup_panic", "a CPU that takes no interrupts is only logged"},
    {"kernel.unknown_nmi_panic", "the NMI button of a server or a hypervisor is ignored"},
    {"kernel.panic_on_unrecovered_nmi", "an unrecovered memory error by NMI goes on"},
}};

} // namespace

std::vector<std::string> panic_sysctls() {
    std::vector<std::string> names;
    for (const PanicSwitch& one : panic_switches)
        names.emplace_back(one.name);
    return names;
}

namespace checks {

void kexec(const DoctorFacts& facts, Findings& findings) {
    const loader::Status& kernel = facts.kernel;
    if (!kernel.kernel_says)
        findings.push_back({"kexec", Severity::critical, "this kernel has no kexec for crashes",
                            "boot a kernel with CONFIG_KEXEC (or CONFIG_KEXEC_FILE) and CONFIG_CRASH_DUMP"});
    else if (kernel.load_disabled || kernel.panic_left == 0)
        findings.push_back({"kexec", kernel.armed ? Severity::warning : Severity::critical,
                            fmt::format("{} forbids loading until the next boot{}",
                                        kernel.load_disabled ? "kernel.kexec_load_disabled"
                                                             : "kernel.kexec_load_limit_panic",
                                        kernel.armed ? "; what is loaded now cannot be replaced" : ""),
                            "have kdumpkit.service arm before it is set, and reboot"});
    else
        findings.push_back({"kexec", Severity::good, "the kernel can load a capture kernel", ""});
}

void reservation(const DoctorFacts& facts, Findings& findings) {
    const std::string asked = crashkernel_words(facts.command_line);
    const std::uint64_t reserved = facts.kernel.reserved;
    const auto say = [&](Severity severity, std::string reason, std::string mend = {}) {
        findings.push_back({"reservation", severity, std::move(reason), std::move(mend)});
    };
    if (reserved == 0 && facts.recorded && !has_crashkernel(asked, facts.recorded->parameter))
        return say(Severity::critical,
                   fmt::format("{} is written, but this boot does not have it", facts.recorded->parameter),
                   "reboot");
    if (reserved == 0)
        return say(Severity::critical,
                   asked.empty() ? "no memory is reserved for the capture kernel"
                                 : fmt::format("the kernel granted nothing for {}", asked),
                   asked.empty() ? "kdumpkit setup, and reboot"
                                 : "dmesg | grep -i crashkernel; kdumpkit reserve with less, and reboot");
    if (!facts.needed)
        return say(
            Severity::unknown,
            fmt::format("{} are reserved; what is needed could not be estimated", human_bytes(reserved)),
            "kdumpkit estimate");
    const std::string mend = fmt::format("kdumpkit reserve {}M, and reboot", *facts.recommended >> 20);
    if (reserved < *facts.needed)
        return say(Severity::warning,
                   fmt::format("{} are reserved, the estimate needs {}", human_bytes(reserved),
                               human_bytes(*facts.needed)),
                   mend);
    if (reserved < *facts.recommended)
        return say(Severity::advice,
                   fmt::format("{} are reserved, {} are recommended", human_bytes(reserved),
                               human_bytes(*facts.recommended)),
                   mend);
    say(Severity::good, fmt::format("{} are reserved, {} are recommended", human_bytes(reserved),
                                    human_bytes(*facts.recommended)));
}

void armed(const DoctorFacts& facts, Findings& findings) {
    const auto& arm = facts.arm;
    if (!facts.kernel.armed)
        findings.push_back({"armed", Severity::critical,
                            arm && !arm->failure.empty()
                                ? fmt::format("no capture kernel is loaded: {}", arm->failure)
                                : "no capture kernel is loaded",
                            facts.kernel.reserved == 0 ? "kdumpkit setup, and reboot" : "kdumpkit arm"});
    else if (arm && !arm->failure.empty())
        findings.push_back({"armed", Severity::warning,
                            fmt::format("the last kdumpkit arm failed: {}", arm->failure), "kdumpkit arm"});
    else if (!facts.kernel.record)
        findings.push_back({"armed", Severity::warning,
                            "a capture kernel is loaded, but not by kdumpkit: nothing is known of it",
                            "kdumpkit arm"});
    else
        findings.push_back({"armed", Severity::good, "a capture kernel is loaded", ""});
}

void signature(const DoctorFacts& facts, Findings& findings) {
    const char* const mend =
        "use a kernel that is signed with a key of the kernel or of MOK, see docs/lockdown.md";
    const bool unsigned_kernel = facts.image_signed == false;
    if (facts.kernel.locked_down && unsigned_kernel)
        findings.push_back({"signature", Severity::critical,
                            "the kernel is locked down, and the capture kernel's image has no signature",
                            mend});
    else if (facts.secure_boot == true && unsigned_kernel)
        findings.push_back(
            {"signature", Severity::warning,
             "secure boot is on, and the capture kernel's image has no signature: a kernel that is "
             "locked down refuses it",
             mend});
    else if (facts.kernel.locked_down && !facts.image_signed)
        findings.push_back(
            {"signature", Severity::unknown,
             "the kernel is locked down; whether the capture kernel is signed could not be seen",
             "kdumpkit doctor as root"});
    else
        findings.push_back({"signature", Severity::good,
                            facts.kernel.locked_down ? "the capture kernel's image has a signature"
                                                     : "the kernel asks for no signature",
                            ""});
}

void command_line(const DoctorFacts& facts, Findings& findings) {
    if (facts.post_notifiers == "Y" || facts.post_notifiers == "1")
        findings.push_back(
            {"command line", Severity::warning,
             "crash_kexec_post_notifiers is on: other code of the broken kernel runs before the capture",
             "remove it from the kernel's command line, unless a hypervisor needs it"});
    else
        findings.push_back({"command line", Severity::good, "the capture kernel starts first of all", ""});
}

void panics(const DoctorFacts& facts, Findings& findings) {
    const std::size_t before = findings.size();
    for (const PanicSwitch& one : panic_switches) {
        const auto found = facts.sysctls.find(one.name);
        if (found != facts.sysctls.end() && found->second == "0")
            findings.push_back(
                {"panics", Severity::advice,
                 fmt::format("{} is 0: {}, and leaves no dump", one.name, one.failure),
                 fmt::format("echo {} = 1 >>/etc/sysctl.d/kdumpkit.conf; sysctl {}=1", one.name, one.name)});
    }
    if (findings.size() == before)
        findings.push_back(
            {"panics", Severity::good, "every failure that the kernel can make a panic is one", ""});
}

} // namespace checks
} // namespace kdumpkit::admin
