// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "capture/send/store.h"

namespace kdumpkit::send {

// SFTP and FTP: a file that grows as NAME.incomplete, can be gone on with where it ends, and is renamed when
// it is whole and as long as what was sent.
class AppendStore final : public Store {
  public:
    explicit AppendStore(const Means& means) : means_(means) {}
    Outcome<> put(Input& input, const std::string& name, Stored& stored) override;
    Outcome<> remove(const std::string& name) override;
    Outcome<std::uint64_t> left_over(const std::string& name) override;

  private:
    [[nodiscard]] std::string url(const std::string& name) const;
    Outcome<> upload(Input& input, const std::string& partial, Stored& stored);
    // Whether the file on the server is as long as what was sent.
    Outcome<> is_whole(const Input& input, const std::string& partial);
    // A file that is not there becomes an empty one.
    Outcome<std::uint64_t> size_of(const std::string& name);
    // Whether the file on the server is how the input begins.
    Outcome<bool> continues(Input& input, const std::string& partial);
    Outcome<bool> same_there(Input& input, const std::string& partial, std::uint64_t from,
                             std::size_t length);
    // `from` has that many bytes.
    Outcome<> rename(const std::string& from, const std::string& to, std::uint64_t bytes);
    Outcome<> command(const std::string& name, std::vector<std::string> commands);

    Means means_;
};

} // namespace kdumpkit::send
