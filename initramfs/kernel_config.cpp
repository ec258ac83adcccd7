// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/kernel_config.h"

#include "base/bytes.h"
#include "initramfs/decompress.h"

#include <fmt/format.h>
#include <sys/utsname.h>

namespace kdumpkit::initramfs {
namespace {

Result<std::optional<KernelConfig>> read_config(const std::string& path) {
    KDK_ASSIGN(const auto bytes, read_unpacked(path, std::size_t{16} << 20));
    KDK_ASSIGN(const KernelConfig config, parse_kernel_config(as_text(bytes), path));
    return config;
}

} // namespace

Result<KernelConfig> parse_kernel_config(std::string_view text, const std::string& name) {
    KernelConfig config;
    const std::pair<std::string_view, bool*> options[] = {
        {"CONFIG_BLK_DEV_INITRD", &config.initrd}, {"CONFIG_PROC_VMCORE", &config.vmcore},
        {"CONFIG_RD_GZIP", &config.gzip},          {"CONFIG_RD_BZIP2", &config.bzip2},
        {"CONFIG_RD_LZMA", &config.lzma},          {"CONFIG_RD_ZSTD", &config.zstd},
    };
    bool any = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        any |= line.starts_with("CONFIG_");
        for (const auto& [option, value] : options)
            if (line.size() == option.size() + 2 && line.starts_with(option) && line.ends_with("=y"))
                *value = true;
    }
    if (!any)
        return fail(make_error(ErrorKind::invalid, "read the kernel configuration", name,
                               "it has no line that begins with CONFIG_")
                        .then("restore it from the kernel's package"));
    return config;
}

Packing choose_packing(const std::optional<KernelConfig>& config) {
    if (!config)
        return Packing::none;
    if (config->zstd)
        return Packing::zstd;
    if (config->gzip)
        return Packing::gzip;
    if (config->lzma)
        return Packing::lzma;
    if (config->bzip2)
        return Packing::bzip2;
    return Packing::none;
}

Result<std::optional<KernelConfig>> find_kernel_config(const Root& root, const std::string& release) {
    for (const std::string& path :
         {fmt::format("/boot/config-{}", release), fmt::format("/usr/lib/modules/{}/config", release),
          fmt::format("/lib/modules/{}/config", release)})
        if (const auto file = root.resolve(path))
            return read_config(*file);
    utsname running{};
    if (root.is_running_system() && ::uname(&running) == 0 && release == running.release)
        if (const auto file = root.resolve("/proc/config.gz"))
            return read_config(*file);
    return std::optional<KernelConfig>{};
}

} // namespace kdumpkit::initramfs
