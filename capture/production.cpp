// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/production.h"

#include "base/file.h"
#include "capture/bus_masters.h"
#include "capture/devices.h"
#include "capture/isolated_work.h"
#include "capture/local_copy.h"
#include "capture/mounts.h"
#include "capture/vigil.h"
#include "config/production.h"

#include <algorithm>
#include <exception>

namespace kdumpkit::capture {
namespace {

// The disk was there when the capture kernel was armed, and has had the whole dump to appear.
constexpr std::chrono::seconds longest_wait{30};
// Reading, hashing and loading some 100 MB; slow emulators need a good part of it.
constexpr RunLimits load_limits{180, 60, RunLimits::none, 30};
constexpr double whole_limit = 300;

Failure refuse(std::string reason, std::string next_step) {
    return fail(make_error(ErrorKind::invalid, "start", "the production kernel", std::move(reason))
                    .then(std::move(next_step)));
}

// What could make a start end badly, and can be known before.
Result<> check_ground(Capture& c, const Production& production) {
    const std::string& crashed = c.summary.crash.kernel_release;
    if (!crashed.empty() && crashed != production.release)
        return refuse(fmt::format("the initramfs was made when Linux {} ran, and {} crashed",
                                  production.release, crashed),
                      "Arm with the kernel that runs: kdumpkit arm.");
    // A kernel wakes the other CPUs by an INIT, and the first of all resets the machine by that
    // (disable_cpu_apicid= in Documentation/admin-guide/kdump/kdump.rst).
    const std::string here = boot_cpu_of(read_text(c.places.cpuinfo).value_or(std::string()));
    if (here.empty() || here != production.boot_cpu)
        return refuse(
            fmt::format("the panic was on the CPU with APIC ID {}, and a kernel can only be started on {}, "
                        "the machine's first",
                        here.empty() ? "(unknown)" : here,
                        production.boot_cpu.empty() ? "(unknown)" : production.boot_cpu),
            "With Linux 7.0 and later panic_force_cpu=0 on its command line has every panic there.");
    return {};
}

Result<> load(Capture& c, const Production& production, const std::string& folder) {
    std::vector<std::string> argv{c.places.kexec, c.places.production, folder + production.kernel.path};
    if (!production.initrd.path.empty())
        argv.push_back(folder + production.initrd.path);
    const CollectorRun run = run_watched(c, argv, load_limits);
    if (!run.status)
        return fail(run.status.error());
    if (!run.status->success())
        return fail(ErrorKind::system, "load", "the production kernel", run.text());
    return {};
}

Result<> load_from_disk(Capture& c, const Production& production) {
    const std::string folder = c.places.boot;
    KDK_ASSIGN(const std::string device,
               wait_for_filesystem(c.system, c.log, production.filesystem,
                                   std::min(longest_wait, c.frozen.settings.device_timeout)));
    KDK_TRY(mount_to_read(c.system, device, production.filesystem_type, folder));
    const auto loaded = load(c, production, folder);
    auto unmounted = c.system.unmount(folder);
    KDK_TRY(loaded);
    return unmounted;
}

Result<> work(Capture& c) {
    KDK_ASSIGN(const std::string text, read_text(c.places.production));
    KDK_ASSIGN(const Production production, parse_production(text, c.places.production));
    KDK_TRY(check_ground(c, production));
    KDK_TRY(production.filesystem.empty() ? load(c, production, "") : load_from_disk(c, production));
    return silence_bus_masters(c.log, c.places.pci_devices);
}

} // namespace

bool load_production(Capture& capture) try {
    const double since = capture.system.boot_seconds();
    const std::string before = capture.log.history();
    capture.log.say("loading the production kernel");
    const auto answer = work_isolated(capture, since + whole_limit, [&]() -> std::string {
        try {
            const auto done = work(capture);
            if (!done)
                capture.log.error(done.error());
            return done ? "loaded" : "refused";
        } catch (const std::exception& error) { // no memory, or a bug
            capture.log.say("loading broke off: {}", error.what());
            return "refused";
        }
    });
    const bool loaded = answer == "loaded";
    if (!loaded) {
        capture.log.say(
            "the production kernel is not started from here: the machine reboots through the firmware");
        const std::string now = capture.log.history(); // of which the oldest may be gone
        add_to_logs(capture, "why there is no kexec",
                    now.starts_with(before) ? now.substr(before.size()) : now);
    } else
        capture.log.say("the production kernel is loaded, {:.1f} s", capture.system.boot_seconds() - since);
    return loaded;
} catch (const std::exception& error) { // no memory for the other process
    capture.log.say("loading broke off: {}", error.what());
    return false;
}

} // namespace kdumpkit::capture
