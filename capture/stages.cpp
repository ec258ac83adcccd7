// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/stages.h"

#include "base/file.h"
#include "base/progress.h"
#include "capture/action.h"
#include "capture/beacon.h"
#include "capture/crash_log.h"
#include "capture/devices.h"
#include "capture/hooks.h"
#include "capture/mounts.h"
#include "capture/production.h"

#include <algorithm>
#include <array>
#include <exception>

#include <fmt/ranges.h>
#include <sys/stat.h>

namespace kdumpkit::capture {
namespace {

struct Life {
    Capture& c;
    const std::string& root;
    Saved saved = Saved::nothing;
};

std::string first_line(const std::string& path) {
    const auto text = read_text(path, std::size_t{64} << 10);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

Result<> mount_kernel_filesystems(Life& life) {
    mount_virtual_filesystems(life.c.system, life.c.log, life.root);
    return {};
}

Result<> introduce(Life& life) {
    Capture& c = life.c;
    c.summary.capture_kernel = first_line(c.places.kernel_release);
    c.memory.sample();
    c.log.say("kdump-capture {} on Linux {}, {:.1f} s after its start", KDUMPKIT_VERSION,
              c.summary.capture_kernel, c.system.boot_seconds());
    if (const auto& memory = c.memory.at_start())
        c.log.say("memory: {} in all, {} available", human_bytes(memory->total * 1024),
                  human_bytes(memory->available * 1024));
    return {};
}

Result<> read_frozen(Life& life) {
    Capture& c = life.c;
    const std::string& path = c.places.frozen;
    KDK_ASSIGN(const std::string text, read_text(path, std::size_t{4} << 20));
    KDK_ASSIGN(c.frozen, parse_frozen(text, path));
    if (!c.frozen.kernel_release.empty() && c.frozen.kernel_release != c.summary.capture_kernel)
        c.log.say("warning: the initramfs was built for Linux {}, this is {}: its modules may not load",
                  c.frozen.kernel_release, c.summary.capture_kernel);
    ensure_panic_timeout(c.system, c.log, c.places, c.frozen.settings.failure_action);
    return {};
}

Result<> look_at_vmcore(Life& life) {
    Capture& c = life.c;
    struct stat status {};
    if (::stat(c.places.vmcore.c_str(), &status) != 0)
        return fail(system_error("look at the crashed memory", c.places.vmcore, errno)
                        .then("This is not a capture kernel, or it was started without elfcorehdr= (see "
                              "/proc/cmdline): load it with `kdumpkit load` and wait for a panic."));
    if (status.st_size <= 0)
        return fail(
            make_error(ErrorKind::corrupt, "look at the crashed memory", c.places.vmcore, "it is empty")
                .then("The kernel refused the ELF core header: see its messages above."));
    c.summary.memory_bytes = static_cast<std::uint64_t>(status.st_size);
    if (auto facts = read_crash_facts(c.places.vmcore)) {
        c.summary.crash = *std::move(facts);
        if (c.summary.crash.memory_bytes != 0)
            c.summary.memory_bytes = c.summary.crash.memory_bytes;
    } else
        c.log.error(facts.error()); // the collector has its own eyes
    c.log.say("the crashed kernel: Linux {}, {} of memory",
              c.summary.crash.kernel_release.empty() ? "(unknown)" : c.summary.crash.kernel_release,
              human_bytes(c.summary.memory_bytes));
    return {};
}

Result<> bring_up_devices(Life& life) {
    const auto command_line = read_text(life.c.places.command_line, std::size_t{64} << 10);
    load_modules(life.c.system, life.c.log, life.c.frozen.modules, command_line.value_or(std::string()));
    life.c.uplink.start(life.c);
    return {};
}

Result<> read_log(Life& life) {
    read_crash_log(life.c);
    return {};
}

Result<> begin_hooks(Life& life) {
    feed_hardware_watchdog(life.c);
    // A cluster that hears nothing cuts this machine's power, in the middle of a dump to whichever target.
    if (!life.c.frozen.settings.fence_kdump.empty())
        if (const auto up = life.c.uplink.ready(life.c); !up)
            life.c.log.error(up.error());
    begin_beacon(life.c);
    run_hooks(life.c, life.c.frozen.settings.hooks.pre, {"pre"});
    return {};
}

Result<> try_targets(Life& life) {
    life.saved = run_chain(life.c);
    run_hooks(life.c, life.c.frozen.settings.hooks.post, {"post", std::string(to_text(life.saved))});
    return {};
}

struct Stage {
    const char* name;
    const char* what;
    Result<> (*run)(Life&); // an error ends the life with the failure action
};

// A life, from the kernel's hands to the final action.
constexpr std::array<Stage, 8> stages{{
    {"mounts", "mount /proc, /sys, /dev and /run", mount_kernel_filesystems},
    {"start", "say who and where we are and how much memory there is", introduce},
    {"settings", "read the frozen settings", read_frozen},
    {"vmcore", "make sure that there is a crashed kernel's memory", look_at_vmcore},
    {"log", "read the crashed kernel's log, before anything that may hang", read_log},
    {"modules", "load the frozen modules in their order, switch on the links to remote targets",
     bring_up_devices},
    {"hooks", "feed the watchdog, tell the cluster, run the hooks", begin_hooks},
    {"targets", "each target in turn, in a process of its own: dmesg, summary, dump, last words",
     try_targets},
}};

Saved live_stages(Life& life) {
    Capture& c = life.c;
    c.summary.stages.emplace_back("kernel", c.system.boot_seconds());
    for (const Stage& stage : stages) {
        const double since = c.system.boot_seconds();
        // "targets" keeps times of its own.
        const auto result = stage.run(life);
        if (stage.run != try_targets)
            c.took(stage.name, since);
        if (!result) {
            c.log.error(result.error());
            // No settings, no target: the console is all that there is.
            if (stage.run == read_frozen)
                show_log_end(c);
            return Saved::nothing;
        }
    }
    return life.saved;
}

} // namespace

LifeEnd live(System& system, const Places& places, const std::string& root) {
    CaptureLog log(system);
    Capture capture{system, log, places, {}, MemoryWatch(places.meminfo), {}, {}};
    const double uptime = system.boot_seconds();
    capture.summary.capture_start_utc = system.utc_seconds() - static_cast<std::int64_t>(uptime);
    Life life{capture, root};
    LifeEnd end;
    try {
        end.saved = live_stages(life);
    } catch (const std::exception& error) {
        // A bug or no memory. What targets have stays there; a disk that hung may be mounted: not touched.
        log.say("the capture broke off: {}", error.what());
    }
    const Settings& settings = capture.frozen.settings;
    end.action = end.saved == Saved::complete ? settings.final_action : settings.failure_action;
    if (end.action == FinalAction::kexec && !load_production(capture))
        end.action = FinalAction::reboot;
    log.say("{} after {:.1f} s: {}",
            end.saved == Saved::complete  ? "done"
            : end.saved == Saved::partial ? "ended with a partial dump"
                                          : "ended without a dump",
            system.boot_seconds(), to_text(end.action));
    return end;
}

Result<std::vector<std::string>> rehearse(const std::string& path) {
    const std::string build = "Let `kdumpkit build --target URL` make the file, inside the initramfs.";
    const auto advise = [&](Error error) {
        return error.next_step.empty() ? std::move(error).then(build) : error;
    };
    KDK_ASSIGN(const std::string text, read_text(path, std::size_t{4} << 20).map_error(advise));
    KDK_ASSIGN(const Frozen frozen, parse_frozen(text, path).map_error(advise));
    const auto& targets = frozen.settings.targets;
    if (std::none_of(targets.begin(), targets.end(), [](const Target& t) { return t.resolved(); }))
        return fail(make_error(ErrorKind::invalid, "use", path,
                               targets.empty() ? "it names no target, so that no dump could be saved"
                                               : "none of its targets is resolved, they cannot be used")
                        .then(build));
    return describe_stages(frozen);
}

std::vector<std::string> describe_stages(const Frozen& frozen) {
    std::vector<std::string> lines;
    for (const Stage& stage : stages)
        lines.push_back(fmt::format("{:<9} {}", stage.name, stage.what));
    const Settings& settings = frozen.settings;
    lines.push_back(fmt::format("modules:  {}", frozen.modules.empty()
                                                    ? std::string("none")
                                                    : fmt::format("{}", fmt::join(frozen.modules, " "))));
    for (std::size_t i = 0; i < settings.targets.size(); ++i)
        lines.push_back(
            fmt::format("target {}: {}{}", i + 1, settings.targets[i].url(),
                        settings.targets[i].resolved() ? "" : " (not resolved: it cannot be used)"));
    std::string ladder;
    Method method = first_method(settings);
    for (std::optional<Method> next = method; next; next = next_method(*next, Ending::failed))
        ladder += (ladder.empty() ? "" : ", then ") + next->text();
    lines.push_back("dump:     " + ladder);
    lines.push_back(fmt::format("at last:  {}; without a complete dump: {}", to_text(settings.final_action),
                                to_text(settings.failure_action)));
    return lines;
}

} // namespace kdumpkit::capture
