// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/resumed_copy.h"
#include "base/file.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::admin;
namespace fs = std::filesystem;

TEST_CASE("a copy goes on with what is there when it is the same, and with nothing else") {
    const fs::path folder = fs::temp_directory_path() / fmt::format("kdumpkit-copy-{}", ::getpid());
    fs::create_directories(folder);
    const std::string from = folder / "from", to = folder / "to", partial = to + ".incomplete";
    std::string content(std::size_t{3} << 20, '\0');
    for (std::size_t i = 0; i < content.size(); i += 7)
        content[i] = static_cast<char>(i % 251);
    std::ofstream(from) << "before" << content << "behind";
    const auto copy = [&] { return copy_on(from, 6, content.size(), to); };
    for (const std::string& left :
         {std::string(), content.substr(0, 1500000), content + "more",
          content.substr(0, 1000000) + "other" + content.substr(1000005), std::string("quite another")}) {
        fs::remove(to);
        std::ofstream(partial) << left;
        REQUIRE(copy());
        CHECK(read_text(to) == content);
        CHECK_FALSE(fs::exists(partial));
    }
    // The same stays; what is called the same and is not, does not.
    struct stat before {
    }, after{};
    REQUIRE(::stat(to.c_str(), &before) == 0);
    REQUIRE(copy());
    REQUIRE(::stat(to.c_str(), &after) == 0);
    CHECK(before.st_ino == after.st_ino);
    std::ofstream(to, std::ios::in).seekp(9) << "x";
    REQUIRE(copy());
    CHECK(read_text(to) == content);

    const auto nowhere = copy_on(from, 6, content.size(), folder / "none" / "to");
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().side == ErrorSide::destination);
    CHECK_FALSE(copy_on(from, 6, content.size() + 100, to)); // the source is shorter
    CHECK(read_text(to) == content);
    fs::remove_all(folder);
}
