// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/network_programs.h"

#include "base/file.h"
#include "initramfs/freeze_network.h"
#include "initramfs/strip.h"

#include <algorithm>

namespace kdumpkit::initramfs {

Result<Extras> collect_network(const Network& network, const CapturePrograms& programs) {
    Extras extras;
    const auto& interfaces = network.interfaces;
    if (interfaces.empty())
        return extras;
    KDK_ASSIGN(Program maker,
               find_program(programs.libraries, {programs.supervisor.folder}, "kdump-network"));
    extras.files.push_back({"/usr/bin/kdump-network", strip(maker.content), 0755});
    extras.programs.push_back(std::move(maker));
    if (std::none_of(interfaces.begin(), interfaces.end(), [](const Interface& one) { return one.dhcp; }))
        return extras;
    KDK_ASSIGN(Program client, find_program(programs.libraries, {parent_folder(dhcp_client)}, "dhcpcd"));
    extras.files.push_back({dhcp_client, strip(client.content), 0755});
    extras.programs.push_back(std::move(client));
    return extras;
}

} // namespace kdumpkit::initramfs
