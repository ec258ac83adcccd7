// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/cmdline.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace kdumpkit::loader {

namespace {

constexpr std::array<CaptureDefault, 16> defaults{{
    {"nr_cpus=1",
     "one CPU is enough to copy memory, each further one costs memory for its per-CPU areas, and "
     "waking CPUs that the crash left in an unknown state can hang"},
    {"irqpoll", "a device that the crashed kernel left with its interrupt raised is otherwise switched off "
                "(\"nobody cared\")"},
    {"reset_devices",
     "drivers reset their device first instead of trusting the state the crashed kernel left"},
    {"acpi_no_memhotplug", "memory that was hot-added before the panic would be found through ACPI and used, "
                           "overwriting what is to be dumped"},
    {"nokaslr", "the capture kernel stays where it was put; random placement gains nothing and can split the "
                "small reservation"},
    {"cgroup_disable=memory", "the memory controller costs memory for every page and controls nothing here"},
    {"cgroup.memory=nokmem", "as the line before: an array of 4 MiB with an owner for each four bytes of the "
                             "per-CPU memory is not made"},
    {"numa=off", "per-node structures cost memory; the reservation lies in one node"},
    {"mce=off", "machine checks pending from the crash would stop the capture kernel"},
    {"hest_disable", "hardware errors pending from the crash would stop the capture kernel"},
    {"transparent_hugepage=never", "huge pages waste a small memory"},
    {"hugetlb_cma=0", "no memory to set aside"},
    {"novmcoredd", "device dumps are kept in the capture kernel's memory and can fill it"},
    {"initcall_blacklist=tracer_init_tracefs,event_trace_init",
     "the files of every trace event, 9 MiB up to Linux 6.5, are not made: nothing here traces", true},
    {"rootfstype=ramfs", "a tmpfs takes half of the memory only, which may be less than the initramfs needs"},
    {"panic=10", "a capture kernel that panics must reboot the machine, not hang for ever"},
}};

constexpr std::array<DroppedParameter, 53> dropped{{
    {"crashkernel", "the capture kernel must not reserve memory itself"},
    {"elfcorehdr", "the loader knows the right one"},
    {"BOOT_IMAGE", "names the production kernel's file, not a parameter"},
    {"initrd", "the boot loader's: names the production initrd"},
    {"init", "the capture initramfs has its own"},
    {"rdinit", "would replace the capture program as /init"},
    {"root", "nothing of the production root is mounted by parameter"},
    {"rootflags", "belongs to root="},
    {"rootwait", "belongs to root="},
    {"rootdelay", "belongs to root="},
    {"ro", "belongs to root="},
    {"rw", "belongs to root="},
    {"resume", "hibernation images are not to be looked for"},
    {"resume_offset", "belongs to resume="},
    {"hibernate", "there is no hibernation after a panic"},
    {"noresume", "belongs to resume="},
    {"quiet", "what the capture kernel says is the only trace when it fails"},
    {"splash", "graphical boot"},
    {"rhgb", "graphical boot"},
    {"plymouth.*", "graphical boot"},
    {"systemd.*", "there is no systemd in the capture initramfs"},
    {"rd.*", "there is no dracut in the capture initramfs"},
    {"hugepages", "would take the whole reservation"},
    {"hugepagesz", "belongs to hugepages="},
    {"default_hugepagesz", "belongs to hugepages="},
    {"hugetlb_cma", "would set memory aside"},
    {"hugetlb_free_vmemmap", "belongs to hugepages="},
    {"cma", "would set memory aside"},
    {"mem", "describes the production kernel's memory"},
    {"memmap", "describes the production kernel's memory"},
    {"reserve_mem", "would set memory aside"},
    {"memblock", "debugging output"},
    {"movablecore", "splits the production kernel's memory"},
    {"kernelcore", "splits the production kernel's memory"},
    {"movable_node", "splits the production kernel's memory"},
    {"swiotlb", "its size is chosen for the production kernel"},
    {"log_buf_len", "a large log buffer would take memory"},
    {"trace_buf_size", "tracing buffers would take memory"},
    {"trace_event", "tracing buffers would take memory"},
    {"ftrace", "tracing buffers would take memory"},
    {"nr_cpus", "replaced by the default"},
    {"maxcpus", "replaced by nr_cpus="},
    {"possible_cpus", "replaced by nr_cpus="},
    {"isolcpus", "names CPUs that the capture kernel has not"},
    {"nohz_full", "names CPUs that the capture kernel has not"},
    {"rcu_nocbs", "names CPUs that the capture kernel has not"},
    {"panic", "replaced by the default"},
    {"panic_on_warn", "a warning in the capture kernel must not end the capture"},
    {"page_owner", "debugging that takes memory for every page"},
    {"slub_debug", "debugging that takes memory for every object"},
    {"slab_debug", "debugging that takes memory for every object"},
    {"kmemleak", "debugging that takes memory for every object"},
    {"page_poison", "debugging that slows the capture"},
}};

std::string_view key_of(std::string_view parameter) {
    return parameter.substr(0, std::min(parameter.find('='), parameter.size()));
}

bool is_dropped(std::string_view parameter) {
    const std::string_view key = key_of(parameter);
    return std::ranges::any_of(dropped, [&](const DroppedParameter& entry) {
        if (entry.pattern.ends_with(".*"))
            return key.starts_with(entry.pattern.substr(0, entry.pattern.size() - 1));
        return same_parameter_name(key, entry.pattern);
    });
}

Result<> check_text(std::string_view text, const char* option) {
    if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
        return fail(make_error(ErrorKind::invalid, "use", option, "it holds a line break or a NUL")
                        .then("write the parameters on one line"));
    return {};
}

std::string join(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words)
        line += (line.empty() ? "" : " ") + word;
    return line;
}

} // namespace

std::span<const CaptureDefault> capture_defaults() {
    return defaults;
}
std::span<const DroppedParameter> dropped_parameters() {
    return dropped;
}

Result<std::string> compose_command_line(std::string_view production, const CommandLineWish& wish) {
    KDK_TRY(check_text(wish.append, "--append"));
    std::vector<std::string> words;
    std::vector<std::string> appended = split_command_line(wish.append);
    std::erase_if(appended, [](const std::string& word) { return key_of(word) == "elfcorehdr"; });
    if (wish.replace) {
        KDK_TRY(check_text(*wish.replace, "--command-line"));
        words = split_command_line(*wish.replace);
        std::erase_if(words, [](const std::string& word) { return key_of(word) == "elfcorehdr"; });
    } else {
        const auto given = [&](std::string_view text) {
            return std::ranges::any_of(appended, [&](const std::string& word) {
                return same_parameter_name(key_of(word), key_of(text));
            });
        };
        for (std::string& word : split_command_line(production)) {
            if (word == "--") // what follows is for the production system's init
                break;
            const bool is_default = std::ranges::any_of(defaults, [&](const CaptureDefault& d) {
                return !d.adds_up && same_parameter_name(key_of(word), key_of(d.text));
            });
            if (!is_dropped(word) && !is_default)
                words.push_back(std::move(word));
        }
        for (const CaptureDefault& entry : defaults)
            if (!given(entry.text))
                words.emplace_back(entry.text);
    }
    words.insert(words.end(), appended.begin(), appended.end());
    return join(words);
}

Result<std::string> compose_reboot_line(std::string_view base, const CommandLineWish& wish) {
    KDK_TRY(check_text(wish.append, "--append"));
    KDK_TRY(check_text(wish.replace.value_or(""), "--command-line"));
    std::vector<std::string> words = split_command_line(wish.replace ? *wish.replace : base);
    // The way back of the kernel that runs now is not the new one's, not even in a line that is used again.
    std::erase_if(words, [](const std::string& word) { return key_of(word) == "kdumpkit.return"; });
    if (!wish.replace) {
        constexpr std::array<std::string_view, 4> others{"BOOT_IMAGE", "initrd", "elfcorehdr",
                                                         "kexec_jump_back_entry"};
        std::erase_if(words, [&](const std::string& word) {
            return std::ranges::find(others, key_of(word)) != others.end();
        });
    }
    return append_to_line(join(words), wish.append);
}

std::string without_parameter(std::string_view line, std::string_view key) {
    std::vector<std::string> words = split_command_line(line);
    std::erase_if(words, [&](const std::string& word) { return same_parameter_name(key_of(word), key); });
    return join(words);
}

std::string append_to_line(std::string_view line, std::string_view more) {
    std::vector<std::string> words = split_command_line(line);
    const std::vector<std::string> appended = split_command_line(more);
    words.insert(std::ranges::find(words, "--"), appended.begin(), appended.end());
    return join(words);
}

Result<> check_command_line(std::string_view line, std::uint64_t limit) {
    if (line.size() <= limit)
        return {};
    return fail(make_error(ErrorKind::invalid, "use", "the new kernel's command line",
                           fmt::format("it has {} bytes, {} more than the kernel takes ({}): \"{}...\"",
                                       line.size(), line.size() - limit, limit, line.substr(0, 60)))
                    .then("give a shorter one with --command-line, or append less"));
}

} // namespace kdumpkit::loader
