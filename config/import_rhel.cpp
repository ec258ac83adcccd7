// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of kdump.conf(5) of RHEL and Fedora, deprecated ones included, and of their /etc/sysconfig/kdump.
#include "base/bytes.h"
#include "base/percent.h"
#include "base/socket_address.h"
#include "config/foreign_key.h"
#include "config/module_name.h"
#include "config/table.h"

#include <array>
#include <sstream>

#include <fmt/format.h>

namespace kdumpkit::foreign {
namespace {

constexpr std::string_view no_fadump = "firmware-assisted dump is for POWER machines";
constexpr std::string_view by_hashes =
    "the initramfs is compared by hashes, and made anew when something changed";
constexpr std::string_view no_dracut = "dracut does not make the capture initramfs";
constexpr std::string_view own_choice = "kdumpkit load chooses the system call and its arguments";
constexpr std::string_view own_image = "kdumpkit arm finds the image of capture.kernel itself";
constexpr std::string_view own_log = "kdump-capture's log is complete, and saved with the dump";

template<const char* type>
ImportAnswer filesystem(ImportDraft& draft, const std::string& value) {
    if (draft.has_target())
        return {false, std::string(two_targets)};
    draft.type = type;
    draft.device = value;
    return {true, "target"};
}

constexpr char ext2[] = "ext2", ext3[] = "ext3", ext4[] = "ext4", xfs[] = "xfs", btrfs[] = "btrfs",
               f2fs[] = "f2fs", minix[] = "minix", vfat[] = "vfat";

ImportAnswer raw(ImportDraft& draft, const std::string& value) {
    return go_to(draft, "raw:" + percent_encoded(value, "/"));
}

ImportAnswer net(ImportDraft& draft, const std::string& value) {
    return value.find('@') == std::string::npos ? nfs(draft, value) : ssh(draft, value);
}

ImportAnswer path(ImportDraft& draft, const std::string& value) {
    draft.folder = value.starts_with('/') ? value : "/" + value;
    return {true, "target"};
}

ImportAnswer collector(ImportDraft& draft, const std::string& value) {
    const std::string program = value.substr(0, value.find(' '));
    const std::string name = program.substr(program.rfind('/') + 1);
    if (name == "makedumpfile")
        return collector_options(draft, value);
    for (const char* copier : {"cp", "cat", "scp", "dd"})
        if (name == copier)
            return set(draft, "dump.method", "\"copy\"");
    return {false, fmt::format("kdump-capture does not know the collector {}", name)};
}

ImportAnswer modules(ImportDraft& draft, const std::string& value) {
    std::istringstream stream(value);
    std::vector<std::string> names;
    for (std::string name; stream >> name; names.push_back(name))
        if (!is_module_name(name))
            return {false, fmt::format("\"{}\" is no module's name", name)};
    draft.modules.insert(draft.modules.end(), names.begin(), names.end());
    return {true, "capture.modules"};
}

ImportAnswer failure(ImportDraft& draft, const std::string& value) {
    if (value == "dump_to_rootfs") {
        draft.fall_back_to_root = true;
        return {true, "a second target, file:///var/crash"};
    }
    return final_action(draft, "capture.failure_action", value);
}

ImportAnswer final(ImportDraft& draft, const std::string& value) {
    return final_action(draft, "capture.final_action", value);
}

// "--mount" is a target by another name.
ImportAnswer dracut(ImportDraft&, const std::string& value) {
    if (value.find("--mount") == std::string::npos)
        return {false, std::string(no_dracut), true};
    return {false, fmt::format("{}, and its --mount names where dumps go", no_dracut)};
}

ImportAnswer nodes(ImportDraft& draft, const std::string& value) {
    std::vector<std::string> addresses;
    std::istringstream stream(value);
    for (std::string node; stream >> node; addresses.push_back(node))
        if (!parse_address(node, 1))
            return {false, fmt::format("capture.fence_kdump takes addresses, and {} is a name", node)};
    return set(draft, "capture.fence_kdump", quoted_toml(addresses));
}

ImportAnswer timeout(ImportDraft& draft, const std::string& value) {
    const auto seconds = parse_number(value, 10);
    if (!seconds || *seconds < 1 || *seconds > 86400)
        return {false, fmt::format("{} is no number of seconds from 1 to 86400", value)};
    return set(draft, "capture.device_timeout", std::to_string(*seconds));
}

ImportAnswer notification(ImportDraft&, const std::string&) {
    return {true, "kdumpkit-record.service writes to the journal at the next boot"};
}

constexpr std::array<ForeignKey, 37> conf = {{
    {"raw", raw, {}, true},
    {"nfs", nfs, {}, true},
    {"nfs4", nfs, {}, true},
    {"net", net, {}, true},
    {"ssh", ssh, {}, true},
    {"sshkey", ssh_key},
    {"ext2", filesystem<ext2>, {}, true},
    {"ext3", filesystem<ext3>, {}, true},
    {"ext4", filesystem<ext4>, {}, true},
    {"xfs", filesystem<xfs>, {}, true},
    {"btrfs", filesystem<btrfs>, {}, true},
    {"f2fs", filesystem<f2fs>, {}, true},
    {"minix", filesystem<minix>, {}, true},
    {"vfat", filesystem<vfat>, {}, true},
    {"virtiofs", nullptr, "a folder of the hypervisor is no target here", true},
    {"path", path, {}, true},
    {"core_collector", collector},
    {"kdump_emergency", nullptr, "no program runs when a capture fails: the next target is tried"},
    {"kdump_post", hook_after},
    {"kdump_pre", hook_before},
    {"extra_bins", files},
    {"extra_modules", modules},
    {"failure_action", failure},
    {"default", failure},
    {"final_action", final},
    {"force_rebuild", nullptr, by_hashes},
    {"force_no_rebuild", nullptr, by_hashes},
    {"override_resettable", nullptr, "kdump-capture tries every device that appears"},
    {"dracut_args", dracut, {}, true},
    {"fence_kdump_args", nullptr,
     "a port is part of an address in capture.fence_kdump; the nodes are told every 5 seconds"},
    {"fence_kdump_nodes", nodes},
    {"auto_reset_crashkernel", nullptr, "kdumpkit reserve changes the reservation only when it is told to"},
    {"options", nullptr, "give a module's options as MODULE.OPTION=VALUE in capture.append"},
    {"link_delay", nullptr, "kdump-capture waits for what it needs, no longer"},
    {"disk_timeout", timeout},
    {"debug_mem_level", nullptr, "the memory that a capture took is in summary.json"},
    {"blacklist", nullptr, "only the modules that a capture needs are in the initramfs"},
}};
constexpr std::array<ForeignKey, 14> sysconfig = {{
    {"KDUMP_KERNELVER", kernel},
    {"KDUMP_COMMANDLINE", nullptr, "the capture kernel's command line is made from that of production"},
    {"KDUMP_COMMANDLINE_REMOVE", nullptr,
     "what harms a capture kernel is removed already (docs/capture-command-line.md)"},
    {"KDUMP_COMMANDLINE_APPEND", append},
    {"FADUMP_COMMANDLINE_APPEND", nullptr, no_fadump},
    {"KEXEC_ARGS", nullptr, own_choice},
    {"KDUMP_FILE_LOAD", nullptr, own_choice},
    {"KDUMP_BOOTDIR", nullptr, own_image},
    {"KDUMP_IMG", nullptr, own_image},
    {"KDUMP_IMG_EXT", nullptr, own_image},
    {"VMCORE_CREATION_NOTIFICATION", notification},
    {"KDUMP_STDLOGLVL", nullptr, own_log},
    {"KDUMP_SYSLOGLVL", nullptr, own_log},
    {"KDUMP_KMSGLOGLVL", nullptr, own_log},
}};

} // namespace

std::span<const ForeignKey> rhel_conf_keys() {
    return conf;
}

std::span<const ForeignKey> rhel_sysconfig_keys() {
    return sysconfig;
}

} // namespace kdumpkit::foreign
