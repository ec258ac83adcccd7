// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/object_store.h"

#include <algorithm>

#include <fmt/format.h>

namespace kdumpkit {

std::string bucket_url(const Target& target) {
    const std::string named = target.value("endpoint");
    const std::string endpoint =
        named.empty() ? fmt::format("https://s3.{}.amazonaws.com", target.value("region")) : named;
    const std::string style = target.value("style");
    if (style == "path" || (style.empty() && !named.empty()))
        return fmt::format("{}/{}", endpoint, target.host);
    const std::size_t host = endpoint.find("//") + 2;
    return fmt::format("{}{}.{}", endpoint.substr(0, host), target.host, endpoint.substr(host));
}

std::string bucket_host(const Target& target) {
    const std::string url = bucket_url(target);
    const std::string host = url.substr(url.find("//") + 2);
    if (host.starts_with('['))
        return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find_first_of(":/"));
}

} // namespace kdumpkit
