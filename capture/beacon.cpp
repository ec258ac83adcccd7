// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/beacon.h"

#include "base/file.h"
#include "base/socket_address.h"

#include <cerrno>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>

namespace kdumpkit::capture {
namespace {

constexpr std::chrono::seconds interval{5};

struct Listener {
    Fd socket;
    SocketAddress address;
};

} // namespace

void begin_beacon(Capture& capture) {
    auto listeners = std::make_shared<std::vector<Listener>>();
    for (const std::string& node : capture.frozen.settings.fence_kdump) {
        const auto address = parse_address(node, fence_port);
        if (!address) {
            capture.log.error(address.error());
            continue;
        }
        Fd fd(::socket(address->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!fd.valid())
            capture.log.error(system_error("tell", node, errno));
        else
            listeners->push_back({std::move(fd), *address});
    }
    if (listeners->empty())
        return;
    capture.log.say("telling {} nodes every {} s that a capture is under way (fence_kdump)",
                    listeners->size(), interval.count());
    // Not heard is not said: a network that is not up yet may come.
    capture.system.keep_doing(interval, [listeners] {
        const FenceMessage message;
        for (const Listener& one : *listeners)
            (void)::sendto(one.socket.get(), &message, sizeof message, MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&one.address.storage), one.address.length);
    });
}

void feed_hardware_watchdog(Capture& capture) {
    const std::string& path = capture.places.hardware_watchdog;
    if (!file_exists(path))
        return;
    auto opened = open_file(path, O_WRONLY);
    if (!opened) {
        capture.log.error(opened.error());
        return;
    }
    capture.log.say("feeding the hardware watchdog {}", path);
    // Open until the end: some drivers take a close for the wish to be reset.
    const auto fd = std::make_shared<Fd>(*std::move(opened));
    capture.system.keep_doing(interval, [fd] { (void)::ioctl(fd->get(), WDIOC_KEEPALIVE, 0); });
}

} // namespace kdumpkit::capture
