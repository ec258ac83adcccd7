// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/devices.h"

#include "base/progress.h"
#include "capture/module_parameters.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/ranges.h>
#include <strings.h>

namespace kdumpkit::capture {
namespace {

std::string module_name(const std::string& path) {
    std::string name = path.substr(path.rfind('/') + 1);
    return name.substr(0, name.find(".ko"));
}

// Disks seen so far with what libblkid found on them.
class Survey {
  public:
    explicit Survey(System& system) : system_(system) {}

    // Probes what is new or has another size now; with `all`, everything that had no filesystem as well.
    void look(bool all) {
        std::map<std::string, Seen> now;
        for (const Disk& disk : system_.disks()) {
            const auto old = seen_.find(disk.name);
            if (old != seen_.end() && old->second.bytes == disk.bytes && (old->second.filesystem || !all))
                now[disk.name] = old->second;
            else
                now[disk.name] = {disk.bytes, system_.probe(disk.name)};
        }
        seen_ = std::move(now);
    }
    [[nodiscard]] std::optional<std::string> holder(const std::string& uuid) const {
        for (const auto& [name, seen] : seen_) {
            // Case: blkid prints FAT and NTFS serial numbers in capitals, some tools do not.
            if (seen.filesystem && ::strcasecmp(seen.filesystem->uuid.c_str(), uuid.c_str()) == 0)
                return name;
        }
        return std::nullopt;
    }
    // "sda 20 GiB, sda1 20 GiB ext4 1b2c…", for people.
    [[nodiscard]] std::string text() const {
        std::vector<std::string> parts;
        for (const auto& [name, seen] : seen_) {
            std::string part = fmt::format("{} {}", name, human_bytes(seen.bytes));
            if (seen.filesystem)
                part += fmt::format(" {} UUID={}", seen.filesystem->type, seen.filesystem->uuid);
            if (parts.size() == 16) {
                parts.emplace_back("…");
                break;
            }
            parts.push_back(std::move(part));
        }
        return parts.empty() ? "no disk at all" : fmt::format("{}", fmt::join(parts, ", "));
    }

  private:
    struct Seen {
        std::uint64_t bytes = 0;
        std::optional<Filesystem> filesystem;
    };
    System& system_;
    std::map<std::string, Seen> seen_;
};

} // namespace

std::size_t load_modules(System& system, CaptureLog& log, const std::vector<std::string>& paths,
                         std::string_view command_line) {
    std::vector<std::string> loaded;
    std::size_t failed = 0;
    for (const std::string& path : paths) {
        const std::string parameters = module_parameters(command_line, module_name(path));
        auto outcome = system.load_module(path, parameters);
        if (!outcome && !parameters.empty()) {
            log.say("{} with \"{}\"; once more without", outcome.error().message(), parameters);
            outcome = system.load_module(path, "");
        }
        if (!outcome) {
            log.error(outcome.error());
            ++failed;
        } else if (*outcome == ModuleOutcome::loaded) {
            loaded.push_back(module_name(path));
        }
    }
    if (!loaded.empty())
        log.say("loaded the modules {}", fmt::join(loaded, " "));
    return failed;
}

Result<std::string> wait_for_filesystem(System& system, CaptureLog& log, const std::string& uuid,
                                        std::chrono::seconds timeout) {
    constexpr double say_every = 3.0;
    const double start = system.boot_seconds();
    const double deadline = start + static_cast<double>(timeout.count());
    double next_words = start + 1.0;
    Survey survey(system);
    for (;;) {
        const double now = system.boot_seconds();
        const bool say = now >= next_words;
        // A device node can appear before its medium is readable: those without an answer are asked again.
        survey.look(say);
        if (const auto name = survey.holder(uuid))
            return "/dev/" + *name;
        if (now >= deadline)
            break;
        if (say) {
            log.say("waiting for UUID={} ({:.0f} of {} s); seen: {}", uuid, now - start, timeout.count(),
                    survey.text());
            next_words = now + say_every;
        }
        system.sleep(std::chrono::milliseconds(now - start < 2.0 ? 20 : 200));
    }
    survey.look(true);
    if (const auto name = survey.holder(uuid))
        return "/dev/" + *name;
    return fail(make_error(ErrorKind::absent, "find the filesystem", "UUID=" + uuid,
                           fmt::format("it did not appear in {} s; seen: {}", timeout.count(), survey.text()))
                    .then("Check the target and build the initramfs again; its disk's driver may be missing.")
                    .from(ErrorSide::destination));
}

} // namespace kdumpkit::capture
