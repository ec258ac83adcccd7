// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/raw_frame.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit {

// A partition with a whole dump: a file below /dev, where raw targets have to be.
class RawPartition {
  public:
    explicit RawPartition(const std::string& folder, const std::string& vmcore = "flattened") {
        RawDump dump;
        dump.complete = true;
        dump.folder = folder;
        std::ofstream out(path, std::ios::binary);
        std::uint64_t at = 4096;
        for (const auto& [name, text] :
             {std::pair<std::string, std::string>{"dmesg.txt", "words"},
              {"summary.json", R"({"complete": true, "panic_line": "Kernel panic - x"})"},
              {"vmcore.flat", vmcore}}) {
            out.seekp(static_cast<std::streamoff>(at)) << text;
            dump.files.push_back({name, at, text.size(), sha256_of(as_bytes(text))});
            at += 8192;
        }
        const auto header = to_bytes(dump);
        out.seekp(0).write(reinterpret_cast<const char*>(header.data()),
                           static_cast<std::streamsize>(header.size()));
        out.close();
        std::filesystem::resize_file(path, std::uintmax_t{1} << 20);
    }
    RawPartition(const RawPartition&) = delete;
    RawPartition& operator=(const RawPartition&) = delete;
    ~RawPartition() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    void overwrite(std::uint64_t at, const std::string& text) const {
        std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
        out.seekp(static_cast<std::streamoff>(at)) << text;
    }

    const std::string path = fmt::format("/dev/shm/kdumpkit-partition-{}", ::getpid());
};

} // namespace kdumpkit
