// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/pipeline.h"

#include "base/range.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
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
    std::vector<Range> pfns; // what to read, runs of neighbours
    std::optional<Error> error;
    bool full = false;
};

// Hands out work in the order of the pfns and takes it back in the same order. Block number n always uses
// slot n % slots: a worker waits for its slot, and so can never run further ahead than the ring is long.
class Ring {
  public:
    Ring(const PageSet& kept, std::size_t slots, std::size_t block_bytes) : kept_(&kept), slots_(slots) {
        for (Slot& slot : slots_) {
            slot.block.data.resize(block_bytes);
            slot.block.pages.reserve(PipelineSettings::pages_per_block);
        }
    }

    // The next slot to fill, its pfns set; null when there is nothing left to do.
    Slot* take() {
        std::unique_lock lock(mutex_);
        Slot* slot = nullptr;
        // Another worker may take the block that this one waited for: look again each time.
        freed_.wait(lock, [&] {
            slot = &slots_[taken_ % slots_.size()];
            return stopped_ || exhausted_ || taken_ < returned_ + slots_.size();
        });
        if (stopped_ || exhausted_)
            return nullptr;
        slot->pfns.clear();
        std::size_t room = PipelineSettings::pages_per_block;
        std::optional<std::uint64_t> pfn;
        while (room > 0 && (pfn = kept_->next(cursor_))) {
            if (!slot->pfns.empty() && slot->pfns.back().end == *pfn)
                ++slot->pfns.back().end;
            else
                slot->pfns.push_back({*pfn, *pfn + 1});
            cursor_ = *pfn + 1;
            --room;
        }
        if (slot->pfns.empty()) {
            exhausted_ = true;
            freed_.notify_all();
            filled_.notify_one();
            return nullptr;
        }
        ++taken_;
        return slot;
    }

    void put_full(Slot& slot) {
        {
            const std::lock_guard lock(mutex_);
            slot.full = true;
            exhausted_ = exhausted_ || slot.error.has_value(); // nothing behind a failed block is wanted
        }
        filled_.notify_one();
    }

    // The next full slot in order; null at the end.
    Slot* next_full() {
        std::unique_lock lock(mutex_);
        Slot& slot = slots_[returned_ % slots_.size()];
        filled_.wait(lock, [&] { return slot.full || (exhausted_ && returned_ == taken_); });
        return slot.full ? &slot : nullptr;
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
    std::mutex mutex_;
    std::condition_variable freed_;  // workers wait here
    std::condition_variable filled_; // the sink waits here
    const PageSet* kept_;
    std::vector<Slot> slots_;
    std::uint64_t cursor_ = 0;   // the pfn where the next block starts
    std::uint64_t taken_ = 0;    // blocks handed out
    std::uint64_t returned_ = 0; // blocks that the sink has seen
    bool exhausted_ = false;
    bool stopped_ = false;
};

// Reads and compresses one page after the other into a block. `room`: bytes that compress() may need beyond
// the block.
void fill(PageBlock& block, Bytes page, Codec& codec, bool share_zero_pages) {
    if (share_zero_pages && is_zero_page(page)) {
        block.pages.push_back({0, 0});
        return;
    }
    std::byte* out = block.data.data() + block.used;
    std::size_t size = codec.compress(page, out);
    const bool raw = size == 0;
    if (raw) {
        std::memcpy(out, page.data(), page.size());
        size = page.size();
    }
    block.pages.push_back({static_cast<std::uint32_t>(size), raw ? 0 : codec.flag()});
    block.used += size;
}

Result<> fill(Slot& slot, MemoryReader& reader, Codec& codec, const PipelineSettings& settings) {
    slot.block.pages.clear();
    slot.block.used = 0;
    const std::size_t most = MemoryReader::max_view / settings.page_size;
    for (const Range& run : slot.pfns) {
        for (std::uint64_t pfn = run.begin; pfn < run.end;) {
            const std::uint64_t count = std::min<std::uint64_t>(run.end - pfn, most);
            KDK_ASSIGN(Bytes view, reader.view(pfn * settings.page_size, count * settings.page_size));
            for (; !view.empty(); view = view.subspan(settings.page_size))
                fill(slot.block, view.first(settings.page_size), codec, settings.share_zero_pages);
            pfn += count;
        }
    }
    return {};
}

std::size_t slot_count(unsigned workers) {
    return 2 * std::size_t{workers} + 2;
}

std::size_t block_bytes(const PipelineSettings& settings, const Codec& codec) {
    // Every page before the last one took at most its own size, and the last one may need more while it is
    // compressed.
    return PipelineSettings::pages_per_block * settings.page_size + codec.bound();
}

} // namespace

bool is_zero_page(Bytes page) {
    // Most pages show something in their first bytes; the rest is a comparison with itself, one word further.
    std::uint64_t first = 0;
    std::memcpy(&first, page.data(), sizeof(first));
    return first == 0 && std::memcmp(page.data(), page.data() + 8, page.size() - 8) == 0;
}

Result<std::uint64_t> pipeline_memory(const PipelineSettings& settings) {
    KDK_ASSIGN(const auto codec, Codec::create(settings.compression, settings.page_size));
    std::vector<std::byte> out(codec->bound());
    const std::vector<std::byte> page(settings.page_size);
    (void)codec->compress(page, out.data()); // zstd makes its tables at first use
    return slot_count(settings.workers) * block_bytes(settings, *codec) +
           settings.workers * codec->memory_bytes();
}

Result<PipelineCounts> run_pipeline(const Image& image, const PageSet& kept, const PipelineSettings& settings,
                                    const std::function<Result<>(const PageBlock&)>& sink) {
    struct Worker {
        std::unique_ptr<MemoryReader> reader;
        std::unique_ptr<Codec> codec;
    };
    std::vector<Worker> workers(std::max(settings.workers, 1U));
    for (Worker& worker : workers) {
        worker.reader = image.reader();
        KDK_ASSIGN(worker.codec, Codec::create(settings.compression, settings.page_size));
    }
    Ring ring(kept, slot_count(settings.workers), block_bytes(settings, *workers.front().codec));

    // Joined when this function ends, however it ends; stop() first, or a waiting worker would never return.
    std::vector<std::jthread> threads;
    struct Stop {
        Ring* ring;
        ~Stop() { ring->stop(); }
    };
    const Stop stop_at_end{&ring};
    try {
        for (Worker& worker : workers)
            threads.emplace_back([&ring, &settings, &worker] {
                while (Slot* slot = ring.take()) {
                    if (auto done = fill(*slot, *worker.reader, *worker.codec, settings); !done)
                        slot->error = std::move(done).error();
                    ring.put_full(*slot);
                }
            });
    } catch (const std::system_error& problem) {
        if (threads.empty())
            return fail(ErrorKind::system, "start", "a worker", problem.what());
        // Fewer workers than asked for give the same dump.
    }

    PipelineCounts counts;
    while (Slot* slot = ring.next_full()) {
        KDK_TRY(sink(slot->block));
        for (const PageBlock::Page& page : slot->block.pages) {
            counts.zero_pages += page.size == 0 ? 1 : 0;
            counts.raw_pages += page.size != 0 && page.flags == 0 ? 1 : 0;
        }
        counts.pages += slot->block.pages.size();
        counts.stored_bytes += slot->block.used;
        if (slot->error)
            return fail(std::move(*slot->error));
        ring.put_free(*slot);
    }
    return counts;
}

} // namespace kdumpkit::dump
