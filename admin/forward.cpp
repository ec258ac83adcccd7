// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/forward.h"

#include "base/file.h"
#include "base/process.h"

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
    Fd folder(::open(dump.folder.c_str(), O_RDONLY | O_DIRECTORY)); // NOLINT(android-cloexec-open)
    if (folder.get() < 0)
        return fail(system_error("open", dump.folder, errno));
    if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(system_error("lock", dump.folder, errno)
                        .then("Another kdumpkit forward is sending it; wait until that has ended."));
    // Before gigabytes are sent that could not be marked.
    if (::access(dump.folder.c_str(), W_OK) != 0)
        return fail(system_error("mark as shipped", dump.folder, errno)
                        .then("A dump is shipped from where shipped.json can be written beside it."));
    return folder;
}

// What tells of the crash goes first, and the summary, which calls the dump complete, last.
std::vector<std::string> names_in_order(const Dump& dump) {
    std::vector<Dump::File> files;
    for (const Dump::File& file : dump.files)
        if (file.name != shipped_file && file.name != "summary.json" && !file.name.starts_with('.'))
            files.push_back(file);
    std::stable_sort(files.begin(), files.end(),
                     [](const Dump::File& a, const Dump::File& b) { return a.bytes < b.bytes; });
    std::vector<std::string> names;
    for (const Dump::File& file : files)
        names.push_back(file.name);
    names.emplace_back("summary.json");
    return names;
}

} // namespace

std::vector<Shipment> plan_shipments(const std::vector<Dump>& dumps, const Settings& settings) {
    std::vector<Shipment> shipments;
    for (auto dump = dumps.rbegin(); dump != dumps.rend(); ++dump)
        for (const Target& target : settings.targets)
            if (is_worth_sending(*dump) && target.info().carrier == Carrier::sender &&
                !has(dump->shipped, target.url()))
                shipments.push_back({&*dump, target.url(), names_in_order(*dump)});
    return shipments;
}

Result<> ship(const Shipment& shipment, const std::string& sender, const Log& log) {
    const Dump& dump = *shipment.dump;
    KDK_ASSIGN(const Fd lock, lock_dump(dump));
    // Another shipment of this run, or another run, may have marked it since it was listed.
    std::vector<std::string> urls = dump.shipped;
    if (const auto now = find_dumps({parent_folder(dump.folder)}))
        for (const Dump& one : *now)
            if (one.folder == dump.folder)
                urls = one.shipped;
    if (has(urls, shipment.url))
        return {};
    for (const std::string& name : shipment.files) {
        const std::string path = dump.folder + "/" + name;
        log.info("sends {} to {}", path, shipment.url);
        KDK_ASSIGN(
            Child child,
            spawn({{sender, "--name", dump.name + "/" + name, "--file", path, shipment.url}, -1, -1, -1}));
        KDK_ASSIGN(const ExitStatus status, child.wait());
        if (!status.success())
            return fail(make_error(ErrorKind::system, "send", path, "kdump-send: " + status.text())
                            .then("Its words above tell why; `kdumpkit forward` goes on where it ended.")
                            .from(ErrorSide::destination));
    }
    urls.push_back(shipment.url);
    return write_file_atomically(dump.folder + "/" + shipped_file, shipped_text(urls), 0600);
}

} // namespace kdumpkit::admin
