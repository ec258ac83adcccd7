// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shrink.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/progress.h"

#include <fcntl.h>
#include <fmt/format.h>

namespace kdumpkit::admin {
namespace {

// Documentation/ABI/testing/sysfs-kernel-kexec-kdump; the first one since Linux 6.19.
std::string size_path() {
    return file_exists("/sys/kernel/kexec/crash_size") ? "/sys/kernel/kexec/crash_size"
                                                       : "/sys/kernel/kexec_crash_size";
}

} // namespace

Result<> check_shrink(const loader::Machine& machine, std::uint64_t wanted) {
    const std::uint64_t now = parse_number(machine.crash_size, 10).value_or(0);
    const auto refuse = [&](std::string reason, std::string next) {
        const ErrorKind kind = now == 0 ? ErrorKind::absent : ErrorKind::invalid;
        return fail(make_error(kind, "shrink the reservation to", human_bytes(wanted), std::move(reason))
                        .then(std::move(next)));
    };
    if (now == 0)
        return refuse("nothing is reserved", "kdumpkit reserve auto, and reboot");
    if (machine.loaded(loader::KexecPurpose::capture) == "1")
        return refuse("a capture kernel is loaded into it",
                      "kdumpkit unload, the same again, then kdumpkit arm");
    if (wanted >= now)
        return refuse(fmt::format("only {} are reserved, and it grows only at a boot", human_bytes(now)),
                      "kdumpkit reserve SIZE, and reboot");
    return {};
}

Result<std::string> shrink_reservation(const loader::Machine& machine, std::uint64_t wanted) {
    KDK_TRY(check_shrink(machine, wanted));
    const std::string path = size_path();
    KDK_ASSIGN(const Fd file, open_file(path, O_WRONLY | O_CLOEXEC));
    KDK_TRY(write_all(file.get(), as_bytes(std::to_string(wanted)), path));
    KDK_ASSIGN(std::string text, read_text(path));
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return fmt::format("{} are reserved until the next boot, {} were\nnext: kdumpkit arm\n",
                       human_bytes(parse_number(text, 10).value_or(0)),
                       human_bytes(parse_number(machine.crash_size, 10).value_or(0)));
}

} // namespace kdumpkit::admin
