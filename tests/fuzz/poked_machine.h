// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/fuzz/feed.h"
#include "tests/unit/makedumpfile-lite/kernel/machine.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kdumpkit::fuzz {

// A fabricated machine that lies: an input is a list of changes to its memory, its VMCOREINFO and to what of
// it the image holds. The machine is as it was when this goes away, so that one serves millions of inputs.
class PokedMachine final : public dump::Image {
  public:
    using Machine = dump::test::Machine;
    enum Poke : std::uint8_t {
        word,   // u32 address, u64 value
        field,  // u16 pfn, u8 which 8 bytes of its struct page, u64 value
        fill,   // u32 address, u64 first value, u64 step, u16 count, u16 stride in bytes
        value,  // u8 line of VMCOREINFO, text: what stands behind its "="
        forget, // u8 line of VMCOREINFO
        append, // text: a line for VMCOREINFO
        lose,   // u16 first page, u16 count: not in the image
        kinds,
    };

    PokedMachine(Machine& machine, Feed& feed) : machine_(machine), memory_(machine.memory()) {
        info_ = machine.info;
        while (!feed.done())
            poke(feed);
    }
    PokedMachine(const PokedMachine&) = delete;
    PokedMachine& operator=(const PokedMachine&) = delete;
    ~PokedMachine() override {
        for (auto change = undo_.rbegin(); change != undo_.rend(); ++change)
            machine_.u64(change->first, change->second);
    }

    [[nodiscard]] const std::string& name() const override { return machine_.name(); }
    [[nodiscard]] const RangeSet& memory() const override { return memory_; }
    [[nodiscard]] bool truncated() const override { return false; }
    [[nodiscard]] Bytes notes() const override { return {}; }
    [[nodiscard]] const std::string& vmcoreinfo() const override { return info_; }
    [[nodiscard]] std::uint16_t elf_machine() const override { return machine_.elf_machine(); }
    [[nodiscard]] std::unique_ptr<dump::MemoryReader> reader() const override {
        return std::make_unique<Reader>(*this);
    }

  private:
    class Reader final : public dump::MemoryReader {
      public:
        explicit Reader(const PokedMachine& machine) : machine_(machine), inner_(machine.machine_.reader()) {}
        Result<Bytes> view(std::uint64_t paddr, std::size_t size) override {
            const auto end = checked_add(paddr, size);
            if (!end || !machine_.memory_.contains(Range{paddr, *end}))
                return fail(make_error(ErrorKind::absent, "read", "the machine", "a hole"));
            return inner_->view(paddr, size);
        }

      private:
        const PokedMachine& machine_;
        std::unique_ptr<MemoryReader> inner_;
    };

    void set(std::uint64_t paddr, std::uint64_t number) {
        paddr %= Machine::ram - 8;
        undo_.emplace_back(paddr, ByteReader(*machine_.reader()->view(paddr, 8)).u64(0).value_or(0));
        machine_.u64(paddr, number);
    }
    // The start and the end (with its newline) of a line.
    [[nodiscard]] std::pair<std::size_t, std::size_t> line(std::uint8_t number) const {
        std::size_t begin = 0;
        for (; number != 0 && begin < info_.size(); --number)
            begin = std::min(info_.find('\n', begin), info_.size() - 1) + 1;
        return {begin, std::min(info_.find('\n', begin), info_.size() - 1) + 1};
    }
    void poke(Feed& feed) {
        switch (feed.number<std::uint8_t>() % kinds) {
        case word: {
            const auto at = feed.number<std::uint32_t>();
            set(at, feed.number<std::uint64_t>());
            break;
        }
        case field: {
            const std::uint64_t pfn = feed.number<std::uint16_t>() % Machine::pfns;
            const std::uint64_t which = feed.number<std::uint8_t>() % 8;
            set(Machine::page_paddr(pfn) + which * 8, feed.number<std::uint64_t>());
            break;
        }
        case fill: {
            const std::uint64_t at = feed.number<std::uint32_t>();
            auto number = feed.number<std::uint64_t>();
            const auto step = feed.number<std::uint64_t>();
            const auto count = feed.number<std::uint16_t>();
            const auto stride = feed.number<std::uint16_t>();
            for (std::uint64_t i = 0; i < count && undo_.size() < max_changes; ++i, number += step)
                set(at + i * stride, number);
            break;
        }
        case value: {
            auto [begin, end] = line(feed.number<std::uint8_t>());
            const auto equals = info_.find('=', begin);
            const std::string text = feed.text();
            if (equals < end)
                info_.replace(equals + 1, end - equals - 2, text);
            break;
        }
        case forget: {
            const auto [begin, end] = line(feed.number<std::uint8_t>());
            if (begin < end)
                info_.erase(begin, end - begin);
            break;
        }
        case append:
            info_ += feed.text() + "\n";
            break;
        case lose: {
            const std::uint64_t first = feed.number<std::uint16_t>();
            const std::uint64_t count = feed.number<std::uint16_t>();
            memory_.subtract({first * 4096, (first + count) * 4096});
            break;
        }
        default:
            break;
        }
    }

    static constexpr std::size_t max_changes = 1 << 18;
    Machine& machine_;
    RangeSet memory_;
    std::string info_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> undo_; // address, what was there
};

// Writes the changes down, for seeds.
class Pokes : public FeedWriter {
  public:
    using Machine = dump::test::Machine;
    explicit Pokes(std::uint8_t first_byte) { number(first_byte); }
    Pokes& word(std::uint64_t paddr, std::uint64_t value) {
        number(std::uint8_t{PokedMachine::word}).number(static_cast<std::uint32_t>(paddr)).number(value);
        return *this;
    }
    Pokes& field(std::uint64_t pfn, unsigned which, std::uint64_t value) {
        number(std::uint8_t{PokedMachine::field}).number(static_cast<std::uint16_t>(pfn));
        number(static_cast<std::uint8_t>(which)).number(value);
        return *this;
    }
    Pokes& fill(std::uint64_t paddr, std::uint64_t first, std::uint64_t step, unsigned count,
                unsigned stride = 8) {
        number(std::uint8_t{PokedMachine::fill}).number(static_cast<std::uint32_t>(paddr)).number(first);
        number(step).number(static_cast<std::uint16_t>(count)).number(static_cast<std::uint16_t>(stride));
        return *this;
    }
    Pokes& append(std::string_view line) {
        number(std::uint8_t{PokedMachine::append}).text(line);
        return *this;
    }
    Pokes& value(unsigned line, std::string_view what) {
        number(std::uint8_t{PokedMachine::value}).number(static_cast<std::uint8_t>(line)).text(what);
        return *this;
    }
    Pokes& forget(unsigned line) {
        number(std::uint8_t{PokedMachine::forget}).number(static_cast<std::uint8_t>(line));
        return *this;
    }
    Pokes& lose(std::uint64_t pfn, std::uint64_t count) {
        number(std::uint8_t{PokedMachine::lose}).number(static_cast<std::uint16_t>(pfn));
        number(static_cast<std::uint16_t>(count));
        return *this;
    }
};

} // namespace kdumpkit::fuzz
