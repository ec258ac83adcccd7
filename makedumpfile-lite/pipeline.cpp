// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/pipeline.h"

#include "base/range.h"
#include "makedumpfile-lite/source/file_window.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// One block on its way: free, being filled by the worker that took it, or full until the sink has seen it.
struct Slot {
    PageBlock block;
    PageSource::Work work;
    std::optional<Error> error;
    bool full = false;
};

// Hands out work in the order of the pfns and takes it back in the same order. Block number n always uses
// slot n % slots: a worker waits for its slot, and so can never run further ahead than the ring is long.
class Ring {
  public:
    Ring(PageSource& source, std::size_t slots, std::size_t block_bytes, std::size_t block_pages)
        : source_(&source), block_pages_(block_pages), slots_(slots) {
        for (Slot& slot : slots_) {
            slot.block.data.resize(block_bytes);
            slot.block.pages.reserve(block_pages);
        }
    }

    // For threads that only fill. The next slot to fill, its work set, or with an error; null when there is
    // nothing left to do.
    Slot* take() {
        std::unique_lock lock(mutex_);
        // Another worker may take the block that this one waited for: look again each time.
        freed_.wait(lock, [&] { return stopped_ || exhausted_ || has_free(); });
        return stopped_ || exhausted_ ? nullptr : take_next();
    }

    // For the thread that has the sink: the next block in order when it is full, otherwise one to fill;
    // waits only when there is neither, and gives null at the end.
    Slot* take_or_deliver() {
        std::unique_lock lock(mutex_);
        Slot& next = slots_[returned_ % slots_.size()];
        filled_.wait(lock, [&] { return next.full || (exhausted_ ? returned_ == taken_ : has_free()); });
        if (next.full)
            return &next;
        Slot* const slot = exhausted_ ? nullptr : take_next();
        // The end may have shown only now, with blocks still being filled.
        if (slot == nullptr)
            filled_.wait(lock, [&] { return next.full || returned_ == taken_; });
        return slot == nullptr && next.full ? &next : slot;
    }

    void put_full(Slot& slot) {
        {
            const std::lock_guard lock(mutex_);
            slot.full = true;
            exhausted_ = exhausted_ || slot.error.has_value(); // nothing behind a failed block is wanted
        }
        filled_.notify_one();
    }

    void put_free(Slot& slot) {
        {
            const std::lock_guard lock(mutex_);
            slot.full = false;
            ++returned_;
        }
        freed_.notify_one();
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
        }
        freed_.notify_all();
    }

  private:
    [[nodiscard]] bool has_free() const { return taken_ < returned_ + slots_.size(); }

    // With the lock held. Null when the source is at its end.
    Slot* take_next() {
        Slot& slot = slots_[taken_ % slots_.size()];
        auto more = source_->next(slot.work, block_pages_);
        if (!more)
            slot.error = more.error();
        if (!more || !*more) {
            exhausted_ = true;
            freed_.notify_all();
            filled_.notify_one();
        }
        if (more && !*more)
            return nullptr;
        ++taken_;
        return &slot;
    }

    std::mutex mutex_;
    std::condition_variable freed_;  // workers wait here
    std::condition_variable filled_; // the thread with the sink waits here
    PageSource* source_;
    std::size_t block_pages_;
    std::vector<Slot> slots_;
    std::uint64_t taken_ = 0;    // blocks handed out
    std::uint64_t returned_ = 0; // blocks that the sink has seen
    bool exhausted_ = false;
    bool stopped_ = false;
};

Result<> fill(Slot& slot, PageSource::Reader& reader, PagePacker& packer) {
    slot.block.pfns = slot.work.pfns;
    slot.block.clear();
    if (slot.error)
        return {};
    auto read = reader.read(slot.work, [&](Bytes page) { packer.add(slot.block, page); });
    KDK_TRY(packer.end(slot.block)); // what came before a failure is good
    return read;
}

// One block for each worker, and as many again that wait for their turn. Alone, the calling thread needs one.
std::size_t slot_count(unsigned workers) {
    return workers <= 1 ? 1 : 2 * std::size_t{workers};
}

struct Worker {
    std::unique_ptr<PageSource::Reader> reader;
    std::unique_ptr<PagePacker> packer;

    void fill(Slot& slot, Ring& ring) {
        if (auto done = dump::fill(slot, *reader, *packer); !done)
            slot.error = std::move(done).error();
        ring.put_full(slot);
    }
};

void count(const PageBlock& block, PipelineCounts& counts) {
    for (const PageBlock::Page& page : block.pages) {
        counts.zero_pages += page.size == 0 ? 1 : 0;
        counts.raw_pages += page.size != 0 && page.flags == 0 ? 1 : 0;
    }
    counts.pages += block.pages.size();
    counts.stored_bytes += block.used;
}

} // namespace

Result<std::uint64_t> pipeline_memory(const PipelineSettings& settings) {
    KDK_ASSIGN(const auto packer, PagePacker::create(settings));
    PageBlock block;
    block.data.resize(packer->block_bytes());
    std::vector<std::byte> page(settings.page_size);
    page[0] = std::byte{1}; // a zero page is not compressed
    block.clear();
    for (std::size_t i = 0; i < settings.pages_per_block(); ++i)
        packer->add(block, page);
    KDK_TRY(packer->end(block));
    const std::size_t reader = FileWindow::most_bytes(settings.pages_per_block() * settings.page_size);
    return slot_count(settings.workers) * packer->block_bytes() +
           settings.workers * (packer->memory_bytes() + reader);
}

Result<PipelineCounts> run_pipeline(PageSource& source, const PipelineSettings& settings,
                                    const std::function<Result<>(const PageBlock&)>& sink) {
    std::vector<Worker> workers(std::max(settings.workers, 1U));
    for (Worker& worker : workers) {
        worker.reader = source.reader();
        KDK_ASSIGN(worker.packer, PagePacker::create(settings));
    }
    Ring ring(source, slot_count(settings.workers), workers.front().packer->block_bytes(),
              settings.pages_per_block());

    // Joined when this function ends, however it ends; stop() first, or a waiting worker would never return.
    std::vector<std::jthread> threads;
    struct Stop {
        Ring* ring;
        ~Stop() { ring->stop(); }
    };
    const Stop stop_at_end{&ring};
    try {
        for (std::size_t i = 1; i < workers.size(); ++i)
            threads.emplace_back([&ring, &worker = workers[i]] {
                while (Slot* slot = ring.take())
                    worker.fill(*slot, ring);
            });
    } catch (const std::system_error&) {
        // Fewer workers than asked for give the same dump.
    }

    PipelineCounts counts;
    while (Slot* slot = ring.take_or_deliver()) {
        if (!slot->full) {
            workers.front().fill(*slot, ring);
            continue;
        }
        KDK_TRY(sink(slot->block));
        count(slot->block, counts);
        if (slot->error)
            return fail(std::move(*slot->error));
        ring.put_free(*slot);
    }
    return counts;
}

Result<PipelineCounts> run_pipeline(const Image& image, const PageSet& kept, const PipelineSettings& settings,
                                    const std::function<Result<>(const PageBlock&)>& sink) {
    ImagePages pages(image, kept, settings.page_size, {0, kept.limit()});
    return run_pipeline(pages, settings, sink);
}

} // namespace kdumpkit::dump
