// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "makedumpfile-lite/format/destination.h"
#include "makedumpfile-lite/output_file.h"

#include <string>

namespace kdumpkit::dump::format {

// A pipe, or a file that is written from its start to its end and never at an offset. A reader that went away
// is an error with errno EPIPE (SIGPIPE must be ignored).
class PipeDestination : public Destination {
  public:
    // `file` may be a pipe; the program's standard output is OutputFile::standard_output().
    explicit PipeDestination(OutputFile file) : file_(std::move(file)) {}

    Result<> reserve_zeroed(std::uint64_t begin, std::uint64_t end) override;
    Result<> sync() override;
    void keep() override { file_.keep(); }
    Result<> close() override;
    Result<> restart() override;
    [[nodiscard]] const std::string& name() const override { return file_.name(); }
    [[nodiscard]] bool sparse() const override { return false; }
    [[nodiscard]] std::uint64_t size() const override { return sent_; }

  protected:
    // Only at the end: an offset that is not end() is `invalid`.
    Result<> put(std::uint64_t offset, Bytes bytes) override;
    Result<> send(Bytes bytes);

  private:
    OutputFile file_;
    std::uint64_t sent_ = 0;
    bool cleared_ = false;
};

// The same as records of the flattened format (flat_layout.h): any offset may be written. close() writes the
// end record; a stream without it is incomplete.
class FlatDestination final : public PipeDestination {
  public:
    using PipeDestination::PipeDestination;

    Result<> reserve_zeroed(std::uint64_t begin, std::uint64_t end) override;
    Result<> close() override;
    Result<> restart() override;
    [[nodiscard]] bool sparse() const override { return true; }

  private:
    Result<> put(std::uint64_t offset, Bytes bytes) override;
    [[nodiscard]] std::uint64_t size_after(std::uint64_t offset, std::uint64_t bytes) const override;
    Result<> begin();

    bool begun_ = false;
};

} // namespace kdumpkit::dump::format
