// SPDX-License-Identifier: GPL-2.0-or-later
// How fast this machine reads a file that is in the page cache, in the way of the filter (windows of 4 MiB,
// mapped and given back) and with nothing to decide: what bench/run holds the filter against.
//   plain_read FILE OFFSET BYTES       prints seconds
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: plain_read FILE OFFSET BYTES\n", stderr);
        return 2;
    }
    constexpr std::uint64_t window = std::uint64_t{4} << 20;
    const int fd = ::open(argv[1], O_RDONLY | O_CLOEXEC);
    const std::uint64_t offset = std::strtoull(argv[2], nullptr, 10) / window * window;
    const std::uint64_t end = offset + std::strtoull(argv[3], nullptr, 10) / window * window;
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t sum = 0;
    for (std::uint64_t at = offset; at < end; at += window) {
        void* const data = ::mmap(nullptr, window, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(at));
        if (data == MAP_FAILED) {
            std::perror(argv[1]);
            return 1;
        }
        const auto* const words = static_cast<const std::uint64_t*>(data);
        for (std::uint64_t i = 0; i < window / sizeof(std::uint64_t); ++i)
            sum += words[i];
        ::munmap(data, window);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    // The sum goes out as well, or the compiler would leave the reading away.
    std::printf("%.6f %llu\n", seconds.count(), static_cast<unsigned long long>(sum));
    return 0;
}
