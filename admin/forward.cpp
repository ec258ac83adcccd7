// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/forward.h"

#include "admin/courier.h"
#include "base/atomic_write.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "config/raw_frame.h"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

// A partial dump has the panic's words at least. Without its summary nobody could tell what it is.
bool is_worth_sending(const Dump& dump) {
    return dump.complete || std::any_of(dump.files.begin(), dump.files.end(), [](const Dump::File& file) {
               return file.name == "summary.json" && file.bytes > 0;
           });
}

bool is_to_be_sent(const Dump& dump) {
    return is_worth_sending(dump) && (!dump.taken || !dump.shipped.empty());
}

std::uint64_t bytes_of_all(const Dump& dump) {
    return std::accumulate(dump.files.begin(), dump.files.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Dump::File& file) { return sum + file.bytes; });
}

// Of two of one panic, in files of the same names on the server: what another target got may be first words
// alone.
bool is_better(const Dump& a, const Dump& b) {
    if (a.complete != b.complete)
        return a.complete;
    if (a.shipped.size() != b.shipped.size())
        return a.shipped.size() > b.shipped.size();
    const std::uint64_t left = bytes_of_all(a), right = bytes_of_all(b);
    return left != right ? left > right : a.folder < b.folder;
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

// On a full disk: room for shipped.json, kept while gigabytes are sent that could otherwise not be marked,
// and would be sent again and again.
class KeptRoom {
  public:
    static Result<KeptRoom> beside(const Dump& dump) {
        KeptRoom room(dump.device.empty() ? dump.folder + "/.shipping" : std::string());
        if (!room.path_.empty())
            KDK_TRY(write_file_atomically(room.path_, std::string(4096, ' '), 0600));
        return room;
    }
    KeptRoom(KeptRoom&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    KeptRoom(const KeptRoom&) = delete;
    KeptRoom& operator=(const KeptRoom&) = delete;
    ~KeptRoom() { release(); }
    void release() {
        if (!path_.empty())
            ::unlink(std::exchange(path_, {}).c_str());
    }

  private:
    explicit KeptRoom(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

// Another shipment of this run, or another run, may have marked it since it was listed.
Dump as_it_is_now(const Dump& dump) {
    std::vector<Dump> now;
    if (!dump.device.empty()) {
        if (auto one = find_raw_dump(dump.device))
            now.push_back(*std::move(one));
    } else if (auto all = find_dumps({parent_folder(dump.folder)}))
        now = *std::move(all);
    for (const Dump& one : now)
        if (one.folder == dump.folder)
            return one;
    return dump;
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

std::vector<const Dump*> others_of(const Dump& dump, const std::vector<Dump>& dumps) {
    std::vector<const Dump*> others;
    for (const Dump& other : dumps)
        if (&other != &dump && other.name == dump.name && is_to_be_sent(other))
            others.push_back(&other);
    return others;
}

Result<> mark_shipped_to(const Dump& dump, const Target& target) {
    const Dump now = as_it_is_now(dump); // two targets may be one place
    if (is_shipped_to(now, target))
        return {};
    std::vector<std::string> places = now.shipped;
    places.push_back(target.place());
    return mark_shipped(dump, places);
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

std::vector<Target> servers_without(const Dump& dump, const std::vector<Dump>& dumps,
                                    const Settings& settings) {
    const auto is_the_best = [&](const Dump& other) {
        return other.name != dump.name || !is_to_be_sent(other) || !is_better(other, dump);
    };
    std::vector<Target> servers;
    if (!is_to_be_sent(dump) || !std::all_of(dumps.begin(), dumps.end(), is_the_best))
        return servers;
    for (const Target& target : settings.targets)
        if (target.info().remote() && !is_shipped_to(dump, target))
            servers.push_back(target);
    return servers;
}

std::vector<Shipment> plan_shipments(const std::vector<Dump>& dumps, const Settings& settings) {
    std::vector<Shipment> shipments;
    for (auto dump = dumps.rbegin(); dump != dumps.rend(); ++dump)
        for (Target& target : servers_without(*dump, dumps, settings))
            shipments.push_back({&*dump, std::move(target), files_in_order(*dump), others_of(*dump, dumps)});
    return shipments;
}

Result<> ship(const Shipment& shipment, const std::string& sender, const Log& log) {
    const Dump& dump = *shipment.dump;
    KDK_ASSIGN(const Fd lock, lock_dump(dump));
    if (is_shipped_to(as_it_is_now(dump), shipment.target))
        return {};
    if (!dump.device.empty())
        KDK_TRY(check_partition(dump));
    KDK_ASSIGN(KeptRoom room, KeptRoom::beside(dump));
    KDK_ASSIGN(const std::unique_ptr<Courier> courier, find_courier(shipment.target, sender, log));
    for (const Dump::File& file : shipment.files) {
        log.info("sends {}/{} to {}", dump.folder, file.name, shipment.target.url());
        KDK_TRY(courier->bring(dump, file));
    }
    room.release();
    // Before the dump itself: when it is removed one day, a lesser one must not take its place on the server.
    for (const Dump* other : shipment.others)
        if (const auto marked = mark_shipped_to(*other, shipment.target); !marked)
            log.warning("{}", marked.error().message());
    return mark_shipped_to(dump, shipment.target);
}

} // namespace kdumpkit::admin
