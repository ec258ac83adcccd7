// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/nfs.h"
#include "world.h"

using namespace kdumpkit;
using namespace kdumpkit::capture;
using Catch::Matchers::Contains;

namespace {

// A world whose target is an export that its network leads to.
struct RemoteWorld : World {
    RemoteWorld() {
        frozen.settings.targets = {parse_target("nfs://store/export").value(), target(uuid_a)};
        network("echo \"$1\" >> " + (folder / "asked") + "\necho eth0 is up");
        system.host_table["store"] = {{"192.0.2.9", "192.0.2.7"}};
        system.export_table["192.0.2.9:/export"] =
            FakeDisk{"", "nfs", disk("export"), 0, 0, false, std::uint64_t{1} << 30};
    }
    [[nodiscard]] bool saved_on(const std::string& name) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(disk(name)))
            if (entry.path().filename() == "vmcore")
                return true;
        return false;
    }
};

} // namespace

TEST_CASE("a dump goes to an export, in its folder itself") {
    RemoteWorld world;
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.saved_on("export"));
    CHECK_FALSE(world.saved_on("a"));
    CHECK(get_file(world.folder / "asked") == "start\nwait\n");
    CHECK(world.system.heard("network: eth0 is up"));
    CHECK(world.system.heard("mounted store:/export (NFS 4.2)"));
    REQUIRE(world.system.nfs_options.size() == 1);
    CHECK_THAT(world.system.nfs_options[0],
               Contains("addr=192.0.2.9") && Contains("clientaddr=192.0.2.7") && Contains("softerr"));
}

TEST_CASE("the network is asked for only when a target is remote, and only once") {
    RemoteWorld world;
    SECTION("no remote target") {
        world.frozen.settings.targets = {target(uuid_a)};
        CHECK(world.run().saved == Saved::complete);
        CHECK(get_file(world.folder / "asked").empty());
    }
    SECTION("two of them") {
        world.frozen.settings.targets.insert(world.frozen.settings.targets.begin(),
                                             parse_target("nfs://store/nowhere").value());
        CHECK(world.run().saved == Saved::complete);
        CHECK(get_file(world.folder / "asked") == "start\nwait\n");
        CHECK(world.saved_on("export"));
    }
}

TEST_CASE("a cluster's nodes are told through the network, whatever the targets") {
    RemoteWorld world;
    world.frozen.settings.targets = {target(uuid_a)};
    world.frozen.settings.fence_kdump = {"192.0.2.9"};
    CHECK(world.run().saved == Saved::complete);
    CHECK(get_file(world.folder / "asked") == "start\nwait\n");
    CHECK(world.system.kept_doing == 1);
}

TEST_CASE("without a network the next target gets the dump, and the log has the reason") {
    RemoteWorld world;
    world.network("[ \"$1\" = start ] || { echo 'MAC 52:54:00:12:34:56: its link is down'; exit 3; }");
    world.frozen.settings.targets.insert(world.frozen.settings.targets.begin(),
                                         parse_target("nfs://store/other").value());
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.saved_on("a"));
    CHECK(world.system.nfs_options.empty());
    CHECK(world.system.heard("MAC 52:54:00:12:34:56: its link is down"));
}

TEST_CASE("a network program that hangs is ended") {
    RemoteWorld world;
    world.network("[ \"$1\" = start ] || { touch " + world.system.hung_marker + "; exec sleep 100; }");
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.saved_on("a"));
}

TEST_CASE("versions are tried from the newest on, and a server that does not answer is not asked again") {
    RemoteWorld world;
    world.system.nfs_version = "3";
    CHECK(world.run().saved == Saved::complete);
    CHECK(world.saved_on("export"));
    REQUIRE(world.system.nfs_options.size() == 4);
    CHECK_THAT(world.system.nfs_options[3], Contains("nolock") && Contains("mountaddr=192.0.2.9"));
    CHECK(world.system.heard("(NFS 3)"));

    RemoteWorld silent;
    silent.system.export_table.clear();
    CHECK(silent.run().saved == Saved::complete);
    CHECK(silent.system.nfs_options.size() == 1);
    CHECK(silent.saved_on("a"));
}

TEST_CASE("how an export is asked for") {
    const auto mounts = [](const std::string& url, const HostAddress& host) {
        return nfs_mounts(parse_target(url).value(), host);
    };
    const auto newest = mounts("nfs://store:12049/export", {"192.0.2.9", "192.0.2.7"});
    REQUIRE(newest.size() == 4);
    CHECK(newest[0].version == "4.2");
    CHECK(newest[0].source == "192.0.2.9:/export");
    CHECK_THAT(newest[0].options, Contains("proto=tcp,") && Contains(",port=12049"));
    CHECK(newest[3].version == "3");
    const auto six = mounts("nfs://[2001:db8::9]/export?version=4.1", {"2001:db8::9", "2001:db8::7"});
    REQUIRE(six.size() == 1);
    CHECK(six[0].source == "[2001:db8::9]:/export");
    CHECK_THAT(six[0].options, Contains("proto=tcp6"));
    const auto own = mounts("nfs://store/export?version=4&options=timeo=50", {"192.0.2.9", "192.0.2.7"});
    REQUIRE(own.size() == 3);
    CHECK(own[0].options.ends_with(",timeo=50"));
}
