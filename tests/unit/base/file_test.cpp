// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bytes.h"
#include "base/file.h"
#include "base/inside_root.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace kdumpkit;

namespace {
struct Folder {
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "kdumpkit-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
    }
    std::string path;
};
} // namespace

TEST_CASE("a file is written whole or not at all") {
    const Folder folder;
    const std::string path = folder.path + "/file";
    REQUIRE(write_file_atomically(path, "old"));
    REQUIRE(write_file_atomically(path, "new contents"));
    CHECK(read_text(path).value() == "new contents");
    CHECK(folder.entries() == 1);

    // The destination cannot be replaced: the old one and the folder stay as they were.
    const std::string blocked = folder.path + "/blocked";
    std::filesystem::create_directories(blocked + "/child");
    const auto result = write_file_atomically(blocked, "text");
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::invalid);
    CHECK(folder.entries() == 2);
}

TEST_CASE("a file that cannot be written is named as the caller named it, with what to do") {
    const Folder folder;
    const std::string path = folder.path + "/none/file";
    const auto orphan = write_file_atomically(path, "text");
    REQUIRE_FALSE(orphan);
    CHECK(exit_code(orphan.error()) == exit_codes::destination);
    CHECK(orphan.error().object == path);
    CHECK(orphan.error().next_step == "create the folder " + folder.path + "/none, or name another file");
    CHECK(orphan.error().message().find(".new-") == std::string::npos);
    CHECK(write_file_atomically("", "text").error().kind == ErrorKind::invalid);
}

TEST_CASE("what is no regular file is never replaced") {
    const Folder folder;
    const std::string pipe = folder.path + "/pipe", socket_link = folder.path + "/link";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::filesystem::create_symlink("pipe", socket_link);
    for (const std::string& path : {pipe, socket_link, folder.path}) {
        CAPTURE(path);
        const auto result = write_file_atomically(path, "text");
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == ErrorKind::invalid);
        CHECK(exit_code(result.error()) == exit_codes::invalid);
        CHECK(result.error().object == path);
        CHECK_FALSE(result.error().next_step.empty());
    }
    CHECK(std::filesystem::is_fifo(pipe));
    CHECK(std::filesystem::is_symlink(socket_link));
    CHECK(folder.entries() == 2);
}

TEST_CASE("a link stays a link, and the file that it names is written") {
    const Folder folder;
    std::filesystem::create_directory(folder.path + "/real");
    std::filesystem::create_symlink("real/file", folder.path + "/link");
    std::filesystem::create_symlink("link", folder.path + "/first");
    std::filesystem::create_symlink("circle", folder.path + "/circle");
    REQUIRE(write_file_atomically(folder.path + "/first", "new")); // leads to nothing yet
    REQUIRE(write_file_atomically(folder.path + "/first", "newer"));
    CHECK(std::filesystem::is_symlink(folder.path + "/first"));
    CHECK(std::filesystem::is_symlink(folder.path + "/link"));
    CHECK(read_text(folder.path + "/real/file").value() == "newer");
    CHECK(folder.entries() == 4);
    CHECK_FALSE(write_file_atomically(folder.path + "/circle", "text"));
}

TEST_CASE("whatever lies at the temporary file's name is neither followed nor overwritten") {
    const Folder folder;
    const std::string path = folder.path + "/file", victim = folder.path + "/victim";
    REQUIRE(write_file_atomically(victim, "precious"));
    std::filesystem::create_symlink(victim, path + ".new-" + std::to_string(::getpid()));
    REQUIRE(write_file_atomically(path, "text"));
    CHECK(read_text(path).value() == "text");
    CHECK(read_text(victim).value() == "precious");
    CHECK(folder.entries() == 3);
}

TEST_CASE("a file that is replaced keeps its owner and its mode, a new one gets the mode") {
    const Folder folder;
    const std::string path = folder.path + "/file";
    REQUIRE(write_file_atomically(path, "old", 0600));
    REQUIRE(::chmod(path.c_str(), 04751) == 0);
    if (::geteuid() == 0) // nobody else may give files away
        REQUIRE(::chown(path.c_str(), 12, 34) == 0);
    struct stat before {
    }, after{};
    REQUIRE(::stat(path.c_str(), &before) == 0);
    REQUIRE(replace_file_atomically(path, "new"));
    REQUIRE(::stat(path.c_str(), &after) == 0);
    CHECK(before.st_ino != after.st_ino);
    CHECK(before.st_mode == after.st_mode);
    CHECK(before.st_uid == after.st_uid);
    CHECK(before.st_gid == after.st_gid);
    CHECK(read_text(path).value() == "new");
    REQUIRE(replace_file_atomically(path + "2", "new", 0600));
    REQUIRE(::stat((path + "2").c_str(), &after) == 0);
    CHECK((after.st_mode & 07777) == 0600);
}

TEST_CASE("reading keeps its limit and names what is absent") {
    const Folder folder;
    const std::string path = folder.path + "/file";
    REQUIRE(write_file_atomically(path, std::string(5000, 'x')));
    CHECK(read_text(path, 5000).value().size() == 5000);
    CHECK(read_text(path, 4999).error().kind == ErrorKind::unsupported);
    CHECK(read_file(folder.path + "/none").error().kind == ErrorKind::absent);
    CHECK(read_file(folder.path).error().kind == ErrorKind::invalid);
    CHECK(read_file(folder.path).error().reason == "it is a folder");
    CHECK_FALSE(read_text("/proc/self/status").value().empty());                  // st_size says 0
    CHECK_FALSE(read_text("/sys/devices/system/cpu/online", 64).value().empty()); // st_size says 4096
}

TEST_CASE(
    "a pipe with a name is refused before it can wait for a writer, one of a shell's pipeline is read") {
    const Folder folder;
    const std::string path = folder.path + "/pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(read_text(path).error().kind == ErrorKind::invalid);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    REQUIRE(::write(ends[1], "text", 4) == 4);
    ::close(ends[1]);
    CHECK(read_text("/dev/fd/" + std::to_string(ends[0])) == "text");
    ::close(ends[0]);
}

TEST_CASE("links are followed inside a root") {
    namespace fs = std::filesystem;
    const Folder folder;
    const std::string& root = folder.path;
    CHECK(inside_root("", "/etc/../x") == "/etc/../x");
    CHECK(inside_root(root, "/etc/none") == root + "/etc/none");
    fs::create_directories(root + "/usr/etc");
    fs::create_symlink("/usr/etc", root + "/etc");
    fs::create_symlink("../../../../out", root + "/usr/etc/up");
    fs::create_symlink("up", root + "/usr/etc/chain");
    fs::create_symlink("/usr/etc/circle", root + "/usr/etc/circle");
    CHECK(inside_root(root, "/etc/grub") == root + "/usr/etc/grub");
    CHECK(inside_root(root, "/etc/up") == root + "/out");
    CHECK(inside_root(root, "/etc/./chain/../x") == root + "/x");
    CHECK(inside_root(root, "/../../etc") == root + "/usr/etc");
    CHECK(inside_root(root, "/etc/circle").error().errno_value == ELOOP);
}

TEST_CASE("positioned reads say where a file ends") {
    const Folder folder;
    const std::string path = folder.path + "/file";
    REQUIRE(write_file_atomically(path, "0123456789"));
    const auto fd = open_file(path, O_RDWR);
    REQUIRE(fd);
    std::array<std::byte, 8> buffer{};
    REQUIRE(pread_exact(fd->get(), 2, buffer, path));
    CHECK(as_text(buffer) == "23456789");
    CHECK(pread_some(fd->get(), 6, buffer, path).value() == 4);
    const auto beyond = pread_exact(fd->get(), 6, buffer, path);
    REQUIRE_FALSE(beyond);
    CHECK(beyond.error().kind == ErrorKind::corrupt);
    CHECK(beyond.error().offset == 10);
    REQUIRE(pwrite_all(fd->get(), 8, as_bytes("abcd"), path));
    CHECK(read_text(path).value() == "01234567abcd");
}

TEST_CASE("a full device is the destination's fault") {
    const auto fd = open_file("/dev/full", O_WRONLY);
    REQUIRE(fd);
    const auto result = write_all(fd->get(), as_bytes("x"), "/dev/full");
    REQUIRE_FALSE(result);
    CHECK(exit_code(result.error()) == exit_codes::destination);
    CHECK(result.error().errno_value == ENOSPC);
}

TEST_CASE("the folder of a path") {
    CHECK(parent_folder("a/b") == "a");
    CHECK(parent_folder("b") == ".");
    CHECK(parent_folder("/b") == "/");
    CHECK(parent_folder("/a/b/c") == "/a/b");
}

TEST_CASE("a descriptor is closed by its last owner") {
    int number = -1;
    {
        auto fd = open_file("/dev/null", O_RDONLY);
        REQUIRE(fd);
        number = fd->get();
        Fd other = std::move(*fd);
        CHECK_FALSE(fd->valid());
        CHECK(::fcntl(number, F_GETFD) >= 0);
        CHECK((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(::fcntl(number, F_GETFD) < 0);
}
