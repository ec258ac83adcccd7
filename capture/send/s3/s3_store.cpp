// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/s3/s3_store.h"

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/percent.h"
#include "base/sha256.h"
#include "capture/send/s3/md5.h"
#include "capture/send/s3/part_plan.h"
#include "capture/send/s3/xml.h"

#include <fmt/format.h>
#include <poll.h>

namespace kdumpkit::send {
namespace {

// Up to `size` bytes from `offset` on, waiting for them; fewer only at the end.
Outcome<std::vector<std::byte>> read_part(Input& input, std::uint64_t offset, std::uint64_t size) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        auto got = input.read(offset + filled, std::span(bytes).subspan(filled));
        if (!got)
            return trouble(Verdict::input, std::move(got).error());
        if (got->end)
            break;
        filled += got->bytes;
        if (got->bytes != 0)
            continue;
        pollfd more{input.wait_for(), POLLIN, 0};
        (void)::poll(&more, 1, 500);
        if (interrupted() != 0)
            return trouble(Verdict::input, make_error(ErrorKind::system, "read", "the input",
                                                      fmt::format("ended by signal {}", interrupted())));
    }
    bytes.resize(filled);
    return bytes;
}

// Of a request that names an upload: the server does not know it (NoSuchUpload). Somebody ended it, or a
// lifecycle rule did.
constexpr long not_found = 404;

bool is_gone(const Outcome<>& sent) {
    return !sent && sent.error().status == not_found;
}

} // namespace

Outcome<Reply> S3Store::call(const Call& what) {
    const Target& target = means_.session.target();
    Patience patience(what.at_last ? 0 : means_.retries);
    while (true) {
        MemoryBody body(what.bytes, what.base);
        Request request;
        // An empty name is the bucket itself.
        request.url = what.name.empty() ? server_url(target) + "/" : remote_url(target, what.name);
        if (!what.query.empty())
            request.url += "?" + what.query;
        request.method = what.method;
        request.look_only = what.method == "HEAD";
        request.even_when_interrupted = what.at_last;
        request.headers = {"x-amz-content-sha256: " + to_hex(sha256_of(what.bytes))};
        if (what.method == "PUT" || what.method == "POST")
            request.body = &body;
        auto reply = means_.session.run(request);
        if (reply)
            return reply;
        KDK_TRY(wait_to_retry(means_, patience, std::move(reply).error(), 0));
    }
}

Outcome<> S3Store::put(Input& input, const std::string& name, Stored& stored) {
    stored.attempts = 1;
    const std::uint64_t size = part_size(input.size(), 1);
    KDK_ASSIGN(std::vector<std::byte> first, read_part(input, 0, size));
    if (first.size() < size) {
        KDK_TRY(call({"PUT", name, {}, first}));
        stored.bytes = first.size();
    } else {
        KDK_ASSIGN(Upload upload, means_.from_file ? find(input, name) : begin(name));
        auto sent = send_parts(input, upload, std::move(first), stored);
        if (is_gone(sent) && means_.from_file) {
            means_.log.warning("the upload is no longer on the server: beginning anew");
            stored.resumed_at.clear();
            ++stored.attempts;
            KDK_ASSIGN(upload, begin(name));
            KDK_ASSIGN(first, read_part(input, 0, size));
            sent = send_parts(input, upload, std::move(first), stored);
        }
        if (is_gone(sent))
            return trouble(Verdict::broken,
                           make_error(ErrorKind::absent, "go on at", means_.session.target().url(),
                                      "the upload is no longer on the server (NoSuchUpload), and its parts "
                                      "are lost with it")
                               .then("see who ends uploads there (a lifecycle rule?); of a file (--file) "
                                     "another try begins anew")
                               .from(ErrorSide::destination));
        if (!sent) {
            // What is left of a file serves the next run, what is left of a stream nobody.
            if (!means_.from_file)
                abandon(upload);
            return sent;
        }
    }
    stored.where = remote_url(means_.session.target(), name);
    return {};
}

Outcome<> S3Store::send_parts(Input& input, Upload& upload, std::vector<std::byte> first, Stored& stored) {
    std::uint64_t offset = 0;
    for (const Part& part : upload.parts)
        offset += part.size;
    if (offset != 0)
        stored.resumed_at.push_back(offset);
    std::vector<std::byte> bytes = std::move(first);
    while (true) {
        const auto number = static_cast<unsigned>(upload.parts.size()) + 1;
        const std::uint64_t size = part_size(input.size(), number);
        if (number > 1) {
            std::vector<std::byte>().swap(bytes); // one part in memory, not two
            KDK_ASSIGN(bytes, read_part(input, offset, size));
        }
        if (bytes.empty())
            break;
        if (number > most_parts)
            return trouble(
                Verdict::broken,
                make_error(ErrorKind::unsupported, "store at", means_.session.target().url(),
                           fmt::format("a stream of more than {} bytes has too many parts", offset))
                    .then("save it to a file and send that with --file"));
        KDK_ASSIGN(const Reply reply,
                   call({"PUT", upload.name,
                         fmt::format("partNumber={}&uploadId={}", number, percent_encoded(upload.id)), bytes,
                         offset}));
        upload.parts.push_back({reply.etag, bytes.size()});
        offset += bytes.size();
        if (bytes.size() < size)
            break;
    }
    stored.bytes = offset;
    return complete(upload, offset);
}

Outcome<S3Store::Upload> S3Store::begin(const std::string& name) {
    KDK_ASSIGN(const Reply reply, call({"POST", name, "uploads="}));
    Upload upload{name, xml_text(reply.text, "UploadId"), {}};
    if (upload.id.empty())
        return trouble(Verdict::refused,
                       make_error(ErrorKind::corrupt, "store at", means_.session.target().url(),
                                  "the reply to a new multipart upload has no UploadId")
                           .then("check endpoint=")
                           .from(ErrorSide::destination));
    return upload;
}

Outcome<S3Store::Upload> S3Store::find(Input& input, const std::string& name) {
    const std::string key = remote_path(means_.session.target(), name).substr(1);
    const auto listed = call({"GET", {}, "prefix=" + percent_encoded(*percent_decoded(key)) + "&uploads="});
    // Who may not list begins anew.
    if (!listed)
        return begin(name);
    Upload upload{name, {}, {}};
    for (const std::string_view one : xml_all(listed->text, "Upload"))
        if (xml_text(one, "Key") == *percent_decoded(key))
            upload.id = xml_text(one, "UploadId");
    if (upload.id.empty())
        return begin(name);
    const auto there = list_parts(upload);
    if (!there && there.error().status == not_found) // ended since it was listed
        return begin(name);
    if (!there)
        return tl::unexpected(there.error());
    std::uint64_t offset = 0;
    for (const Part& part : *there) {
        const std::uint64_t size = part_size(input.size(), static_cast<unsigned>(upload.parts.size()) + 1);
        KDK_ASSIGN(const std::vector<std::byte> ours, read_part(input, offset, size));
        if (ours.size() != part.size || part.etag != fmt::format("\"{}\"", md5_hex(ours)))
            break;
        upload.parts.push_back(part);
        offset += part.size;
    }
    means_.log.info("{} parts are there already", upload.parts.size());
    return upload;
}

Outcome<std::vector<S3Store::Part>> S3Store::list_parts(const Upload& upload) {
    std::vector<Part> parts;
    while (true) {
        KDK_ASSIGN(const Reply reply, call({"GET", upload.name,
                                            fmt::format("part-number-marker={}&uploadId={}", parts.size(),
                                                        percent_encoded(upload.id))}));
        const std::size_t before = parts.size();
        for (const std::string_view one : xml_all(reply.text, "Part")) {
            // After a gap nothing is of use.
            if (xml_text(one, "PartNumber") != std::to_string(parts.size() + 1))
                return parts;
            parts.push_back({xml_text(one, "ETag"), parse_number(xml_text(one, "Size"), 10).value_or(0)});
            if (!parts.back().etag.starts_with('"'))
                parts.back().etag = fmt::format("\"{}\"", parts.back().etag);
        }
        if (xml_text(reply.text, "IsTruncated") != "true" || parts.size() == before)
            return parts;
    }
}

Outcome<> S3Store::complete(const Upload& upload, std::uint64_t total) {
    std::string xml = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < upload.parts.size(); ++i)
        xml += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1,
                           upload.parts[i].etag);
    xml += "</CompleteMultipartUpload>";
    auto reply = call({"POST", upload.name, "uploadId=" + percent_encoded(upload.id), as_bytes(xml), total});
    // Errors come with status 200 as well.
    if (reply && reply->text.find("<CompleteMultipartUploadResult") != std::string::npos)
        return {};
    // An answer that was lost on its way: the upload is gone because the object is there. One of the same
    // size may be an older one; the ETag says whether it was made of these parts.
    std::vector<std::string> etags;
    for (const Part& part : upload.parts)
        etags.push_back(part.etag);
    const std::string expected = object_etag(etags);
    const auto object = call({"HEAD", upload.name, {}});
    if (object && object->length == total && !expected.empty() && object->etag == expected)
        return {};
    if (!reply)
        return tl::unexpected(std::move(reply).error());
    const std::string code = xml_text(reply->text, "Code");
    Trouble failed{Verdict::broken, make_error(ErrorKind::system, "complete", means_.session.target().url(),
                                               "the server could not put the parts together: " + code)
                                        .then("look at the server's log")
                                        .from(ErrorSide::destination)};
    if (code == "NoSuchUpload")
        failed.status = not_found;
    return tl::unexpected(std::move(failed));
}

void S3Store::abandon(const Upload& upload) {
    Call what{"DELETE", upload.name, "uploadId=" + percent_encoded(upload.id)};
    what.at_last = true;
    if (!call(what))
        means_.log.warning(
            "the parts that were stored stay there (upload {}): remove them with a lifecycle rule",
            upload.id);
}

Outcome<> S3Store::remove(const std::string& name) {
    KDK_TRY(call({"DELETE", name, {}}));
    return {};
}

} // namespace kdumpkit::send
