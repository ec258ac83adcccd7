// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/dump_folder.h"
#include "capture/store.h"

#include <optional>
#include <string>

namespace kdumpkit::capture {

// A folder of a filesystem that this kernel mounts. A dump that is not whole is vmcore.incomplete, and what
// an earlier try left stays as vmcore.partial-LEVEL until there is something better.
class FolderStore : public Store {
  public:
    FolderStore(Capture& capture, const Target& target) : c_(capture), target_(target) {}
    Result<> open(const std::string& name) override;
    Result<> put_log(const std::string& path) override;
    Result<> put_summary(const std::string& text) override;
    void make_way() override;
    TryEnd filter(const Method& method) override;
    TryEnd copy() override;
    std::uint64_t settle(bool whole) override;
    Result<> finish() override;
    [[nodiscard]] std::string folder_name() const override { return folder_.substr(folder_.rfind('/') + 1); }
    std::vector<SavedFile> files() override;
    Result<> put_capture_log() override;
    void close() override;

  private:
    double now() { return c_.system.boot_seconds(); }
    Result<> mount();
    void make_room_in(const std::string& parent);
    Result<> sync_file(const std::string& path);
    void move_manifest(const std::string& from, const std::string& to);
    void keep_the_better();
    void drop_aside();
    [[nodiscard]] std::string dump_path() const { return folder_ + "/vmcore.incomplete"; }

    Capture& c_;
    const Target& target_;
    bool mounted_ = false;
    std::string folder_;
    std::optional<ReservedRoom> room_;
    const char* dump_name_ = "vmcore.incomplete";
    std::string aside_; // the name of an earlier try's partial dump, or empty
    unsigned last_level_ = 0;
};

} // namespace kdumpkit::capture
