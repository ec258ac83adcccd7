// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the targets without libFuzzer, so that every build and every compiler does it:
//   fuzz-replay TARGET COUNT FILE|FOLDER...   each seed, each file, and COUNT deterministic mutations of each
//   fuzz-replay TARGET --write-seeds FOLDER   the seeds as files, for libFuzzer
//   fuzz-replay --list
// An input that takes more than some seconds of processor time or a few hundred MiB is a failure like a
// fault; it is left in ./failed-TARGET. One that waits for ever is left to ctest's timeout.
#include "base/file.h"
#include "tests/fuzz/mutation.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

namespace kdumpkit::fuzz {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

// Of processor time, which a busy machine does not stretch much. Far above what any input should need.
constexpr int max_seconds = sanitized ? 60 : 20;
// The fabricated machine of 64 MiB, this program, and 200 MiB for what is tested.
constexpr rlim_t max_memory = rlim_t{512} << 20;

// What a signal handler can reach.
Bytes current;           // NOLINT
char failed_path[256]{}; // NOLINT

void leave_input(int signal) {
    const int fd = ::open(failed_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd >= 0 && ::write(fd, current.data(), current.size()) >= 0) {
        constexpr std::string_view text = "the input is in ";
        (void)!::write(STDERR_FILENO, text.data(), text.size());
        (void)!::write(STDERR_FILENO, failed_path, std::strlen(failed_path));
        (void)!::write(STDERR_FILENO, "\n", 1);
    }
    (void)std::signal(signal, SIG_DFL);
    (void)::raise(signal);
}

// SIGPROF after so many seconds of all threads' processor time; 0 calls it off.
void limit_processor_time(int seconds) {
    struct itimerval timer {};
    timer.it_value.tv_sec = seconds;
    ::setitimer(ITIMER_PROF, &timer, nullptr);
}

// Seconds that it took.
double run(const Target& target, const Input& input) {
    current = input;
    const auto start = std::chrono::steady_clock::now();
    limit_processor_time(max_seconds);
    target.run(input);
    limit_processor_time(0);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void add_files(std::vector<Input>& inputs, const std::string& path) {
    std::vector<std::string> files;
    if (std::filesystem::is_directory(path))
        for (const auto& entry : std::filesystem::directory_iterator(path))
            files.push_back(entry.path().string());
    else if (std::filesystem::exists(path))
        files.push_back(path);
    std::sort(files.begin(), files.end());
    for (const std::string& file : files)
        if (auto bytes = read_file(file))
            inputs.push_back(std::move(*bytes));
}

int replay(const Target& target, std::uint64_t mutations, std::span<const std::string> paths) {
    std::vector<Input> inputs = target.seeds();
    for (const std::string& path : paths)
        add_files(inputs, path);
    fmt::format_to_n(failed_path, sizeof(failed_path) - 1, "failed-{}", target.name);
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPROF})
        (void)std::signal(signal, leave_input);
    if (!sanitized) {
        const struct rlimit limit { max_memory, max_memory };
        ::setrlimit(RLIMIT_AS, &limit);
    }
    double total = 0;
    double slowest = 0;
    const auto account = [&](double seconds) {
        total += seconds;
        slowest = std::max(slowest, seconds);
    };
    for (const Input& input : inputs) {
        account(run(target, input));
        for (std::uint64_t number = 0; number < mutations; ++number)
            account(run(target, mutated(input, number, target.max_size)));
    }
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    fmt::print("{}: {} inputs, {} mutations of each, {:.1f} s (the slowest {:.2f} s), {} MiB\n", target.name,
               inputs.size(), mutations, total, slowest, usage.ru_maxrss / 1024);
    return 0;
}

int write_seeds(const Target& target, const std::string& folder) {
    int number = 0;
    for (const Input& seed : target.seeds())
        if (!write_file_atomically(fmt::format("{}/seed-{}", folder, number++), seed))
            return 1;
    return 0;
}

int main_of(const std::vector<std::string>& arguments) {
    if (arguments.size() == 1 && arguments[0] == "--list") {
        for (const Target* target : targets())
            fmt::print("{} {}\n", target->name, target->max_size);
        return 0;
    }
    for (const Target* target : targets()) {
        if (arguments.size() < 2 || arguments[0] != target->name)
            continue;
        if (arguments[1] == "--write-seeds" && arguments.size() == 3)
            return write_seeds(*target, arguments[2]);
        if (const auto mutations = parse_number(arguments[1]))
            return replay(*target, *mutations, std::span(arguments).subspan(2));
    }
    fmt::print(stderr, "usage: fuzz-replay TARGET COUNT FILE..., TARGET --write-seeds FOLDER, or --list\n");
    return 2;
}

} // namespace

} // namespace kdumpkit::fuzz

int main(int argc, char** argv) {
    return kdumpkit::fuzz::main_of({argv + 1, argv + argc});
}
