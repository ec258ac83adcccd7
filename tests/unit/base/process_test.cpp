// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.h"

#include <csignal>

#include <catch2/catch.hpp>
#include <unistd.h>

using namespace kdumpkit;

namespace {
ExitStatus run(std::vector<std::string> argv) {
    auto child = spawn({.argv = std::move(argv)});
    REQUIRE(child);
    auto status = child->wait();
    REQUIRE(status);
    return *status;
}
} // namespace

TEST_CASE("a child's end is told as it was") {
    CHECK(run({"true"}).success());
    CHECK(run({"sh", "-c", "exit 7"}).code == 7);
    const ExitStatus killed = run({"sh", "-c", "kill -9 $$"});
    CHECK(killed.signal == SIGKILL);
    CHECK_FALSE(killed.success());
    CHECK(killed.text().find("signal 9") != std::string::npos);
    CHECK(run({"true"}).peak_rss > 0);
}

TEST_CASE("a program that cannot be started is an error, not an exit code") {
    const auto child = spawn({.argv = {"/nonexistent/program"}});
    REQUIRE_FALSE(child);
    CHECK(child.error().kind == ErrorKind::absent);
    CHECK(child.error().object == "/nonexistent/program");
}

TEST_CASE("a child that outlives its deadline is killed and reaped") {
    auto child = spawn({.argv = {"sleep", "1000"}});
    REQUIRE(child);
    const pid_t pid = child->pid();
    const auto status = child->wait(std::chrono::milliseconds(20));
    REQUIRE(status);
    CHECK(status->timed_out);
    CHECK(status->text() == "killed at its deadline");
    CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a child that nobody waits for does not stay") {
    pid_t pid = -1;
    {
        const auto child = spawn({.argv = {"sleep", "1000"}});
        REQUIRE(child);
        pid = child->pid();
    }
    CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a child gets the descriptors that it was given") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const Fd read_end(ends[0]);
    {
        const Fd write_end(ends[1]);
        auto child = spawn({.argv = {"sh", "-c", "echo out; echo err >&2"},
                            .standard_output = ends[1],
                            .standard_error = ends[1]});
        REQUIRE(child);
        REQUIRE(child->wait()->success());
    }
    char text[32] = {};
    const ssize_t got = ::read(read_end.get(), text, sizeof text);
    REQUIRE(got == 8);
    CHECK(std::string(text, 8) == "out\nerr\n");
}
