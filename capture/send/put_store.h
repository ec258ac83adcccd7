// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/send/store.h"

namespace kdumpkit::send {

// HTTPS: one PUT, which nobody can go on with when it breaks. It begins anew as long as the input can be read
// from its beginning.
class PutStore final : public Store {
  public:
    explicit PutStore(const Means& means) : means_(means) {}
    Outcome<> put(Input& input, const std::string& name, Stored& stored) override;
    Outcome<> remove(const std::string& name) override;

  private:
    // The folders of the target and of `name`, where the server has folders (WebDAV).
    void make_folders(const std::string& name);

    Means means_;
};

} // namespace kdumpkit::send
