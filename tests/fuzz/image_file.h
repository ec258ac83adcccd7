// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/file.h"
#include "makedumpfile-lite/source/image.h"
#include "tests/fuzz/target.h"

#include <memory>
#include <string>

namespace kdumpkit::fuzz {

// An input as a file without a name on any disk.
class ImageFile {
  public:
    explicit ImageFile(Bytes input);
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

  private:
    Fd fd_;
};

// Does with an opened image what the program would: reads its memory (a bounded part of it), filters, reads
// the log.
void use_image(const Result<std::unique_ptr<dump::Image>>& image);

} // namespace kdumpkit::fuzz
