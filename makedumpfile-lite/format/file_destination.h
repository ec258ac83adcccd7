// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/output_file.h"

#include <string>

namespace kdumpkit::dump::format {

// A file or a device that is written at offsets.
class FileDestination final : public Destination {
  public:
    // Opens or creates `path`; OutputFile tells what of it stays when. An existing one is `invalid`, unless
    // `overwrite`, and stays untouched until the first write. Something that
    // cannot be written at offsets (a pipe, a terminal) is `unsupported`. `cache_limit` bounds the bytes of
    // this file that may lie in the page cache: the panic kernel has little memory, and nobody reads them
    // again.
    static Result<FileDestination> create(const std::string& path, bool overwrite, std::uint64_t cache_limit);
    // Counts what that file would take, and touches nothing.
    static Result<FileDestination> rehearse(const std::string& path);

    Result<> reserve_zeroed(std::uint64_t begin, std::uint64_t end) override;
    Result<> sync() override;
    void keep() override { file_.keep(); }
    Result<> close() override;
    Result<> restart() override;
    // Bytes that were written before, for comparing.
    Result<> read_back(std::uint64_t offset, std::span<std::byte> out) const override;

    [[nodiscard]] const std::string& name() const override { return file_.name(); }
    [[nodiscard]] bool sparse() const override { return file_.regular(); }

  private:
    FileDestination(OutputFile file, std::uint64_t cache_limit);
    Result<> put(std::uint64_t offset, Bytes bytes) override;
    [[nodiscard]] std::uint64_t free_space() const override;
    Result<> trim_cache();

    OutputFile file_;
    bool cleared_ = false;
    std::uint64_t step_;        // bytes between two looks at the page cache
    std::uint64_t started_ = 0; // writing back began up to here
    std::uint64_t dropped_ = 0; // and everything below here left the page cache
};

} // namespace kdumpkit::dump::format
