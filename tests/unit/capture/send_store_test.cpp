// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {

// A server that is a folder, and a kdump-send that stores there what came to its end.
struct Server {
    World world;
    std::string root = world.folder / "server";
    std::string name = "20261123T010140Z-guest";

    Server() {
        world.frozen.settings.targets = {parse_target("ftp://server/crash").value()};
        sender("");
        world.collector("echo '{\"complete\": true, \"bytes\": {\"written\": 10}}' > \"$4\"; echo flattened");
    }
    void sender(const std::string& first) {
        put_file(world.places.sender,
                 "#!/bin/sh\n" + first +
                     "\nNAME=$2; shift 6; FROM=/dev/stdin; [ \"$1\" != --file ] || FROM=$2\n"
                     "mkdir -p \"$(dirname \"" +
                     root + "/$NAME\")\"\n[ \"$1\" != --left-over ] || exec wc -c < \"" + root +
                     "/$NAME.incomplete\"\ncat $FROM > \"" + root + "/$NAME.incomplete\" && mv \"" + root +
                     "/$NAME.incomplete\" \"" + root + "/$NAME\"\n");
        ::chmod(world.places.sender.c_str(), 0755);
    }
    std::string stored(const std::string& file) { return root + "/" + name + "/" + file; }
};

// The word behind `option`.
std::string after(const std::vector<std::string>& words, const std::string& option) {
    const auto found = std::find(words.begin(), words.end(), option);
    return found == words.end() || found + 1 == words.end() ? std::string() : *(found + 1);
}

} // namespace

TEST_CASE("a server gets the log, the dump, the capture's log and a summary that calls it complete") {
    Server server;
    CHECK(server.world.run().saved == Saved::complete);
    CHECK(get_file(server.stored("dmesg.txt")).find("sysrq: Trigger a crash") != std::string::npos);
    CHECK(get_file(server.stored("vmcore.flat")) == "flattened\n");
    CHECK(get_file(server.stored("capture.log")).find("dump: filter at level 31") != std::string::npos);
    const auto summary = nlohmann::json::parse(get_file(server.stored("summary.json")));
    CHECK(summary["complete"] == true);
    CHECK(summary["bytes"]["dump"] == 10);
    CHECK(summary["files"].size() == 3);
    CHECK(summary["panic_cause"] == "sysrq: Trigger a crash");
}

TEST_CASE("dump.stream = stream goes by its own name") {
    Server server;
    server.world.frozen.settings.stream = StreamFormat::stream;
    CHECK(server.world.run().saved == Saved::complete);
    CHECK(exists(server.stored("vmcore.stream")));
    const auto& argv = server.world.system.commands;
    const auto with_stream = std::find_if(argv.begin(), argv.end(), [](const auto& words) {
        return std::find(words.begin(), words.end(), "stream") != words.end();
    });
    REQUIRE(with_stream != argv.end());
    CHECK(with_stream->back() == "-");
}

TEST_CASE("a server that refuses is passed over, and says why in the next target's log") {
    Server server;
    server.sender("echo 'kdump-send: the host key is another one' >&2; exit 7");
    server.world.frozen.settings.targets.push_back(target(uuid_a));
    server.world.collector(World::dump_well);
    CHECK(server.world.run().saved == Saved::complete);
    CHECK(exists(server.world.dump() + "/vmcore"));
    CHECK(get_file(server.world.dump() + "/capture.log").find("host key is another one") !=
          std::string::npos);
}

TEST_CASE("a server that fails half-way: no other way of making the dump is tried there") {
    Server server;
    server.sender("case $2 in */vmcore.flat) head -c 3 >/dev/null; exit 8;; esac");
    server.world.collector("yes | head -c 1000000 || exit 6");
    CHECK(server.world.run().saved == Saved::nothing);
    CHECK_FALSE(exists(server.stored("vmcore.flat")));
    const auto summary = nlohmann::json::parse(get_file(server.stored("summary.json")));
    CHECK(summary["complete"] == false);
    REQUIRE(summary["attempts"].size() == 1);
    CHECK(summary["attempts"][0]["ending"] == "destination failed");
    CHECK(exists(server.stored("dmesg.txt")));
    CHECK(server.world.system.heard("whatever the server has of it is in vmcore.flat.incomplete"));
}

TEST_CASE("what a server has of a dump that broke off is listed beside the dump that did not") {
    Server server;
    server.world.collector("echo part; until [ -s " + server.stored("vmcore.flat.incomplete") +
                           " ]; do sleep 0.01; done; kill -9 $$");
    CHECK(server.world.run().saved == Saved::complete);
    CHECK(exists(server.stored("vmcore")));
    const auto summary = nlohmann::json::parse(get_file(server.stored("summary.json")));
    const auto& files = summary["files"];
    const auto partial = std::find_if(
        files.begin(), files.end(), [](const auto& one) { return one["name"] == "vmcore.flat.incomplete"; });
    REQUIRE(partial != files.end());
    CHECK((*partial)["bytes"] == 5);
}

TEST_CASE("what a collector cut off is never stored as if it were whole; the next way is") {
    Server server;
    server.world.collector("echo part; [ $LEVEL = 1 ] || kill -9 $$; echo rest");
    CHECK(server.world.run().saved == Saved::complete);
    CHECK(get_file(server.stored("vmcore.flat")) == "part\nrest\n");
    const auto summary = nlohmann::json::parse(get_file(server.stored("summary.json")));
    REQUIRE(summary["attempts"].size() == 2);
    CHECK(summary["attempts"][0]["outcome"].get<std::string>().find("killed by signal 9") !=
          std::string::npos);
}

TEST_CASE("a server may stall, and may answer late, as long as the settings say") {
    Server server;
    server.world.frozen.settings.stall_timeout = std::chrono::seconds(600);
    CHECK(server.world.run().saved == Saved::complete);
    std::size_t senders = 0;
    for (const auto& words : server.world.system.commands) {
        if (words.front() != server.world.places.sender)
            continue;
        ++senders;
        CHECK(after(words, "--stall") == "300");
        CHECK(after(words, "--give-up") == "600");
    }
    CHECK(senders >= 3);
}

TEST_CASE("an initramfs without kdump-send says so") {
    Server server;
    std::filesystem::remove(server.world.places.sender);
    CHECK(server.world.run().saved == Saved::nothing);
    CHECK(server.world.system.heard("the initramfs has no kdump-send"));
}

TEST_CASE("what a server took is noted beside the local copy, so that it is not sent again") {
    Server server;
    const auto shipped = [&] { return get_file(server.world.dump() + "/shipped.json"); };
    auto& settings = server.world.frozen.settings;
    SECTION("two copies, the server's after the local one") {
        settings.targets.insert(settings.targets.begin(), target(uuid_a));
        settings.copies = 2;
        server.world.collector("case \"$4\" in *collector.json) echo '{\"complete\": true, \"bytes\": "
                               "{\"written\": 10}}' > \"$4\"; echo flattened; exit;; esac\n" +
                               std::string(World::dump_well));
        CHECK(server.world.run().saved == Saved::complete);
        CHECK(exists(server.stored("vmcore.flat")));
        CHECK(exists(server.world.dump() + "/vmcore"));
    }
    SECTION("first words after it") {
        settings.targets.push_back(target(uuid_a));
        CHECK(server.world.run().saved == Saved::complete);
        CHECK_FALSE(exists(server.world.dump() + "/vmcore"));
    }
    CHECK(nlohmann::json::parse(shipped())["to"] == nlohmann::json{"ftp://server/crash"});
}

TEST_CASE("a server that took first words alone is not noted") {
    Server server;
    auto& settings = server.world.frozen.settings;
    settings.targets.insert(settings.targets.begin(), target(uuid_a));
    server.world.collector(World::dump_well);
    CHECK(server.world.run().saved == Saved::complete);
    CHECK(exists(server.stored("summary.json")));
    CHECK(exists(server.world.dump() + "/vmcore"));
    CHECK_FALSE(exists(server.world.dump() + "/shipped.json"));
}
