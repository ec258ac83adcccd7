// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/store.h"

#include <string>
#include <vector>

namespace kdumpkit::capture {

// A server that kdump-send knows how to reach. The dump goes through a pipe: flattened records (vmcore.flat),
// or our stream (vmcore.stream). What was cut off never reaches its end, so that the server does not take it
// for whole.
class SendStore : public Store {
  public:
    SendStore(Capture& capture, const Target& target);
    Result<> open(const std::string& name) override;
    Result<> put_log(const std::string& path) override;
    Result<> put_summary(const std::string& text) override;
    void make_way() override {} // only a success gives the dump its name
    TryEnd filter(const Method& method) override;
    TryEnd copy() override;
    std::uint64_t settle(bool whole) override;
    Result<> finish() override;
    [[nodiscard]] std::string folder_name() const override { return name_; }
    std::vector<SavedFile> files() override { return files_; }
    Result<> put_capture_log() override;
    void close() override {}

  private:
    // Of a dump that broke off there.
    void list_left_over(const std::string& name);
    Result<> send_file(const std::string& path, const std::string& name);
    Result<> send_text(const std::string& text, const std::string& name);

    Capture& c_;
    std::string url_;
    bool leaves_partial_files_;
    std::string name_; // of the folder on the server
    std::vector<SavedFile> files_;
    std::vector<std::string> broken_off_; // dumps of which the server may have a part
    std::string dump_name_;
    std::uint64_t dump_bytes_ = 0;
};

// The command line of kdump-send, which keeps the settings' stall_timeout over all its attempts; `file`
// empty: it reads its standard input.
std::vector<std::string> send_argv(const Capture& capture, const std::string& url, const std::string& name,
                                   const std::string& file = {});

} // namespace kdumpkit::capture
