// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/machine_names.h"

#include "admin/capture_image.h"
#include "base/file.h"

#include <sys/utsname.h>

namespace kdumpkit::admin {

std::set<std::string> names_of_this_machine() {
    std::set<std::string> names;
    utsname system{};
    if (::uname(&system) == 0)
        names.insert(system.nodename);
    if (const auto image = parse_image_record(read_text(ImageRecord::path).value_or(std::string()));
        image && !image->host.empty()) {
        names.insert(image->host);
        names.insert(image->former_hosts.begin(), image->former_hosts.end());
    }
    return names;
}

} // namespace kdumpkit::admin
