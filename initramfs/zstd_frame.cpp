// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/zstd_frame.h"

#include <bit>
#include <memory>

#include <zstd.h>

namespace kdumpkit::initramfs {
namespace {

using Context = std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)>;

Failure refused(const char* why) {
    return fail(ErrorKind::system, "pack with", "zstd", why);
}

} // namespace

Result<std::vector<std::byte>> zstd_frame(Bytes content) {
    const Context owner(ZSTD_createCCtx(), &ZSTD_freeCCtx);
    if (!owner)
        return refused("out of memory");
    constexpr int level = 19, window_log = std::bit_width(zstd_window) - 1;
    for (const auto& [parameter, value] :
         {std::pair{ZSTD_c_compressionLevel, level}, std::pair{ZSTD_c_windowLog, window_log},
          std::pair{ZSTD_c_checksumFlag, 1}})
        if (const std::size_t set = ZSTD_CCtx_setParameter(owner.get(), parameter, value);
            ZSTD_isError(set) != 0U)
            return refused(ZSTD_getErrorName(set));
    std::vector<std::byte> packed(ZSTD_compressBound(content.size()));
    const std::size_t size =
        ZSTD_compress2(owner.get(), packed.data(), packed.size(), content.data(), content.size());
    if (ZSTD_isError(size) != 0U)
        return refused(ZSTD_getErrorName(size));
    packed.resize(size);
    packed.shrink_to_fit();
    return packed;
}

} // namespace kdumpkit::initramfs
