// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file_digest.h"

#include "base/file.h"

#include <vector>

#include <fcntl.h>

namespace kdumpkit {

Result<FileDigest> digest_file(const std::string& path) {
    constexpr std::size_t piece = std::size_t{128} << 10;
    KDK_ASSIGN(const Fd file, open_file(path, O_RDONLY | O_NONBLOCK));
    std::vector<std::byte> buffer(piece);
    Sha256 hash;
    FileDigest digest;
    for (std::size_t got = piece; got == piece;) {
        KDK_ASSIGN(got, pread_some(file.get(), digest.bytes, buffer, path));
        hash.update(Bytes(buffer).first(got));
        digest.bytes += got;
    }
    digest.sha256 = hash.finish();
    return digest;
}

} // namespace kdumpkit
