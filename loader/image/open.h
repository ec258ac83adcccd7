// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "loader/image/image.h"
#include "loader/image/kernel.h"
#include "loader/image/unified.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kdumpkit::loader {

// A kernel file with its wrappings taken off: outer compression, EFI zboot, a unified image. The spans point
// into the file's bytes, which must outlive this, or into `storage`.
struct OpenedImage {
    Kernel kernel;
    Bytes kernel_file;                   // the bzImage or ELF file itself, as kexec_file_load wants it
    std::vector<std::string> wrappings;  // outermost first: "zstd", "unified kernel image"; empty: none
    std::optional<UnifiedImage> unified; // the initrd and the command line that came with it
    std::vector<std::shared_ptr<const std::vector<std::byte>>> storage;

    // "bzImage 6.1.0-56-cloud-amd64 in a unified kernel image in zstd"; for people.
    [[nodiscard]] std::string text() const;
};

// What is inside the wrappings, which is not necessarily a kernel.
struct UnwrappedImage {
    Bytes innermost;
    ImageFormat format = ImageFormat::unknown;
    std::vector<std::string> wrappings;
    std::optional<UnifiedImage> unified;
    std::vector<std::shared_ptr<const std::vector<std::byte>>> storage;

    // "a tar archive in gzip", "a script", "a kernel module or object file (ELF)".
    [[nodiscard]] std::string description() const;
};
// At most four wrappings, each of a bounded size; more are `unsupported`. Other errors are those of the
// wrapping.
Result<UnwrappedImage> unwrap_image(Bytes file, const std::string& name);

// Pure. `name` is for messages. A file that holds no x86_64 kernel is `invalid` and named for what it is;
// truncated and contradictory ones are `corrupt`.
Result<OpenedImage> open_image(Bytes file, const std::string& name);

} // namespace kdumpkit::loader
