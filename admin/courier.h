// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "config/dumps.h"
#include "config/target.h"

#include <memory>
#include <string>

namespace kdumpkit::admin {

// Brings files of local dumps to one server. What is there under a file's own name is whole.
class Courier {
  public:
    Courier() = default;
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;
    virtual ~Courier() = default;
    // Goes on with what an earlier try left there. Errors of a server carry ErrorSide::destination.
    virtual Result<> bring(const Dump& dump, const Dump::File& file) = 0;
};

// `sender`: kdump-send, for servers that are not mounted. An NFS export is mounted, seen by this process
// alone, until the courier goes.
Result<std::unique_ptr<Courier>> find_courier(const Target& target, const std::string& sender,
                                              const Log& log);

// A file of a dump: a path, and where in it the file lies.
struct PlacedFile {
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};
PlacedFile placed(const Dump& dump, const Dump::File& file);

} // namespace kdumpkit::admin
