// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/commands.h"

#include "admin/arm_command.h"
#include "admin/config_command.h"
#include "admin/doctor_command.h"
#include "admin/dumps_command.h"
#include "admin/estimate_command.h"
#include "admin/extract_command.h"
#include "admin/forward_command.h"
#include "admin/prepare_command.h"
#include "admin/record_command.h"
#include "admin/reserve_command.h"
#include "admin/setup_command.h"
#include "admin/status_command.h"

namespace kdumpkit::admin {

std::vector<Subcommand> commands() {
    return {
        {"setup", "from nothing to ready: reserve, build, enable the services, arm", define_setup},
        {"estimate", "how much memory the capture kernel needs, term by term", define_estimate},
        {"reserve", "reserve memory for the capture kernel, through the boot loader", define_reserve},
        {"arm", "make the capture initramfs anew if anything changed, and load it", define_arm},
        {"prepare", "make the capture initramfs of a kernel that was just installed", define_prepare},
        {"status", "say whether a panic would be captured, and what is loaded", define_status},
        {"doctor", "look for everything that would make a capture fail, and how to mend it", define_doctor},
        {"record", "tell the journal which panics were captured", define_record},
        {"list", "the dumps on this machine", define_list},
        {"show", "one dump", define_show},
        {"extract", "take a dump off a raw partition", define_extract},
        {"forward", "ship dumps to the servers of the settings", define_forward},
        {"prune", "remove the dumps that the settings do not keep", define_prune},
        {"config", "check, show and explain the settings", define_config}};
}

} // namespace kdumpkit::admin
