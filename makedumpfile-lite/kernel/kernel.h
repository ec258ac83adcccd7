// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "makedumpfile-lite/kernel/sources.h"
#include "makedumpfile-lite/source/image.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kdumpkit::dump {

// uname(2) of the crashed kernel; fields that are not known are empty.
struct Utsname {
    std::string sysname, nodename, release, version, machine, domainname;
};

// What is known of the crashed kernel, resolved once and immutable after that. Each fact is taken from the
// first of these that has it: VMCOREINFO, a layout file, BTF and kallsyms in the image, a vmlinux.
class Kernel {
  public:
    // Needs VMCOREINFO; without one: `absent`, with the next step.
    // For the log alone, the (slower) resolving of layouts can be left out.
    enum class Depth { log, pages };
    static Result<std::unique_ptr<Kernel>>
    open(const Image& image, const Log& log, Depth depth = Depth::pages, const KernelSources& sources = {});
    ~Kernel();

    // What was found wrong and done without, one sentence each; logged already.
    [[nodiscard]] const std::vector<std::string>& warnings() const;
    [[nodiscard]] const Utsname& utsname() const;
    [[nodiscard]] std::uint64_t page_size() const;  // bytes
    [[nodiscard]] std::uint64_t phys_base() const;  // bytes, as the kdump sub-header wants it
    [[nodiscard]] std::uint64_t crash_time() const; // seconds since 1970, 0 when unknown

    struct Data; // kernel/data.h
    [[nodiscard]] const Data& data() const { return *data_; }

  private:
    explicit Kernel(std::unique_ptr<Data> data);
    std::unique_ptr<Data> data_;
};

// The kernel's log, oldest first, as `dmesg` prints it ("[    1.234567] text\n"), from the printk ring buffer
// (5.10 and later) or log_buf. `emit` gets pieces of text; what it returns ends the walk. A ring that is
// damaged half-way gives what is readable and then an error (`corrupt`). `since_clear`: only what came after
// the last `dmesg --clear` (SYSLOG_ACTION_CLEAR); nothing is left out when there was none.
enum class LogPart { whole, since_clear };
Result<> read_dmesg(const Image& image, const Kernel& kernel, LogPart part,
                    const std::function<Result<>(std::string_view)>& emit);

} // namespace kdumpkit::dump
