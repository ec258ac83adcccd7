// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/host_address.h"
#include "base/process.h"
#include "config/frozen.h"
#include "config/production.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::capture {

struct MountRequest {
    std::string source; // a device path, or the filesystem's name for virtual ones
    std::string folder;
    std::string type;
    unsigned long flags = 0; // MS_*
    std::string options;     // the filesystem's own, comma separated
};

enum class ModuleOutcome { loaded, already_there };

struct Disk {
    std::string name; // as below /sys/class/block and /dev
    std::uint64_t bytes = 0;
};

struct Filesystem {
    std::string uuid;
    std::string type;
};

struct Space {
    std::uint64_t total = 0;     // bytes
    std::uint64_t available = 0; // bytes
    bool read_only = false;
};

enum class TickAnswer { go_on, kill };

// What the life of a running program is told to: each line that it says, and a regular tick.
struct ProgramWatch {
    std::function<void(std::string_view)>
        line;                    // without the newline; cut at 1000 bytes, control bytes as '?'
    std::function<void()> heard; // it said something, if only that it lives
    // Told the CPU time that it has used, in seconds; `kill` ends it with SIGKILL.
    std::function<TickAnswer(double cpu_seconds)> tick;
    std::chrono::milliseconds tick_interval{250};
    int output = -1; // a descriptor for its standard output, which then is no line
    // After SIGKILL. A program that sits in the kernel on a dead disk does not die: it is left behind.
    std::chrono::milliseconds kill_wait{10'000};
};

// How two programs ended of which the first's output was the second's input.
struct PipeEnd {
    ExitStatus from, to;
};

// How work in a process of its own ended. The answer is empty unless it ended by itself.
struct IsolatedEnd {
    ExitStatus status;
    std::string answer;
};

// Where things lie in the capture initramfs; tests point it into a temporary folder.
struct Places {
    std::string frozen = Frozen::path;
    std::string layout = Frozen::layout_path; // need not exist
    std::string vmcore = "/proc/vmcore";
    std::string collector = "/usr/bin/makedumpfile-lite";
    std::string sender = "/usr/bin/kdump-send";
    std::string network = "/usr/bin/kdump-network";
    std::string kexec = "/usr/bin/kdump-kexec";
    std::string production = Production::path; // only in an initramfs whose settings ask for a kexec
    std::string cpuinfo = "/proc/cpuinfo";
    std::string pci_devices = "/sys/bus/pci/devices";
    std::string boot = "/mnt/boot";     // the mount point of the filesystem with the production kernel
    std::string target = "/mnt/target"; // the mount point of the target in hand
    std::string scratch = "/run";       // in memory: only for small files
    std::string meminfo = "/proc/meminfo";
    std::string command_line = "/proc/cmdline";
    std::string panic_timeout = "/proc/sys/kernel/panic";
    std::string kernel_release = "/proc/sys/kernel/osrelease";
    std::string boot_id = "/proc/sys/kernel/random/boot_id";
    std::string pmsg = "/dev/pmsg0"; // pstore's, on machines that have it
    std::string hardware_watchdog = "/dev/watchdog";
    std::string shell = "/usr/bin/busybox"; // only in an initramfs whose settings ask for a shell
};

// Everything that a capture asks of the kernel and that a test wants to answer differently. Plain reads and
// writes of files below Places are not behind it. Used from one thread.
class System {
  public:
    System() = default;
    System(const System&) = delete;
    System& operator=(const System&) = delete;
    virtual ~System() = default;

    // `folder` exists already.
    virtual Result<> mount(const MountRequest& request) = 0;
    // Writes back everything of that filesystem first.
    virtual Result<> unmount(const std::string& folder) = 0;
    // `parameters` as insmod(8) takes them, all in one text. The file is removed once it is loaded.
    virtual Result<ModuleOutcome> load_module(const std::string& path, const std::string& parameters) = 0;
    virtual std::vector<Disk> disks() = 0;
    // The filesystem on a disk or partition; nullopt when there is none, or more than one answer.
    virtual std::optional<Filesystem> probe(const std::string& disk) = 0;
    // What blkid sees on a partition: "ext4", "LVM2_member", "a partition table"; empty: nothing known.
    virtual Result<std::string> signature(const std::string& device) = 0;
    virtual Result<Space> space(const std::string& folder) = 0;
    // The addresses of a name or an address that this network leads to.
    virtual Result<std::vector<HostAddress>> resolve(const std::string& host) = 0;

    // Errors of the next three carry ErrorSide::destination.
    virtual Result<> write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                              const std::string& name) = 0;
    virtual Result<> sync(int fd, const std::string& name) = 0;
    virtual Result<> rename(const std::string& from, const std::string& to) = 0;

    // Runs argv[0] to its end; its standard output and standard error go to `watch.line`. One that a tick's
    // answer killed has ExitStatus::timed_out; one that then does not die is an error of the destination.
    virtual Result<ExitStatus> run(const std::vector<std::string>& argv, const ProgramWatch& watch) = 0;

    // Runs both to their end. The second sees the end of its input only when the first has succeeded: what
    // was cut off must not be taken for whole. When the first fails the second is killed. Lines, ticks and
    // errors as with run().
    virtual Result<PipeEnd> run_pipe(const std::vector<std::string>& from, const std::vector<std::string>& to,
                                     const ProgramWatch& watch) = 0;
    // Runs `work` in a process of its own and answers what it answers; nothing else that it changes is seen
    // here. What it says to the console comes to `watch.line` instead. A tick's answer kills it and whatever
    // it started; what sits in the kernel is left behind, an error of the destination.
    virtual Result<IsolatedEnd> isolate(const std::function<std::string()>& work,
                                        const ProgramWatch& watch) = 0;

    // `act` now and then every `interval`, in a thread of its own, until this kernel ends.
    virtual void keep_doing(std::chrono::seconds interval, std::function<void()> act) = 0;

    // One line to the console, newline added. Never fails, never throws.
    virtual void console(std::string_view line) = 0;
    // Ends this kernel. Returns only when it could not.
    virtual Result<> act(FinalAction action) = 0;

    // Seconds since this kernel started, CLOCK_BOOTTIME: the wall clock may jump. Whatever takes long asks
    // for it again and again, so each call is also a sign of life to the watchdog of PID 1.
    virtual double boot_seconds() = 0;
    // Seconds since 1970, by this machine's clock.
    virtual std::int64_t utc_seconds() = 0;
    virtual void sleep(std::chrono::milliseconds duration) = 0;
};

} // namespace kdumpkit::capture
