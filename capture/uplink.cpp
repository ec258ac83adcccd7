// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/uplink.h"

#include "capture/chain.h"

namespace kdumpkit::capture {
namespace {

// Besides network.link_timeout, which it keeps itself: for a program that hangs.
constexpr double grace = 15; // seconds

// The words of the program go to the log; its last ones are the error's reason.
Result<> run_network(Capture& c, const char* command, double limit) {
    const double end = c.system.boot_seconds() + limit;
    std::string last;
    ProgramWatch watch;
    watch.line = [&](std::string_view line) {
        last = line;
        c.log.say("network: {}", line);
    };
    watch.tick = [&](double) { return c.system.boot_seconds() > end ? TickAnswer::kill : TickAnswer::go_on; };
    const auto status = c.system.run({c.places.network, command, c.places.frozen}, watch);
    if (status && status->success())
        return {};
    return fail(make_error(ErrorKind::absent, "bring up", "the network",
                           !status        ? status.error().message()
                           : last.empty() ? status->text()
                                          : last)
                    .from(ErrorSide::destination));
}

} // namespace

void Uplink::start(Capture& c) {
    if (!c.frozen.settings.want_network())
        return;
    if (const auto started = run_network(c, "start", grace); !started)
        c.log.say("the links could not be switched on yet, this is tried again");
}

Result<> Uplink::ready(Capture& c) {
    if (!end_) {
        const double since = c.system.boot_seconds();
        end_ = run_network(c, "wait",
                           grace + static_cast<double>(c.frozen.settings.network.link_timeout.count()));
        c.took("network", since);
    }
    return *end_;
}

} // namespace kdumpkit::capture
