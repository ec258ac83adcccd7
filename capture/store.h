// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "capture/chain.h"
#include "capture/collector.h"
#include "capture/summary.h"
#include "config/target.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kdumpkit::capture {

// What one try at the dump came to.
struct TryEnd {
    Attempt attempt;
    std::string reason;       // why the dump is not whole, or empty
    bool source_only = false; // the crashed memory is to blame, no target would get more
    std::string collector_json;
};

// How a run of the collector went; the rest of the attempt is filled in by who asked for it.
Attempt attempt_of(const Result<ExitStatus>& status, const std::string& words);
// One that ended well and left nothing has failed; `bytes`: what it left.
Attempt attempt_with(std::uint64_t bytes, Attempt attempt);
// What the collector's own summary (in the file `summary`, which goes) and the target's deadline make of a
// try; no name when it was no try of the collector's.
TryEnd judge(Capture& capture, Attempt attempt, const std::string& summary = {});
// What was found out of the crashed kernel before the panic; empty: nothing.
std::string layout_path(const Places& places);

// A dump through a pipe or onto a raw device: its name, and the collector's command line.
std::string stream_name(StreamFormat format);
std::vector<std::string> stream_argv(const Capture& capture, const Method& method,
                                     const std::string& summary);

// Where the files of one dump go: a folder of a mounted filesystem, a server, a raw partition. Used by one
// target_capture, in the order of its members. Errors are the destination's.
class Store {
  public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    // Up to a place of its own for files, called `name` or nearly so.
    virtual Result<> open(const std::string& name) = 0;
    // The crashed kernel's log, which lies at `path`; safe when this returns.
    virtual Result<> put_log(const std::string& path) = 0;
    // Another text takes the place of an earlier one.
    virtual Result<> put_summary(const std::string& text) = 0;

    // Before the next try; an earlier one may have left a partial dump.
    virtual void make_way() = 0;
    virtual TryEnd filter(const Method& method) = 0;
    virtual TryEnd copy() = 0;
    // After the last try: what the dump has now, in bytes. 0: nothing is left of it.
    virtual std::uint64_t settle(bool whole) = 0;
    // Makes the whole dump safe and gives it its name.
    virtual Result<> finish() = 0;

    // The name of the folder that the files are in, or would be.
    [[nodiscard]] virtual std::string folder_name() const = 0;
    // What is there for the summary.
    virtual std::vector<SavedFile> files() = 0;
    virtual Result<> put_capture_log() = 0;
    // Never fails: says what goes wrong.
    virtual void close() = 0;
};

std::unique_ptr<Store> make_store(Capture& capture, const Target& target);

} // namespace kdumpkit::capture
