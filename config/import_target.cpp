// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/import_target.h"

#include "base/percent.h"

#include <fmt/ranges.h>

namespace kdumpkit {
namespace {

// "?KEY=VALUE&KEY=VALUE", or nothing.
std::string query(const std::vector<std::string>& parameters) {
    return parameters.empty() ? "" : fmt::format("?{}", fmt::join(parameters, "&"));
}

std::string remote_url(const ImportDraft& draft) {
    if (draft.remote.starts_with("raw:"))
        return draft.remote;
    std::string url = draft.remote;
    if (!draft.port.empty())
        url += ":" + draft.port;
    while (url.ends_with('/') && draft.folder.starts_with('/'))
        url.pop_back();
    url += percent_encoded(draft.folder, "/");
    std::vector<std::string> parameters;
    if (!draft.credentials.empty())
        parameters.push_back("credentials=" + draft.credentials);
    if (url.starts_with("nfs:") && !draft.mount_options.empty())
        parameters.push_back(fmt::format("options={}", fmt::join(draft.mount_options, ",")));
    return url + query(parameters);
}

// By sftp no target goes without a key, and a proof of who the server is. Every kdump looks for that in
// root's file.
std::string with_login(const std::string& url, const ImportDraft& draft) {
    if (!url.starts_with("sftp:"))
        return url;
    const std::string key = url.find("credentials=") == std::string::npos
                                ? "key=" + percent_encoded(draft.ssh_key, "/") + "&"
                                : "";
    return fmt::format("{}{}{}known_hosts=/root/.ssh/known_hosts", url,
                       url.find('?') == std::string::npos ? '?' : '&', key);
}

} // namespace

std::string filesystem_url(const ImportDraft& draft, const std::string& filesystem) {
    return fmt::format("file://{}?fs={}&type={}", percent_encoded(draft.folder, "/"), filesystem, draft.type);
}

std::vector<std::string> target_urls(const ImportDraft& draft, bool lost) {
    std::vector<std::string> urls = draft.urls;
    if (!draft.remote.empty())
        urls.push_back(remote_url(draft));
    else if (!draft.device.empty())
        urls.push_back(filesystem_url(draft, draft.device));
    else if (urls.empty() && !lost)
        urls.push_back("file://" + percent_encoded(draft.folder, "/"));
    for (std::string& url : urls)
        url = with_login(url, draft);
    if (draft.fall_back_to_root)
        urls.push_back("file:///var/crash");
    return urls;
}

} // namespace kdumpkit
