// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/codec.h"

#include "makedumpfile-lite/format/kdump_layout.h"
#include "makedumpfile-lite/zlib_codec.h"
#include "makedumpfile-lite/zstd_codec.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <lzo/lzo1x.h>
#include <snappy.h>

namespace kdumpkit::dump {

namespace {

struct Known {
    Algorithm algorithm;
    std::string_view name;
    int lowest, standard, highest; // levels; all 0: it has none
};
constexpr std::array known = {
    Known{Algorithm::none, "none", 0, 0, 0},    Known{Algorithm::zlib, "zlib", 1, 1, 9},
    Known{Algorithm::lzo, "lzo", 0, 0, 0},      Known{Algorithm::snappy, "snappy", 0, 0, 0},
    Known{Algorithm::zstd, "zstd", -50, 1, 19},
};

const Known& find(Algorithm algorithm) {
    return *std::find_if(known.begin(), known.end(),
                         [&](const Known& k) { return k.algorithm == algorithm; });
}

std::size_t if_smaller(std::size_t size, Bytes page) {
    return size < page.size() ? size : 0;
}

class StoreCodec final : public Codec {
  public:
    std::size_t bound() const override { return 0; }
    std::size_t compress(Bytes, std::byte*) override { return 0; }
    std::uint32_t flag() const override { return 0; }
    std::size_t memory_bytes() const override { return 0; }
};

// The variant with a table of 4096 entries, as many as a page has bytes: an eighth faster on pages than
// lzo1x_1 for 0.1 % of size. Any LZO1X reader reads it.
class LzoCodec final : public Codec {
  public:
    explicit LzoCodec(std::size_t page_size)
        : work_(LZO1X_1_12_MEM_COMPRESS / sizeof(std::max_align_t) + 1),
          bound_(page_size + page_size / 16 + 64 + 3) {}

    std::size_t bound() const override { return bound_; }
    std::size_t compress(Bytes page, std::byte* out) override {
        lzo_uint size = bound_;
        // The library clears its dictionary itself (LZO_DETERMINISTIC), so the result does not depend on the
        // page before; a test watches that.
        const int status =
            lzo1x_1_12_compress(reinterpret_cast<const unsigned char*>(page.data()), page.size(),
                                reinterpret_cast<unsigned char*>(out), &size, work_.data());
        return status == LZO_E_OK ? if_smaller(size, page) : 0;
    }
    std::uint32_t flag() const override { return format::status_lzo; }
    std::size_t memory_bytes() const override { return LZO1X_1_12_MEM_COMPRESS; }

  private:
    std::vector<std::max_align_t> work_;
    std::size_t bound_;
};

class SnappyCodec final : public Codec {
  public:
    explicit SnappyCodec(std::size_t page_size) : bound_(snappy::MaxCompressedLength(page_size)) {}

    std::size_t bound() const override { return bound_; }
    std::size_t compress(Bytes page, std::byte* out) override {
        std::size_t size = 0;
        snappy::RawCompress(reinterpret_cast<const char*>(page.data()), page.size(),
                            reinterpret_cast<char*>(out), &size);
        return if_smaller(size, page);
    }
    std::uint32_t flag() const override { return format::status_snappy; }
    // The library makes its table for each call: 2 bytes per input byte and the page once more.
    std::size_t memory_bytes() const override { return 3 * bound_; }

  private:
    std::size_t bound_;
};

template<class T>
Result<std::unique_ptr<Codec>> if_ready(std::unique_ptr<T> codec, std::string_view name) {
    if (!codec->ready())
        return fail(ErrorKind::system, "set up the compressor", std::string(name), "out of memory");
    return codec;
}

} // namespace

std::string Compression::name() const {
    return std::string(find(algorithm).name);
}

Compression default_compression(Algorithm algorithm) {
    return {algorithm, find(algorithm).standard};
}

Result<Compression> parse_compression(std::string_view text) {
    const auto wrong = [&](const std::string& reason) {
        return Failure(
            make_error(ErrorKind::invalid, "use the compression", fmt::format("\"{}\"", text), reason)
                .then("give zstd, lzo, snappy, zlib or none; zstd and zlib may carry a level, as zstd:3"));
    };
    const auto colon = text.find(':');
    const auto* entry = std::find_if(known.begin(), known.end(),
                                     [&](const Known& k) { return k.name == text.substr(0, colon); });
    if (entry == known.end())
        return wrong("no such algorithm");
    Compression result{entry->algorithm, entry->standard};
    if (colon == std::string_view::npos)
        return result;
    if (entry->lowest == 0 && entry->highest == 0)
        return wrong(fmt::format("{} has no levels", entry->name));
    std::string_view digits = text.substr(colon + 1);
    const bool negative = digits.starts_with('-');
    const auto number = parse_number(digits.substr(negative ? 1 : 0), 10);
    const auto out_of_range =
        fmt::format("its levels go from {} to {}, without 0", entry->lowest, entry->highest);
    if (!number || *number == 0 || *number > 1000)
        return wrong(out_of_range);
    result.level = negative ? -static_cast<int>(*number) : static_cast<int>(*number);
    if (result.level < entry->lowest || result.level > entry->highest)
        return wrong(out_of_range);
    return result;
}

Result<std::unique_ptr<Codec>> Codec::create(Compression compression, std::size_t page_size) {
    switch (compression.algorithm) {
    case Algorithm::none:
        return std::make_unique<StoreCodec>();
    case Algorithm::zlib:
        return if_ready(std::make_unique<ZlibCodec>(compression.level, page_size), "zlib");
    case Algorithm::lzo:
        if (lzo_init() != LZO_E_OK)
            return fail(ErrorKind::unsupported, "set up the compressor", "lzo",
                        "the library does not fit this build");
        return std::make_unique<LzoCodec>(page_size);
    case Algorithm::snappy:
        return std::make_unique<SnappyCodec>(page_size);
    case Algorithm::zstd:
        return if_ready(std::make_unique<ZstdCodec>(compression.level, page_size), "zstd");
    }
    return fail(ErrorKind::invalid, "set up the compressor", "", "no such algorithm");
}

} // namespace kdumpkit::dump
