// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

namespace kdumpkit::dump::test {

// A temporary folder that goes away with everything in it.
class Folder {
  public:
    Folder() {
        path_ = (std::filesystem::temp_directory_path() / "kdk-dump-XXXXXX").string();
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string operator/(const char* file) const { return path_ + "/" + file; }

  private:
    std::string path_;
};

} // namespace kdumpkit::dump::test
