// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/process.h"
#include "config/settings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::capture {

// One way of making the dump.
struct Method {
    DumpMethod kind = DumpMethod::filter;
    unsigned level = 31; // only with filter
    Compression compression;
    [[nodiscard]] std::string text() const; // "filter at level 31 with zstd", "plain copy"
    friend bool operator==(const Method&, const Method&) = default;
};

// How one try of it ended.
enum class Ending {
    success,
    destination_failed, // exit code 6: the disk is full or broken
    wrong_use,          // exit code 2: the collector doesn't know our command line
    not_started,        // there is no collector that could be executed
    failed,             // any other exit code
    killed,             // by a signal: for memory, or a crash of its own
};
std::string_view to_text(Ending ending);
Ending ending_of(const Result<ExitStatus>& status);

// What to try next on the same target; nullopt: nothing, because it is done or because the destination is to
// blame. A lower level needs less knowledge of the crashed kernel and less memory, a plain copy needs none.
//   filter 31 -> filter 1 -> plain copy; what a lower level cannot cure goes to the plain copy at once.
std::optional<Method> next_method(const Method& tried, Ending ending);
Method first_method(const Settings& settings);

// What makedumpfile-lite tells of the bytes of this dump, beside it.
std::string manifest_of(const std::string& dump);

// makedumpfile-lite's command lines. `summary` is where it writes its JSON, `layout` what was found out about
// the kernel before the panic (empty: nothing).
std::vector<std::string> dump_argv(const std::string& collector, const Method& method,
                                   const std::string& vmcore, const std::string& output,
                                   const std::string& summary, const std::string& layout = {});
// The same to standard output, for a pipe or a raw device.
std::vector<std::string> stream_argv(const std::string& collector, const Method& method, StreamFormat format,
                                     const std::string& vmcore, const std::string& summary,
                                     const std::string& layout = {});
std::vector<std::string> dmesg_argv(const std::string& collector, const std::string& vmcore,
                                    const std::string& output);

} // namespace kdumpkit::capture
