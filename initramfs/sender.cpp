// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/sender.h"

#include "initramfs/strip.h"
#include "initramfs/target_files.h"

#include <algorithm>
#include <iterator>

namespace kdumpkit::initramfs {

Result<Extras> collect_sender(Settings& settings, const Root& root, const CapturePrograms& programs) {
    Extras extras;
    std::size_t number = 0;
    for (Target& target : settings.targets) {
        ++number;
        if (target.info().carrier != Carrier::sender)
            continue;
        KDK_ASSIGN(std::vector<ExtraFile> files, freeze_target_files(target, root, number));
        std::move(files.begin(), files.end(), std::back_inserter(extras.files));
        if (!extras.programs.empty())
            continue;
        KDK_ASSIGN(Program sender,
                   find_program(programs.libraries, {programs.collector.folder}, "kdump-send"));
        extras.files.push_back({"/usr/bin/kdump-send", strip(sender.content), 0755});
        extras.programs.push_back(std::move(sender));
    }
    return extras;
}

} // namespace kdumpkit::initramfs
