// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/action.h"

#include "base/bytes.h"
#include "base/file.h"

#include <fcntl.h>

namespace kdumpkit::capture {

bool sets_panic_timeout(std::string_view command_line) {
    while (!command_line.empty()) {
        const auto end = command_line.find_first_of(" \t\n");
        const std::string_view word = command_line.substr(0, end);
        if (word.starts_with("panic="))
            return true;
        if (word == "--" || end == std::string_view::npos) // what follows -- is for init
            return false;
        command_line.remove_prefix(end + 1);
    }
    return false;
}

void ensure_panic_timeout(System&, CaptureLog& log, const Places& places, FinalAction failure_action) {
    if (failure_action != FinalAction::reboot && failure_action != FinalAction::kexec)
        return;
    const auto command_line = read_text(places.command_line, std::size_t{64} << 10);
    if (command_line && sets_panic_timeout(*command_line))
        return;
    const auto set = [&]() -> Result<> {
        KDK_ASSIGN(const Fd fd, open_file(places.panic_timeout, O_WRONLY));
        return write_all(fd.get(), as_bytes("5\n"), places.panic_timeout);
    }();
    if (set)
        log.say("the command line has no panic=: a panic of this kernel too will reboot after 5 s");
    else
        log.error(set.error());
}

void perform(System& system, CaptureLog& log, FinalAction action, unsigned tries) {
    for (unsigned i = 0; i < tries; ++i) {
        log.say("{}", action == FinalAction::reboot     ? "rebooting"
                      : action == FinalAction::poweroff ? "powering off"
                      : action == FinalAction::kexec    ? "starting the production kernel"
                      : action == FinalAction::shell    ? "a shell on the console; leave it to reboot"
                                                        : "halting");
        const auto done = system.act(action);
        if (done)
            return;
        log.error(done.error());
        system.sleep(std::chrono::seconds(3));
    }
}

} // namespace kdumpkit::capture
