// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "config/target.h"

#include <string>

namespace kdumpkit::admin {

// An NFS export, mounted for writing as the capture kernel does it, where only this process and its children
// see it; gone with this.
class ExportMount {
  public:
    static Result<ExportMount> of(const Target& target, const Log& log);
    ExportMount(ExportMount&& other) noexcept;
    ExportMount& operator=(ExportMount&&) = delete;
    ExportMount(const ExportMount&) = delete;
    ExportMount& operator=(const ExportMount&) = delete;
    ~ExportMount();

    [[nodiscard]] const std::string& folder() const { return folder_; }

  private:
    explicit ExportMount(std::string folder) : folder_(std::move(folder)) {}
    std::string folder_;
    bool mounted_ = false;
};

} // namespace kdumpkit::admin
