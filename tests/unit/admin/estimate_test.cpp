// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/estimate.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using namespace kdumpkit::admin;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint64_t mib = 1 << 20;

EstimateInputs cloud_6_1() {
    EstimateInputs inputs;
    inputs.kernel = "6.1";
    inputs.kernel_memory = 51 * mib;
    inputs.initramfs_packed = 4 * mib;
    inputs.initramfs_unpacked = 10 * mib;
    inputs.modules = mib;
    return inputs;
}

} // namespace

TEST_CASE("an estimate is the sum of its terms, with a margin, in steps of 16 MiB") {
    const Estimate estimate = estimate_reservation(cloud_6_1());
    std::uint64_t sum = 0;
    for (const EstimateTerm& term : estimate.terms) {
        CHECK_FALSE(term.why.empty());
        sum += term.bytes;
    }
    CHECK(estimate.needed == sum);
    CHECK_FALSE(estimate.measured);
    CHECK(estimate.recommended % (16 * mib) == 0);
    CHECK(estimate.recommended >= sum + sum / 8);
    CHECK(estimate.recommended < sum + sum / 8 + 16 * mib);
    // Captures of this kernel take 68 MiB of a reservation (docs/reservation.md).
    CHECK(estimate.needed > 68 * mib);
    CHECK(estimate.recommended <= 128 * mib);
}

TEST_CASE("every input makes the estimate larger") {
    const std::uint64_t before = estimate_reservation(cloud_6_1()).needed;
    for (const auto& change : std::vector<void (*)(EstimateInputs&)>{
             [](EstimateInputs& one) { one.kernel_memory += mib; },
             [](EstimateInputs& one) { one.initramfs_packed += 33 * mib; },
             [](EstimateInputs& one) { one.initramfs_unpacked += mib; },
             [](EstimateInputs& one) { one.modules += mib; }, [](EstimateInputs& one) { one.cpus = 4; }}) {
        EstimateInputs inputs = cloud_6_1();
        change(inputs);
        CHECK(estimate_reservation(inputs).needed > before);
    }
}

TEST_CASE("a packed initramfs takes what the collector gets after it, and costs only what it is larger") {
    EstimateInputs inputs = cloud_6_1();
    const std::uint64_t before = estimate_reservation(inputs).needed;
    inputs.initramfs_packed = 32 * mib;
    CHECK(estimate_reservation(inputs).needed == before);
    inputs.initramfs_packed = 40 * mib;
    CHECK(estimate_reservation(inputs).needed >= before + 8 * mib);
    CHECK(estimate_reservation(inputs).needed < before + 9 * mib); // struct pages, too
}

TEST_CASE("measured peaks take the place of what is only reckoned") {
    std::vector<Dump> dumps(6);
    for (Dump& dump : dumps) {
        dump.complete = true;
        dump.kernel = "6.1";
        dump.host = "here";
        dump.capture_total_kib = 150 << 10;
        dump.capture_lowest_kib = 115 << 10;
    }
    dumps[1].capture_lowest_kib = 110 << 10;
    dumps[1].host = "formerly";
    dumps[2].kernel = "5.10";
    dumps[3].capture_lowest_kib = 151 << 10; // a lie
    dumps[4].complete = false;
    dumps[5].host = "there"; // in a folder that machines share
    dumps[5].capture_lowest_kib = 20 << 10;
    const auto peaks = measured_peaks(dumps, "6.1", {"here", "formerly"});
    CHECK(peaks == std::vector<std::uint64_t>{35 * mib, 40 * mib});
    EstimateInputs inputs = cloud_6_1();
    inputs.measured_peaks = peaks;
    const Estimate estimate = estimate_reservation(inputs);
    CHECK(estimate.measured);
    CHECK(estimate.terms[1].bytes == 40 * mib);
    CHECK(estimate.recommended < estimate_reservation(cloud_6_1()).recommended);
    CHECK_THAT(estimate_text(estimate, inputs, 0),
               Contains("the worst of 2 captures") && Contains("next: kdumpkit reserve"));
    CHECK_THAT(estimate_text(estimate, inputs, 64 * mib), Contains("less than recommended"));
    CHECK_THAT(estimate_text(estimate, inputs, 512 * mib), Contains(": enough"));
    CHECK(nlohmann::json::parse(estimate_json(estimate, inputs, 0))["recommended_bytes"] ==
          estimate.recommended);
}
