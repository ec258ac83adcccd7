// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/forward.h"

#include "admin/courier.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "config/raw_frame.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

bool has(const std::vector<std::string>& list, const std::string& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
}

// A partial dump has the panic's words at least. Without its summary nobody could tell what it is.
bool is_worth_sending(const Dump& dump) {
    return dump.complete || std::any_of(dump.files.begin(), dump.files.end(), [](const Dump::File& file) {
               return file.name == "summary.json" && file.bytes > 0;
           });
}

// Of the folder itself, so that nothing is left there. The sender inherits it: when this process is killed,
// the next one must not send beside it.
Result<Fd> lock_dump(const Dump& dump) {
    const bool raw = !dump.device.empty();
    const std::string& path = raw ? dump.device : dump.folder;
    Fd fd(::open(path.c_str(), raw ? O_RDWR : O_RDONLY | O_DIRECTORY)); // NOLINT(android-cloexec-open)
    if (fd.get() < 0)
        return fail(system_error("open", path, errno));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(system_error("lock", path, errno)
                        .then("Another kdumpkit forward is sending it; wait until that has ended."));
    // Before gigabytes are sent that could not be marked.
    if (::access(path.c_str(), W_OK) != 0)
        return fail(system_error("mark as shipped", path, errno)
                        .then("A dump is shipped from where shipped.json can be written beside it."));
    return fd;
}

// Another shipment of this run, or another run, may have marked it since it was listed.
std::vector<std::string> shipped_by_now(const Dump& dump) {
    std::vector<Dump> now;
    if (!dump.device.empty()) {
        if (auto one = find_raw_dump(dump.device))
            now.push_back(*std::move(one));
    } else if (auto all = find_dumps({parent_folder(dump.folder)}))
        now = *std::move(all);
    for (const Dump& one : now)
        if (one.folder == dump.folder)
            return one.shipped;
    return dump.shipped;
}

// Nobody else has looked at what the capture kernel wrote there.
Result<> check_partition(const Dump& dump) {
    KDK_ASSIGN(const RawDump raw, read_raw_dump(dump.device));
    if (raw.folder != dump.name)
        return fail(ErrorKind::absent, "ship", dump.folder, "another dump is there now");
    KDK_ASSIGN(const Fd fd, open_file(dump.device, O_RDONLY));
    for (const RawDump::File& file : raw.files)
        KDK_TRY(read_raw_file(fd.get(), file, dump.device, [](Bytes) -> Result<> {
            return interrupted() == 0 ? Result<>()
                                      : fail(ErrorKind::system, "check", "the dump", "ended by a signal");
        }));
    return {};
}

// What tells of the crash goes first, and the summary, which calls the dump complete, last.
std::vector<Dump::File> files_in_order(const Dump& dump) {
    std::vector<Dump::File> files = dump.files;
    std::erase_if(files, [](const Dump::File& file) {
        return file.name == shipped_file || file.name.starts_with('.');
    });
    std::stable_sort(files.begin(), files.end(), [](const Dump::File& a, const Dump::File& b) {
        const bool a_last = a.name == "summary.json", b_last = b.name == "summary.json";
        return a_last != b_last ? b_last : a.bytes < b.bytes;
    });
    return files;
}

} // namespace

std::vector<Target> servers_without(const Dump& dump, const Settings& settings) {
    std::vector<Target> servers;
    if (!is_worth_sending(dump) || (dump.taken && dump.shipped.empty()))
        return servers;
    for (const Target& target : settings.targets)
        if (target.info().remote() && !has(dump.shipped, target.url()))
            servers.push_back(target);
    return servers;
}

std::vector<Shipment> plan_shipments(const std::vector<Dump>& dumps, const Settings& settings) {
    std::vector<Shipment> shipments;
    for (auto dump = dumps.rbegin(); dump != dumps.rend(); ++dump)
        for (Target& target : servers_without(*dump, settings))
            shipments.push_back({&*dump, std::move(target), files_in_order(*dump)});
    return shipments;
}

Result<> ship(const Shipment& shipment, const std::string& sender, const Log& log) {
    const Dump& dump = *shipment.dump;
    const std::string url = shipment.target.url();
    KDK_ASSIGN(const Fd lock, lock_dump(dump));
    std::vector<std::string> urls = shipped_by_now(dump);
    if (has(urls, url))
        return {};
    if (!dump.device.empty())
        KDK_TRY(check_partition(dump));
    KDK_ASSIGN(const std::unique_ptr<Courier> courier, find_courier(shipment.target, sender, log));
    for (const Dump::File& file : shipment.files) {
        log.info("sends {}/{} to {}", dump.folder, file.name, url);
        KDK_TRY(courier->bring(dump, file));
    }
    urls.push_back(url);
    return mark_shipped(dump, urls);
}

} // namespace kdumpkit::admin
