// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/program.h"
#include "capture/system.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

namespace kdumpkit::capture {

// A folder of its own that goes away with it.
struct TemporaryFolder {
    std::filesystem::path path;
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "capture-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("mkdtemp");
        path = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    [[nodiscard]] std::string operator/(const std::string& name) const { return (path / name).string(); }
};

inline void put_file(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
}
inline std::string get_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A disk that holds one filesystem: a folder of the test. Mounting is a symbolic link.
struct FakeDisk {
    std::string uuid;
    std::string type = "ext4";
    std::string folder;
    double appears_at = 0; // boot seconds
    int mount_errno = 0;
    bool read_only = false;
    std::uint64_t available = std::uint64_t{1} << 30;
};

// Time passes only by sleeping and by asking for it, so that a test of a deadline takes no time.
class FakeSystem : public System {
  public:
    std::map<std::string, FakeDisk> disk_table;
    std::map<std::string, int> module_errno; // by path; 0: loaded, EEXIST: already there
    std::map<std::string, std::vector<HostAddress>> host_table;
    std::map<std::string, FakeDisk> export_table; // by "ADDRESS:/PATH"
    std::string nfs_version = "4.2";              // the only one that every server speaks
    std::vector<std::string> nfs_options;         // of each try
    std::vector<std::string> said;                // the console
    std::vector<std::string> mounts;              // "SOURCE TYPE" in order
    std::vector<std::string> modules;
    std::vector<FinalAction> acts;
    std::set<std::string> fail_rename_to;             // by file name
    std::string fail_sync_of;                         // by file name
    std::map<std::string, std::uint64_t> write_limit; // by file name: ENOSPC from this offset on
    std::set<std::string> fail_after_rename_to;       // by file name: renamed, then an error
    std::function<void(const std::string&)> on_sync;  // told the path
    std::function<void()> on_unmount, on_alive;
    // While this file exists each tick takes 15 s: a program that makes it and then hangs. Removed by run().
    std::string hung_marker;
    bool throw_in_disks = false;
    double clock = 0.5;

    Result<> mount(const MountRequest& request) override {
        mounts.push_back(request.source + " " + request.type);
        if (request.type == "nfs")
            return mount_export(request);
        if (!request.source.starts_with("/dev/"))
            return {};
        return mount_disk(disk_table.at(request.source.substr(5)), request);
    }
    Result<> unmount(const std::string& folder) override {
        if (mounted_ == nullptr)
            return fail(system_error("unmount", folder, EINVAL));
        if (on_unmount)
            on_unmount();
        mounted_ = nullptr;
        ++unmounts;
        std::filesystem::remove(folder);
        return {};
    }
    Result<ModuleOutcome> load_module(const std::string& path, const std::string& parameters) override {
        modules.push_back(parameters.empty() ? path : path + " " + parameters);
        const int error = module_errno[modules.back()];
        if (error == EEXIST)
            return ModuleOutcome::already_there;
        if (error != 0)
            return fail(system_error("load the module", path, error));
        return ModuleOutcome::loaded;
    }
    std::vector<Disk> disks() override {
        if (throw_in_disks)
            throw std::runtime_error("out of memory");
        std::vector<Disk> list;
        for (const auto& [name, disk] : disk_table) {
            if (clock >= disk.appears_at)
                list.push_back({name, std::uint64_t{20} << 30});
        }
        return list;
    }
    std::optional<Filesystem> probe(const std::string& name) override {
        ++probes;
        const FakeDisk& disk = disk_table.at(name);
        if (disk.uuid.empty())
            return std::nullopt;
        return Filesystem{disk.uuid, disk.type};
    }
    Result<std::string> signature(const std::string&) override { return raw_signature; }
    // Elsewhere than below the mounted folder lies the initramfs.
    Result<Space> space(const std::string& folder) override {
        if (mounted_ == nullptr || !(folder + "/").starts_with(mounted_at_ + "/"))
            return Space{std::uint64_t{64} << 20, std::uint64_t{1} << 20, false};
        return Space{std::uint64_t{2} << 30, mounted_->available, mounted_->read_only};
    }
    Result<std::vector<HostAddress>> resolve(const std::string& host) override {
        const auto found = host_table.find(host);
        if (found == host_table.end())
            return fail(ErrorKind::absent, "find the address of", host, "Name or service not known");
        return found->second;
    }
    Result<> write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                      const std::string& name) override {
        const auto limit = write_limit.find(std::filesystem::path(name).filename().string());
        if (limit != write_limit.end() && offset + bytes.size() > limit->second)
            return fail(system_error("write", name, ENOSPC).from(ErrorSide::destination));
        return pwrite_all(fd, offset, bytes, name);
    }
    Result<> sync(int, const std::string& name) override {
        if (on_sync)
            on_sync(name);
        if (std::filesystem::path(name).filename() == fail_sync_of)
            return fail(system_error("fsync", name, EIO).from(ErrorSide::destination));
        return {};
    }
    Result<> rename(const std::string& from, const std::string& to) override {
        if (fail_rename_to.count(std::filesystem::path(to).filename().string()) != 0)
            return fail(system_error("rename into place", to, EIO).from(ErrorSide::destination));
        std::filesystem::rename(from, to);
        if (fail_after_rename_to.count(std::filesystem::path(to).filename().string()) != 0)
            return fail(system_error("fsync", "the folder", EIO).from(ErrorSide::destination));
        return {};
    }
    Result<ExitStatus> run(const std::vector<std::string>& argv, const ProgramWatch& watch) override {
        commands.push_back(argv);
        if (hung_marker.empty())
            return run_program(argv, watch);
        std::filesystem::remove(hung_marker);
        ProgramWatch quick = watch;
        quick.tick_interval = std::chrono::milliseconds(2);
        quick.tick = [&](double cpu_seconds) {
            if (std::filesystem::exists(hung_marker))
                clock += 15;
            return watch.tick(cpu_seconds);
        };
        return run_program(argv, quick);
    }
    Result<PipeEnd> run_pipe(const std::vector<std::string>& from, const std::vector<std::string>& to,
                             const ProgramWatch& watch) override {
        commands.push_back(from);
        commands.push_back(to);
        return run_program_pipe(from, to, watch);
    }
    // In this process, so that a test sees what it did; what hangs in it is played by `hang_in_isolation`.
    Result<IsolatedEnd> isolate(const std::function<std::string()>& work,
                                const ProgramWatch& watch) override {
        ++isolations;
        if (no_more_processes)
            return fail(system_error("start", "a process", ENOMEM));
        if (hang_in_isolation.count(isolations) == 0)
            return IsolatedEnd{{}, work()};
        while (watch.tick(0) == TickAnswer::go_on)
            clock += 15;
        return fail(make_error(ErrorKind::system, "kill", "the work on a target", "it does not die")
                        .from(ErrorSide::destination));
    }
    void keep_doing(std::chrono::seconds, std::function<void()> act) override {
        act();
        ++kept_doing;
    }
    void console(std::string_view line) override { said.emplace_back(line); }
    Result<> act(FinalAction action) override {
        acts.push_back(action);
        if (static_cast<int>(acts.size()) <= refuse_acts)
            return fail(system_error("reboot", "this machine", EPERM));
        return {};
    }
    double boot_seconds() override {
        if (on_alive)
            on_alive();
        return clock += 0.001;
    }
    std::int64_t utc_seconds() override { return 1'795'395'723; } // 2026-11-23T01:02:03Z
    void sleep(std::chrono::milliseconds duration) override {
        clock += static_cast<double>(duration.count()) / 1000.0;
    }

    [[nodiscard]] bool heard(const std::string& words) const {
        for (const std::string& line : said) {
            if (line.find(words) != std::string::npos)
                return true;
        }
        return false;
    }
    [[nodiscard]] std::string console_text() const {
        std::string text;
        for (const std::string& line : said)
            text += line + "\n";
        return text;
    }

    std::vector<std::vector<std::string>> commands;
    int isolations = 0;
    int kept_doing = 0;
    std::string raw_signature;
    bool no_more_processes = false;  // of isolate()
    std::set<int> hang_in_isolation; // by number, from 1
    int probes = 0;
    int unmounts = 0;
    int refuse_acts = 0;

  private:
    Result<> mount_disk(FakeDisk& disk, const MountRequest& request) {
        if (disk.mount_errno != 0)
            return fail(system_error("mount", request.source, disk.mount_errno));
        std::filesystem::remove(request.folder);
        std::filesystem::create_directory_symlink(disk.folder, request.folder);
        mounted_ = &disk;
        mounted_at_ = request.folder;
        return {};
    }
    Result<> mount_export(const MountRequest& request) {
        nfs_options.push_back(request.options);
        if (export_table.count(request.source) == 0)
            return fail(system_error("mount", request.source, ETIMEDOUT));
        if (!request.options.starts_with("vers=" + nfs_version + ","))
            return fail(system_error("mount", request.source, EPROTONOSUPPORT));
        return mount_disk(export_table.at(request.source), request);
    }

    FakeDisk* mounted_ = nullptr;
    std::string mounted_at_;
};

} // namespace kdumpkit::capture
