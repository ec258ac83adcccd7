// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/salvage.h"

#include "base/progress.h"
#include "makedumpfile-lite/filter.h"
#include "makedumpfile-lite/interrupt.h"
#include "makedumpfile-lite/page_test.h"
#include "makedumpfile-lite/source/wrapped_image.h"

#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::dump {

namespace {

class SalvagedImage final : public WrappedImage {
  public:
    SalvagedImage(std::unique_ptr<Image> image, PageSet readable)
        : WrappedImage(*image), owned_(std::move(image)), readable_(std::move(readable)) {}

    [[nodiscard]] bool truncated() const override { return true; }
    [[nodiscard]] const PageSet* present() const override { return &readable_; }

  private:
    std::unique_ptr<Image> owned_;
    PageSet readable_;
};

} // namespace

Result<std::unique_ptr<Image>> open_salvaged(const Options& options, const Log& log) {
    KDK_ASSIGN(std::unique_ptr<Image> image, open_image(options.source));
    const std::uint64_t page_size = page_size_of(*image);
    const std::uint64_t promised = promised_pages(*image).count();
    Faults faults;
    Progress progress((options.messages & Messages::progress) != 0 ? STDERR_FILENO : -1, "read",
                      promised * page_size, std::chrono::seconds(5));
    KDK_ASSIGN(PageSet readable, read_every_page(*image, faults, [&](std::uint64_t pages) {
                   progress.update(pages * page_size);
                   return stop_if_interrupted(options.output);
               }));
    progress.finish();
    if (readable.count() == 0)
        return fail(make_error(ErrorKind::corrupt, "salvage", options.source, "none of its pages can be read")
                        .then("copy the dump again from where it was made")
                        .from(ErrorSide::source));
    for (const std::string& line : faults.lines())
        log.warning("lost: {}", line);
    log.info("{} of {} pages can be read, {} are lost", readable.count(), promised, faults.pages());
    return std::make_unique<SalvagedImage>(std::move(image), std::move(readable));
}

} // namespace kdumpkit::dump
