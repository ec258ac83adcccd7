// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/file.h"
#include "capture/system.h"
#include "capture/ticker.h"

#include <memory>
#include <set>
#include <vector>

namespace kdumpkit::capture {

// The kernel that this process runs on. Meant for PID 1 with all privileges.
class LinuxSystem : public System {
  public:
    // `alive` is called at each sign of life, see boot_seconds().
    explicit LinuxSystem(std::function<void()> alive) : alive_(std::move(alive)) {}
    Result<> mount(const MountRequest& request) override;
    Result<> unmount(const std::string& folder) override;
    Result<ModuleOutcome> load_module(const std::string& path, const std::string& parameters) override;
    std::vector<Disk> disks() override;
    std::optional<Filesystem> probe(const std::string& disk) override;
    Result<std::string> signature(const std::string& device) override;
    Result<Space> space(const std::string& folder) override;
    Result<std::vector<HostAddress>> resolve(const std::string& host) override;
    Result<> write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                      const std::string& name) override;
    Result<> sync(int fd, const std::string& name) override;
    Result<> rename(const std::string& from, const std::string& to) override;
    Result<ExitStatus> run(const std::vector<std::string>& argv, const ProgramWatch& watch) override;
    Result<PipeEnd> run_pipe(const std::vector<std::string>& from, const std::vector<std::string>& to,
                             const ProgramWatch& watch) override;
    Result<IsolatedEnd> isolate(const std::function<std::string()>& work, const ProgramWatch& watch) override;
    void keep_doing(std::chrono::seconds interval, std::function<void()> act) override;
    // To /dev/console, or where that does not exist to /dev/kmsg, or to standard error.
    void console(std::string_view line) override;
    Result<> act(FinalAction action) override;
    double boot_seconds() override;
    std::int64_t utc_seconds() override;
    void sleep(std::chrono::milliseconds duration) override;

  private:
    // What `work` answers in a process of its own, which is left behind when it hangs.
    Result<std::string> aside(const std::string& what, std::chrono::seconds limit,
                              const std::function<std::string()>& work);

    std::set<std::string> hung_;
    std::function<void()> alive_;
    Fd console_;
    std::vector<std::unique_ptr<Ticker>> tickers_;
};

} // namespace kdumpkit::capture
