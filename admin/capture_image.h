// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/sha256.h"
#include "initramfs/entry.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::admin {

// Digests (SHA-256, hexadecimal) of all that a capture initramfs is made of: the entries' by their paths, the
// capture kernel's as "kernel", that of the frozen network as "network".
using Digests = std::map<std::string, std::string>;
// Of one entry alone; for what is no file, what it is.
std::string digest_of(const initramfs::Entry& entry);
Digests digests_of(const std::vector<initramfs::Entry>& entries, const Digest& kernel);

// What `kdumpkit arm` notes down about the initramfs that it wrote.
struct ImageRecord {
    static constexpr const char* image_path = "/var/lib/kdumpkit/capture.img";
    static constexpr const char* path = "/var/lib/kdumpkit/capture.json";

    std::string kernel_release, kernel_path; // of the capture kernel
    std::string packing;
    std::string host; // what dumps will call this machine; empty: an earlier version's record
    std::vector<std::string> former_hosts; // what they called it before, the latest last
    std::string image_digest;              // of the file as it is, packed
    std::uint64_t bytes = 0;               // the same file's
    std::uint64_t unpacked = 0;
    std::int64_t built_at = 0; // seconds since 1970
    std::string layout_of;     // the build id of the kernel whose layout is in it; empty: not known
    Digests made_of;
    friend bool operator==(const ImageRecord&, const ImageRecord&) = default;
};
std::string to_json(const ImageRecord& record);
// nullopt when the text is not such a record.
std::optional<ImageRecord> parse_image_record(std::string_view json);

// Pure: what dumps have called this machine so far, the latest last. The latest 32: some machines have
// another name at each boot.
std::vector<std::string> names_so_far(const std::optional<ImageRecord>& before);

// Pure: the digest of the layout in the initramfs that `before` describes, when `wanted`, which has none yet,
// would get the same: the same collector writes it of a kernel with the same build id.
std::optional<std::string> same_layout(const std::optional<ImageRecord>& before, const ImageRecord& wanted);

// Pure: why the initramfs that `record` describes must be made anew, in words, at most five; empty: it is
// fresh. `image_digest` is that of the file that is there, empty for none.
std::vector<std::string> why_stale(const std::optional<ImageRecord>& record, std::string_view image_digest,
                                   const ImageRecord& wanted);

} // namespace kdumpkit::admin
