// SPDX-License-Identifier: GPL-2.0-or-later
// How fast this machine reads a file that is in the page cache with nothing to decide, mapped in windows of 4
// MiB or copied by 64 KiB, whichever is faster: what bench/run holds the filter against.
//   plain_read FILE OFFSET BYTES       prints seconds
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr std::uint64_t window = std::uint64_t{4} << 20;
constexpr std::uint64_t piece = std::uint64_t{64} << 10;

// The sum of the words of [at, at + window): without a use the compiler would leave the reading away.
std::optional<std::uint64_t> sum_mapped(int fd, std::uint64_t at) {
    void* const data = ::mmap(nullptr, window, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(at));
    if (data == MAP_FAILED)
        return std::nullopt;
    const auto* const words = static_cast<const std::uint64_t*>(data);
    const std::uint64_t sum = std::accumulate(words, words + window / sizeof(*words), std::uint64_t{0});
    ::munmap(data, window);
    return sum;
}

std::optional<std::uint64_t> sum_copied(int fd, std::uint64_t at) {
    std::vector<std::uint64_t> words(piece / sizeof(std::uint64_t));
    std::uint64_t sum = 0;
    for (std::uint64_t end = at + window; at < end; at += piece) {
        if (::pread(fd, words.data(), piece, static_cast<off_t>(at)) != static_cast<ssize_t>(piece))
            return std::nullopt;
        sum = std::accumulate(words.begin(), words.end(), sum);
    }
    return sum;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: plain_read FILE OFFSET BYTES\n", stderr);
        return 2;
    }
    const int fd = ::open(argv[1], O_RDONLY | O_CLOEXEC);
    const std::uint64_t begin = std::strtoull(argv[2], nullptr, 10) / window * window;
    const std::uint64_t end = begin + std::strtoull(argv[3], nullptr, 10) / window * window;
    double least = 0;
    std::uint64_t sum = 0;
    for (const auto way : {sum_mapped, sum_copied}) {
        const auto start = std::chrono::steady_clock::now();
        for (std::uint64_t at = begin; at < end; at += window) {
            const auto part = way(fd, at);
            if (!part) {
                std::perror(argv[1]);
                return 1;
            }
            sum += *part;
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        least = least == 0 ? seconds.count() : std::min(least, seconds.count());
    }
    std::printf("%.6f %llu\n", least, static_cast<unsigned long long>(sum));
    return 0;
}
