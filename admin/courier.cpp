// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/courier.h"

#include "admin/export_mount.h"
#include "admin/resumed_copy.h"
#include "base/interrupt.h"
#include "base/process.h"

#include <cerrno>
#include <csignal>

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

// A signal that ends us ends the sender, which nobody else would tell.
Result<ExitStatus> wait_for_sender(Child child) {
    const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)));
    pollfd ended{pidfd.get(), POLLIN, 0};
    bool told = false;
    while (pidfd.valid() && ::poll(&ended, 1, 200) <= 0) {
        if (interrupted() != 0 && !told)
            told = ::kill(child.pid(), SIGTERM) == 0;
    }
    return child.wait();
}

class SendCourier final : public Courier {
  public:
    SendCourier(std::string url, std::string sender) : url_(std::move(url)), sender_(std::move(sender)) {}
    Result<> bring(const Dump& dump, const Dump::File& file) override {
        const PlacedFile from = placed(dump, file);
        std::vector<std::string> argv{sender_, "--name", dump.name + "/" + file.name, "--file", from.path};
        if (!dump.device.empty())
            argv.insert(argv.end(), {"--part", fmt::format("{}:{}", from.offset, from.bytes)});
        argv.push_back(url_);
        KDK_ASSIGN(Child child, spawn({argv, -1, -1, -1}));
        KDK_ASSIGN(const ExitStatus status, wait_for_sender(std::move(child)));
        if (status.success())
            return {};
        return fail(make_error(ErrorKind::system, "send", dump.folder + "/" + file.name,
                               "kdump-send: " + status.text())
                        .then("Its words above tell why; `kdumpkit forward` goes on where it ended.")
                        .from(ErrorSide::destination));
    }

  private:
    std::string url_, sender_;
};

class ExportCourier final : public Courier {
  public:
    explicit ExportCourier(ExportMount mount) : mount_(std::move(mount)) {}
    Result<> bring(const Dump& dump, const Dump::File& file) override {
        const std::string folder = mount_.folder() + "/" + dump.name;
        if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
            return fail(system_error("make the folder", folder, errno).from(ErrorSide::destination));
        const PlacedFile from = placed(dump, file);
        return copy_on(from.path, from.offset, from.bytes, folder + "/" + file.name);
    }

  private:
    ExportMount mount_;
};

} // namespace

PlacedFile placed(const Dump& dump, const Dump::File& file) {
    return {dump.device.empty() ? dump.folder + "/" + file.name : dump.device, file.offset, file.bytes};
}

Result<std::unique_ptr<Courier>> find_courier(const Target& target, const std::string& sender,
                                              const Log& log) {
    if (target.info().carrier == Carrier::sender)
        return std::make_unique<SendCourier>(target.url(), sender);
    KDK_ASSIGN(ExportMount mount, ExportMount::of(target, log));
    return std::make_unique<ExportCourier>(std::move(mount));
}

} // namespace kdumpkit::admin
