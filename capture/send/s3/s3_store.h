// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/send/store.h"

namespace kdumpkit::send {

// An object store that speaks S3: small inputs by one PUT, others as a multipart upload of which every part
// can be sent again. The object appears when it is complete. Every request carries the SHA-256 of its body.
class S3Store final : public Store {
  public:
    explicit S3Store(const Means& means) : means_(means) {}
    Outcome<> put(Input& input, const std::string& name, Stored& stored) override;
    Outcome<> remove(const std::string& name) override;

  private:
    struct Part {
        std::string etag;
        std::uint64_t size = 0;
    };
    struct Upload {
        std::string name, id;
        std::vector<Part> parts; // that the server has, from the first on without a gap
    };
    // One request about an object, tried again with patience; `query` is sorted by its keys.
    struct Call {
        std::string method, name, query;
        std::span<const std::byte> bytes{};
        std::uint64_t base = 0;
        bool at_last = false; // tidying up: once, even when interrupted
    };
    Outcome<Reply> call(const Call& what);

    Outcome<Upload> begin(const std::string& name);
    // The upload that an earlier run left, with the parts that are equal to the input's; or a new one.
    Outcome<Upload> find(Input& input, const std::string& name);
    Outcome<std::vector<Part>> list_parts(const Upload& upload);
    Outcome<> send_parts(Input& input, Upload& upload, std::vector<std::byte> first, Stored& stored);
    Outcome<> complete(const Upload& upload, std::uint64_t total);
    void abandon(const Upload& upload);

    Means means_;
};

} // namespace kdumpkit::send
