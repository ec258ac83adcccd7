// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/prometheus_text.h"

#include <fmt/format.h>

namespace kdumpkit::admin {

std::string prometheus_text(const loader::Status& kernel, const AdminStatus& admin) {
    std::string text;
    const auto gauge = [&](std::string_view name, std::string_view help, std::int64_t value) {
        text += fmt::format("# HELP kdumpkit_{0} {1}\n# TYPE kdumpkit_{0} gauge\nkdumpkit_{0} {2}\n", name,
                            help, value);
    };
    gauge("armed", "Whether a panic would start a capture kernel.", kernel.armed ? 1 : 0);
    gauge("reserved_bytes", "Memory reserved for the capture kernel.",
          static_cast<std::int64_t>(kernel.reserved));
    gauge("settings_wrong", "Whether the settings cannot be used, so that nothing can be armed anew.",
          admin.settings_error && admin.settings_error->kind == ErrorKind::invalid ? 1 : 0);
    if (admin.arm) {
        gauge("arm_failed", "Whether the last kdumpkit arm of this boot failed.",
              admin.arm->failure.empty() ? 0 : 1);
        gauge("arm_timestamp_seconds", "When kdumpkit arm ran last.", admin.arm->at);
        gauge("initramfs_bytes", "Size of the loaded capture initramfs.",
              static_cast<std::int64_t>(admin.arm->image_bytes));
    }
    if (admin.last) {
        gauge("last_capture_timestamp_seconds", "When the newest dump's panic was.", admin.last->utc);
        gauge("last_capture_complete", "Whether the newest dump is complete.", admin.last->complete ? 1 : 0);
        gauge("last_capture_bytes", "What the newest dump takes.",
              static_cast<std::int64_t>(admin.last->disk_bytes));
    }
    for (const TargetFacts& target : admin.targets)
        if (target.free_bytes) {
            std::string label; // the format escapes these three
            for (const char c : target.url)
                label += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" : std::string(1, c);
            if (text.find("# TYPE kdumpkit_target_free_bytes") == std::string::npos)
                text += "# HELP kdumpkit_target_free_bytes Room where dumps go.\n# TYPE "
                        "kdumpkit_target_free_bytes gauge\n";
            text +=
                fmt::format("kdumpkit_target_free_bytes{{target=\"{}\"}} {}\n", label, *target.free_bytes);
        }
    return text;
}

} // namespace kdumpkit::admin
