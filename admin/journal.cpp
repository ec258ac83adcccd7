// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/journal.h"

#include "base/file.h"

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace kdumpkit::admin {

std::string journal_datagram(const JournalFields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        if (value.find('\n') == std::string::npos) {
            out += name + "=" + value + "\n";
            continue;
        }
        // With a line break inside: the name, a line break, the length as 64 bits in little endian, the
        // value.
        out += name + "\n";
        for (unsigned shift = 0; shift < 64; shift += 8)
            out += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> shift & 0xff);
        out += value + "\n";
    }
    return out;
}

Result<> send_to_journal(const JournalFields& fields, const std::string& socket_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof address.sun_path)
        return fail(system_error("write to the journal at", socket_path, ENAMETOOLONG));
    std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
    const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd.valid())
        return fail(system_error("write to the journal at", socket_path, errno));
    const std::string datagram = journal_datagram(fields);
    const auto sent = ::sendto(fd.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (sent < 0)
        return fail(system_error("write to the journal at", socket_path, errno));
    return {};
}

} // namespace kdumpkit::admin
