// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/kernel.h"
#include "makedumpfile-lite/kernel/virtual_memory.h"

#include <optional>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// The lockless ring buffer of Linux 5.10 (kernel: kernel/printk/printk_ringbuffer.h): descriptors by
// sequence, each with a state and the position of its text in a second ring. All offsets come from
// VMCOREINFO.
struct Ring {
    std::uint64_t descriptors = 0, descriptor_size = 0, state = 0, begin = 0, next = 0;
    std::uint64_t infos = 0, info_size = 0, info_sequence = 0, info_time = 0, info_length = 0;
    std::uint64_t count = 0; // descriptors, a power of two
    std::uint64_t head = 0, tail = 0;
    std::uint64_t text = 0, text_size = 0; // bytes, a power of two
};

constexpr int state_shift = 62;
constexpr std::uint64_t id_mask = (std::uint64_t{1} << state_shift) - 1;
constexpr std::uint64_t state_committed = 1;
constexpr std::uint64_t state_finalized = 2;
constexpr std::uint64_t no_text = 3; // NO_LPOS: a record that is an empty line
constexpr std::uint64_t max_count_bits = 24;
constexpr std::uint64_t max_size_bits = 31;

Error unreadable(ErrorKind kind, std::string reason) {
    return make_error(kind, "read", "the kernel's log", std::move(reason)).from(ErrorSide::source);
}

// Sums of VMCOREINFO offsets; the first absent key is remembered.
class Keys {
  public:
    explicit Keys(const VmcoreInfo& info) : info_(info) {}
    std::uint64_t offset(std::string_view name) { return need(info_.offset(name), "OFFSET", name); }
    std::uint64_t size(std::string_view name) { return need(info_.size(name), "SIZE", name); }
    [[nodiscard]] const std::string& missing() const { return missing_; }

  private:
    std::uint64_t need(std::optional<std::uint64_t> value, std::string_view kind, std::string_view name) {
        constexpr std::uint64_t sane = 65536;
        if ((!value || *value > sane) && missing_.empty())
            missing_ = fmt::format("{}({})", kind, name);
        return value.value_or(0);
    }
    const VmcoreInfo& info_;
    std::string missing_;
};

// `limit`: bytes of memory that the image holds; the ring lies inside them.
Result<Ring> find_ring(VirtualMemory& memory, const VmcoreInfo& info, std::uint64_t limit) {
    const auto symbol = info.symbol("prb");
    if (!symbol)
        return fail(unreadable(ErrorKind::unsupported,
                               "VMCOREINFO names no printk ring buffer (Linux 5.10 and later have one)"));
    Keys keys(info);
    const std::uint64_t desc_ring = keys.offset("printk_ringbuffer.desc_ring");
    const std::uint64_t text_ring = keys.offset("printk_ringbuffer.text_data_ring");
    const std::uint64_t counter = keys.offset("atomic_long_t.counter");
    const std::uint64_t count_bits = keys.offset("prb_desc_ring.count_bits");
    const std::uint64_t descs = keys.offset("prb_desc_ring.descs");
    const std::uint64_t infos = keys.offset("prb_desc_ring.infos");
    const std::uint64_t head = keys.offset("prb_desc_ring.head_id");
    const std::uint64_t tail = keys.offset("prb_desc_ring.tail_id");
    const std::uint64_t size_bits = keys.offset("prb_data_ring.size_bits");
    const std::uint64_t text = keys.offset("prb_data_ring.data");
    const std::uint64_t position = keys.offset("prb_desc.text_blk_lpos");
    Ring ring;
    ring.descriptor_size = keys.size("prb_desc");
    ring.state = keys.offset("prb_desc.state_var") + counter;
    ring.begin = position + keys.offset("prb_data_blk_lpos.begin");
    ring.next = position + keys.offset("prb_data_blk_lpos.next");
    ring.info_size = keys.size("printk_info");
    ring.info_sequence = keys.offset("printk_info.seq");
    ring.info_time = keys.offset("printk_info.ts_nsec");
    ring.info_length = keys.offset("printk_info.text_len");
    if (!keys.missing().empty())
        return fail(unreadable(ErrorKind::absent, fmt::format("VMCOREINFO lacks {}", keys.missing())));

    KDK_ASSIGN(const std::uint64_t rb, memory.u64(*symbol));
    KDK_ASSIGN(const std::uint32_t count, memory.u32(rb + desc_ring + count_bits));
    KDK_ASSIGN(const std::uint32_t size, memory.u32(rb + text_ring + size_bits));
    if (count > max_count_bits || size > max_size_bits || size < 3)
        return fail(unreadable(ErrorKind::corrupt,
                               fmt::format("a ring of 2^{} records and 2^{} bytes", count, size)));
    ring.count = std::uint64_t{1} << count;
    ring.text_size = std::uint64_t{1} << size;
    // Also the bound on what a hostile ring can cost: page tables may show the same memory again and again.
    if (ring.count * ring.descriptor_size > limit || ring.text_size > limit)
        return fail(unreadable(ErrorKind::corrupt,
                               fmt::format("a ring of 2^{} records and 2^{} bytes, in an image of {} bytes",
                                           count, size, limit)));
    KDK_ASSIGN(ring.descriptors, memory.u64(rb + desc_ring + descs));
    KDK_ASSIGN(ring.infos, memory.u64(rb + desc_ring + infos));
    KDK_ASSIGN(ring.head, memory.u64(rb + desc_ring + head + counter));
    KDK_ASSIGN(ring.tail, memory.u64(rb + desc_ring + tail + counter));
    KDK_ASSIGN(ring.text, memory.u64(rb + text_ring + text));
    ring.head &= id_mask;
    ring.tail &= id_mask;
    return ring;
}

// "[    1.234567] text\n"; further lines of one record are indented under the first, other control bytes are
// escaped.
std::string record_text(std::uint64_t nanoseconds, std::string_view text) {
    constexpr std::uint64_t second = 1000000000;
    std::string out = fmt::format("[{:5d}.{:06d}] ", nanoseconds / second, nanoseconds % second / 1000);
    const std::size_t indent = out.size();
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n')
            out.append(1, '\n').append(indent, ' ');
        else if ((byte >= ' ' && byte < 0x7f) || c == '\t')
            out += c;
        else
            out += fmt::format("\\x{:02x}", byte);
    }
    out += '\n';
    return out;
}

// The text block [begin, next) of a record, after the 8-byte id in front of it, into `out`. False: the block
// was overwritten.
Result<bool> block_text(VirtualMemory& memory, const Ring& ring, std::uint64_t id, std::uint64_t begin,
                        std::uint64_t next, std::uint64_t length, std::string& out) {
    const std::uint64_t mask = ring.text_size - 1;
    constexpr std::uint64_t id_size = 8;
    std::uint64_t start = begin & mask;
    std::uint64_t stop = next & mask;
    if (stop == 0)
        stop = ring.text_size;
    if (start >= stop)
        start = 0; // a block never wraps: this one was put at the start of the ring
    if (stop - start < id_size)
        return false;
    KDK_ASSIGN(const std::uint64_t owner, memory.u64(ring.text + start));
    if ((owner & id_mask) != id)
        return false;
    const std::uint64_t size = std::min(length, stop - start - id_size);
    out.clear();
    if (size == 0)
        return true;
    KDK_ASSIGN(const Bytes bytes,
               memory.view(ring.text + start + id_size,
                           static_cast<std::size_t>(std::min<std::uint64_t>(size, 65535))));
    out = as_text(bytes);
    return true;
}

// The number of the first record after the last `dmesg --clear`. A plain number up to 5.12; then a latch with
// two copies, of which the last bit of its sequence count names the one to read (struct latched_seq,
// Linux 5.13).
Result<std::uint64_t> first_after_clear(VirtualMemory& memory, const VmcoreInfo& info) {
    const auto symbol = info.symbol("clear_seq");
    if (!symbol)
        return fail(
            unreadable(ErrorKind::absent, "VMCOREINFO does not tell when it was last cleared (clear_seq)"));
    const auto copies = info.offset("latched_seq.val");
    if (!copies)
        return memory.u64(*symbol);
    KDK_ASSIGN(const std::uint32_t sequence, memory.u32(*symbol));
    return memory.u64(*symbol + *copies + (sequence & 1) * sizeof(std::uint64_t));
}

} // namespace

Result<> read_dmesg(const Image& image, const Kernel& kernel, LogPart part,
                    const std::function<Result<>(std::string_view)>& emit) {
    VirtualMemory memory(image, kernel.data().table);
    KDK_ASSIGN(const Ring ring, find_ring(memory, kernel.data().info, image.memory().total()));
    const std::uint64_t span = (ring.head - ring.tail) & id_mask;
    if (span >= ring.count)
        return fail(unreadable(ErrorKind::corrupt,
                               "its oldest and newest record are further apart than it has room for"));
    std::uint64_t first = 0;
    if (part == LogPart::since_clear) {
        KDK_ASSIGN(first, first_after_clear(memory, kernel.data().info));
    }
    std::uint64_t lost = 0;
    std::uint64_t given = 0; // bytes of text
    std::string text;
    std::string first_reason;
    const auto note_loss = [&](const Error& error) {
        if (lost++ == 0 || first_reason.empty())
            first_reason = error.message();
    };
    for (std::uint64_t i = 0; i <= span; ++i) {
        const std::uint64_t id = (ring.tail + i) & id_mask;
        const std::uint64_t slot = id & (ring.count - 1);
        std::uint64_t begin = 0;
        std::uint64_t next = 0;
        {
            const auto bytes =
                memory.view(ring.descriptors + slot * ring.descriptor_size, ring.descriptor_size);
            if (!bytes) {
                note_loss(bytes.error());
                continue;
            }
            const ByteReader descriptor(*bytes);
            const std::uint64_t state = descriptor.u64(ring.state).value_or(0);
            // Reserved: being written when the kernel died; reusable: its text is gone. Neither is damage.
            const std::uint64_t phase = state >> state_shift;
            if ((state & id_mask) != id || (phase != state_committed && phase != state_finalized))
                continue;
            begin = descriptor.u64(ring.begin).value_or(1);
            next = descriptor.u64(ring.next).value_or(1);
        }
        std::uint64_t time = 0;
        std::uint64_t length = 0;
        {
            const auto bytes = memory.view(ring.infos + slot * ring.info_size, ring.info_size);
            if (!bytes) {
                note_loss(bytes.error());
                continue;
            }
            const ByteReader info(*bytes);
            if (info.u64(ring.info_sequence).value_or(0) < first)
                continue;
            time = info.u64(ring.info_time).value_or(0);
            length = info.u16(ring.info_length).value_or(0);
        }
        text.clear();
        if ((begin & 1) != 0) {
            if (begin != no_text)
                continue; // there was no room for its text
        } else {
            const auto whole = block_text(memory, ring, id, begin, next, length, text);
            if (!whole || !*whole) {
                if (whole)
                    ++lost;
                else
                    note_loss(whole.error());
                continue;
            }
        }
        given += text.size();
        if (given > ring.text_size)
            return fail(unreadable(ErrorKind::corrupt, "its records hold more text than it has room for"));
        KDK_TRY(emit(record_text(time, text)));
    }
    if (lost != 0)
        return fail(
            unreadable(ErrorKind::corrupt, fmt::format("{} of {} records cannot be read{}{}", lost, span + 1,
                                                       first_reason.empty() ? "" : ": ", first_reason)));
    return {};
}

} // namespace kdumpkit::dump
