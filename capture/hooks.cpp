// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/hooks.h"

#include "capture/vigil.h"

namespace kdumpkit::capture {

void run_hooks(Capture& capture, const std::vector<std::string>& programs,
               const std::vector<std::string>& arguments) {
    const RunLimits limits{static_cast<double>(capture.frozen.settings.hooks.deadline.count()),
                           RunLimits::none, RunLimits::none, 10};
    for (const std::string& program : programs) {
        std::vector<std::string> argv{program};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        const double since = capture.system.boot_seconds();
        const CollectorRun run = run_watched(capture, argv, limits);
        capture.log.say("hook {} {}: {}, {:.1f} s", program, arguments.empty() ? "" : arguments.front(),
                        run.text(), capture.system.boot_seconds() - since);
    }
}

} // namespace kdumpkit::capture
