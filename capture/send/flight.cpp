// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/flight.h"

#include "capture/send/s3/xml.h"

#include <strings.h>

namespace kdumpkit::send {
namespace {

std::size_t give_body(char* buffer, std::size_t size, std::size_t count, void* user) {
    auto& flight = *static_cast<Flight*>(user);
    if (!flight.body)
        return 0;
    auto got = flight.body->read(std::as_writable_bytes(std::span(buffer, size * count)));
    if (!got) {
        flight.problem = std::move(got).error();
        return CURL_READFUNC_ABORT;
    }
    if (got->bytes == 0 && !got->end) {
        flight.starved = true;
        return CURL_READFUNC_PAUSE;
    }
    flight.given += static_cast<curl_off_t>(got->bytes);
    return got->bytes;
}

int seek_body(void* user, curl_off_t offset, int origin) {
    auto& flight = *static_cast<Flight*>(user);
    if (!flight.body || origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_FAIL;
    auto there = flight.body->seek(static_cast<std::uint64_t>(offset));
    flight.given = 0;
    if (there)
        return CURL_SEEKFUNC_OK;
    flight.problem = std::move(there).error();
    return CURL_SEEKFUNC_FAIL;
}

std::size_t take_reply(char* data, std::size_t size, std::size_t count, void* user) {
    auto& text = static_cast<Flight*>(user)->reply.text;
    if (size * count > reply_limit - text.size())
        return 0;
    text.append(data, size * count);
    return size * count;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
    constexpr std::string_view wanted = "etag:";
    std::string_view line(data, size * count);
    if (line.size() > wanted.size() && ::strncasecmp(line.data(), wanted.data(), wanted.size()) == 0) {
        line.remove_prefix(wanted.size());
        const std::size_t first = line.find_first_not_of(" \t");
        const std::size_t last = line.find_last_not_of(" \t\r\n");
        if (first != std::string_view::npos)
            static_cast<Flight*>(user)->reply.etag = line.substr(first, last - first + 1);
    }
    return size * count;
}

// Without this callback libcurl accepts keys of hosts that it does not know.
int check_host_key(CURL*, const curl_khkey*, const curl_khkey*, curl_khmatch match, void* user) {
    if (match == CURLKHMATCH_OK)
        return CURLKHSTAT_FINE;
    static_cast<Flight*>(user)->host_key =
        match == CURLKHMATCH_MISMATCH
            ? "its host key is another one than in known_hosts: this may be another machine"
            : "known_hosts has no key of this host: add it with ssh-keyscan and compare its fingerprint";
    return CURLKHSTAT_REJECT;
}

} // namespace

void Flight::attach(CURL* handle) {
    (void)curl_easy_setopt(handle, CURLOPT_READFUNCTION, give_body);
    (void)curl_easy_setopt(handle, CURLOPT_READDATA, this);
    (void)curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, seek_body);
    (void)curl_easy_setopt(handle, CURLOPT_SEEKDATA, this);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_reply);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    (void)curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    (void)curl_easy_setopt(handle, CURLOPT_SSH_KEYFUNCTION, check_host_key);
    (void)curl_easy_setopt(handle, CURLOPT_SSH_KEYDATA, this);
    (void)curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message.data());
}

void Flight::finish(CURL* handle) {
    (void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply.status);
    curl_off_t length = -1;
    if (curl_easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK && length >= 0)
        reply.length = static_cast<std::uint64_t>(length);
}

std::string Flight::detail() const {
    if (!host_key.empty())
        return host_key;
    if (std::string told = xml_text(reply.text, "Message"); !told.empty())
        return told;
    if (std::string told = xml_text(reply.text, "Code"); !told.empty())
        return told;
    return message.data();
}

} // namespace kdumpkit::send
