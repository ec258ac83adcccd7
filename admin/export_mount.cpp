// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/export_mount.h"

#include "base/host_address.h"
#include "config/nfs.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

Result<> see_mounts_alone(const Target& target) {
    // What others mount is still seen here, but not the other way round.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
        return fail(system_error("make a place to mount", target.url(), errno)
                        .then(errno == EPERM ? "run it with sudo" : "look at the kernel's log"));
    return {};
}

} // namespace

Result<ExportMount> ExportMount::of(const Target& target, const Log& log) {
    KDK_ASSIGN(const auto hosts, addresses_of(target.host).map_error([](Error error) {
        error.side = ErrorSide::destination;
        return error.next_step.empty() ? std::move(error).then("check the name and the DNS servers") : error;
    }));
    KDK_TRY(see_mounts_alone(target));
    std::string folder = "/run/kdumpkit-forward-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr)
        return fail(system_error("make a folder in", "/run", errno));
    ExportMount made(std::move(folder));
    const auto mount = [&](const NfsMount& one) -> Result<> {
        if (::mount(one.source.c_str(), made.folder_.c_str(), NfsMount::type, NfsMount::flags,
                    one.options.c_str()) != 0)
            return fail(system_error("mount", one.source, errno));
        return {};
    };
    const auto refused = [&](const NfsMount& one) {
        log.info("{} speaks no NFS {}", one.source, one.version);
    };
    KDK_ASSIGN(const NfsMount found, mount_first(target, hosts, mount, refused).map_error([](Error error) {
        return error.errno_value == ENODEV
                   ? std::move(error).then("This kernel lacks the nfs module; kdumpkit needs no mount.nfs.")
                   : error;
    }));
    made.mounted_ = true;
    log.info("mounted {} (NFS {})", found.source, found.version);
    return made;
}

ExportMount::ExportMount(ExportMount&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), mounted_(std::exchange(other.mounted_, false)) {}

ExportMount::~ExportMount() {
    if (folder_.empty())
        return;
    if (mounted_)
        (void)::umount2(folder_.c_str(), 0); // the end of this process does it in any case
    (void)::rmdir(folder_.c_str());
}

} // namespace kdumpkit::admin
