// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/file.h"
#include "capture/store.h"
#include "config/raw_frame.h"

#include <string>

namespace kdumpkit::capture {

// A partition without a filesystem: docs/raw-format.md. One dump at a time; one that is whole and was not
// taken off yet is never written over, nor is anything that somebody else put there.
class RawStore : public Store {
  public:
    RawStore(Capture& capture, const Target& target) : c_(capture), target_(target) {}
    Result<> open(const std::string& name) override;
    Result<> put_log(const std::string& path) override;
    Result<> put_summary(const std::string& text) override;
    void make_way() override {} // the next try writes over it; the copy, which is none, does not
    TryEnd filter(const Method& method) override;
    TryEnd copy() override;
    std::uint64_t settle(bool whole) override;
    Result<> finish() override;
    [[nodiscard]] std::string folder_name() const override { return frame_.folder; }
    std::vector<SavedFile> files() override;
    Result<> put_capture_log() override;
    void close() override;

  private:
    Result<> put(const std::string& name, Bytes bytes);
    Result<> write_header();

    Capture& c_;
    const Target& target_;
    std::string device_;
    Fd fd_;
    RawDump frame_;
    std::uint64_t size_ = 0;
    std::uint64_t next_ = 0; // where the next file goes
    std::uint64_t end_ = 0;  // and how far it may reach
    std::uint64_t dump_at_ = 0, dump_bytes_ = 0;
    std::string dump_name_;
};

} // namespace kdumpkit::capture
