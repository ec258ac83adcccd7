// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/file.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

namespace kdumpkit::initramfs::test {

// A folder of a test's own, gone with it.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "kdumpkit-XXXXXX").string();
        path_ = std::filesystem::canonical(::mkdtemp(pattern.data())).string();
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    // Parents are made; returns the file's path.
    std::string file(const std::string& name, Bytes content) const {
        const std::filesystem::path place = path_ + "/" + name;
        std::filesystem::create_directories(place.parent_path());
        REQUIRE(write_file_atomically(place.string(), content, 0755));
        return place.string();
    }
    std::string file(const std::string& name, std::string_view text) const {
        return file(name, as_bytes(text));
    }
    std::string folder(const std::string& name) const {
        std::filesystem::create_directories(path_ + "/" + name);
        return path_ + "/" + name;
    }
    void link(const std::string& name, const std::string& to) const {
        const std::filesystem::path place = path_ + "/" + name;
        std::filesystem::create_directories(place.parent_path());
        std::filesystem::create_symlink(to, place);
    }

  private:
    std::string path_;
};

} // namespace kdumpkit::initramfs::test
