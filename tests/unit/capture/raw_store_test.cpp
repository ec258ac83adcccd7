// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/dumps.h"
#include "config/raw_frame.h"
#include "world.h"

using namespace kdumpkit;
using namespace kdumpkit::capture;

namespace {

// A partition is a file below /dev, where raw targets have to be.
struct Partition {
    static constexpr std::uintmax_t bytes = std::uintmax_t{8} << 20;
    World world;
    std::string path = fmt::format("/dev/shm/kdumpkit-raw-{}", ::getpid());

    Partition() {
        put_file(path, "");
        std::filesystem::resize_file(path, bytes);
        world.frozen.settings.targets = {parse_target("raw:" + path).value()};
    }
    Partition(const Partition&) = delete;
    Partition& operator=(const Partition&) = delete;
    ~Partition() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    [[nodiscard]] RawDump dump() const {
        const auto found = read_raw_dump(path);
        REQUIRE(found);
        return *found;
    }
    // nullptr when there is none.
    static const RawDump::File* find(const RawDump& dump, const std::string& name) {
        for (const RawDump::File& file : dump.files)
            if (file.name == name)
                return &file;
        return nullptr;
    }
};

} // namespace

TEST_CASE("a raw partition gets the log, the dump, and a summary that calls it complete") {
    Partition partition;
    partition.world.collector("echo '{\"complete\": true}' > \"$4\"; echo flattened");
    CHECK(partition.world.run().saved == Saved::complete);
    const RawDump raw = partition.dump();
    CHECK(raw.complete);
    const auto* dump = Partition::find(raw, "vmcore.flat");
    REQUIRE(dump != nullptr);
    CHECK(get_file(partition.path).substr(dump->offset, dump->bytes) == "flattened\n");
    CHECK(dump->sha256 == sha256_of(as_bytes("flattened\n")));
    const auto found = find_raw_dump(partition.path);
    REQUIRE(found);
    CHECK(found->complete);
}

TEST_CASE("what a killed collector left on a raw partition stays: there is no plain copy to take its place") {
    Partition partition;
    partition.world.collector("echo part; kill -9 $$");
    CHECK(partition.world.run().saved == Saved::partial);
    const RawDump raw = partition.dump();
    CHECK_FALSE(raw.complete);
    const auto* dump = Partition::find(raw, "vmcore.flat.incomplete");
    REQUIRE(dump != nullptr);
    CHECK(get_file(partition.path).substr(dump->offset, dump->bytes) == "part\n");
}

TEST_CASE("a dump that fills a raw partition leaves room for its last words") {
    Partition partition;
    // 8 MiB in units of 512 bytes: the limit of a file's size plays the partition's end.
    partition.world.collector("trap '' XFSZ; ulimit -f 16384; yes | head -c 20000000; exit 6");
    CHECK(partition.world.run().saved == Saved::partial);
    const auto found = find_raw_dump(partition.path);
    REQUIRE(found);
    CHECK_FALSE(found->complete);
    CHECK(found->why_not.find("the target failed or is full") != std::string::npos);
    const RawDump raw = partition.dump();
    CHECK(Partition::find(raw, "capture.log") != nullptr);
    CHECK(get_file(partition.path).size() == Partition::bytes);
}
