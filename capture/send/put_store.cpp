// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/put_store.h"

namespace kdumpkit::send {

void PutStore::make_folders(const std::string& name) {
    const Target& target = means_.session.target();
    const std::string path = remote_path(target, name);
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        Request request;
        request.url = server_url(target) + path.substr(0, slash + 1);
        request.method = "MKCOL";
        // It may exist, or the server may have no folders: what counts is whether it takes the PUT.
        (void)means_.session.run(request);
    }
}

Outcome<> PutStore::put(Input& input, const std::string& name, Stored& stored) {
    Patience patience(means_.retries);
    while (true) {
        InputBody body(input);
        // Fails when the beginning is gone.
        KDK_TRY(body.seek(0));
        make_folders(name);
        Request request;
        request.url = remote_url(means_.session.target(), name);
        request.body = &body;
        ++stored.attempts;
        auto reply = means_.session.run(request);
        if (reply) {
            stored.bytes = body.position();
            stored.where = request.url;
            return {};
        }
        KDK_TRY(wait_to_retry(means_, patience, std::move(reply).error(), body.position()));
    }
}

Outcome<> PutStore::remove(const std::string& name) {
    Request request;
    request.url = remote_url(means_.session.target(), name);
    request.method = "DELETE";
    KDK_TRY(run_patiently(means_, request));
    return {};
}

} // namespace kdumpkit::send
