// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/foreign_key.h"

#include "base/bytes.h"
#include "base/percent.h"
#include "config/table.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <fmt/format.h>

namespace kdumpkit {

bool ImportDraft::is_remote() const {
    return (!remote.empty() && !remote.starts_with("raw:")) ||
           std::any_of(urls.begin(), urls.end(),
                       [](const std::string& url) { return !url.starts_with("file:"); });
}

} // namespace kdumpkit

namespace kdumpkit::foreign {
namespace {

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

// kdumpkit gives these to every capture kernel, or they are for an initramfs that it does not use.
bool is_default_word(const std::string& word) {
    constexpr std::array ours = {"irqpoll",  "nr_cpus=1",  "maxcpus=1",          "reset_devices",
                                 "panic=10", "novmcoredd", "acpi_no_memhotplug", "cgroup_disable=memory",
                                 "nokaslr"};
    return std::find(ours.begin(), ours.end(), word) != ours.end() || word.starts_with("rd.") ||
           word.starts_with("udev.") || word.starts_with("systemd.") ||
           word.starts_with("ata_piix.prefer_ms_hyperv");
}

bool is_path(const std::string& word) {
    return word.size() > 1 && word.front() == '/' && word.find("/../") == std::string::npos;
}

ImportAnswer hook(ImportDraft& draft, const char* key, const std::string& program) {
    if (!is_path(program) || program.find(' ') != std::string::npos)
        return {false, fmt::format("\"{}\" is not the absolute path of one program", program)};
    return set(draft, key, quoted_toml(std::vector{program}));
}

} // namespace

ImportAnswer set(ImportDraft& draft, const char* key, std::string toml) {
    ImportAnswer answer{true, fmt::format("{} = {}", key, toml)};
    draft.values[key] = std::move(toml);
    return answer;
}

ImportAnswer collector_options(ImportDraft& draft, const std::string& options) {
    std::vector<std::string> taken, left;
    const auto words = words_of(options);
    const auto take = [&](const char* key, std::string value) {
        taken.push_back(set(draft, key, std::move(value)).text);
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        const bool joined = word.starts_with("-d") && word.size() > 2;
        if (word == "-d" || joined) {
            const std::string text = joined ? word.substr(2) : i + 1 < words.size() ? words[++i] : "";
            const auto level = parse_number(text, 10);
            if (level && *level <= 31)
                take("dump.level", std::to_string(*level));
            else
                left.push_back("-d " + text);
        } else if (word == "-c") {
            take("dump.compress", "\"zlib\"");
        } else if (word == "-l") {
            take("dump.compress", "\"lzo\"");
        } else if (word == "-p") {
            take("dump.compress", "\"snappy\"");
        } else if (word == "-z") {
            take("dump.compress", "\"zstd\"");
        } else if (word == "--message-level") {
            ++i; // the collector's log is always complete
        } else if (word != "-F" && word != "makedumpfile" && !word.ends_with("/makedumpfile")) {
            left.push_back(word); // -F only says how it is sent
        }
    }
    ImportAnswer answer{true, fmt::format("{}", fmt::join(taken, ", "))};
    if (!left.empty())
        return {false,
                fmt::format("{}{}not taken over: {}: kdump-capture chooses the collector's options itself",
                            answer.text, answer.text.empty() ? "" : "; ", fmt::join(left, " "))};
    if (answer.text.empty())
        answer.text = "the defaults do the same";
    return answer;
}

ImportAnswer append(ImportDraft& draft, const std::string& text) {
    std::vector<std::string> words = words_of(text);
    std::erase_if(words, is_default_word);
    if (words.empty())
        return {true, "kdumpkit has these by default"};
    return set(draft, "capture.append", quoted_toml(fmt::format("{}", fmt::join(words, " "))));
}

std::string needs_busybox(const char* key) {
    return fmt::format("a shell needs busybox on this machine: with it, write {} = \"shell\"", key);
}

ImportAnswer final_action(ImportDraft& draft, const char* key, const std::string& value) {
    for (const char* action : {"reboot", "poweroff", "halt"})
        if (value == action)
            return set(draft, key, fmt::format("\"{}\"", action));
    if (value == "shell")
        return {false, needs_busybox(key)};
    return {false,
            fmt::format("there is no {} in the capture kernel: it reboots, powers off or halts", value)};
}

ImportAnswer count(ImportDraft& draft, const std::string& value) {
    const auto number = parse_number(value, 10);
    if (!number || *number > 1'000'000)
        return {false, fmt::format("{} is no number of dumps to keep", value)};
    return set(draft, "retention.count", std::to_string(*number));
}

ImportAnswer count_of_local(ImportDraft& draft, const std::string& value) {
    if (value == "0")
        return {true, "every dump stays, which is the default"};
    if (draft.is_remote())
        return {false,
                "it meant dumps on this machine's disks; retention.count would remove those on the server"};
    return count(draft, value);
}

ImportAnswer hook_before(ImportDraft& draft, const std::string& program) {
    return hook(draft, "hooks.pre", program);
}

ImportAnswer hook_after(ImportDraft& draft, const std::string& program) {
    return hook(draft, "hooks.post", program);
}

ImportAnswer files(ImportDraft& draft, const std::string& paths) {
    const auto words = words_of(paths);
    if (!std::all_of(words.begin(), words.end(), is_path))
        return {false, "capture.files takes absolute paths; libraries are found by themselves"};
    return set(draft, "capture.files", quoted_toml(words));
}

ImportAnswer go_to(ImportDraft& draft, std::string remote, std::string_view text) {
    if (draft.has_target())
        return {false, std::string(two_targets)};
    draft.remote = std::move(remote);
    return {true, std::string(text)};
}

ImportAnswer nfs(ImportDraft& draft, const std::string& value) {
    const std::size_t colon = value.find(":/");
    if (colon == std::string::npos || colon == 0)
        return {false, fmt::format("\"{}\" is not SERVER:/EXPORT", value)};
    return go_to(draft, "nfs://" + value.substr(0, colon) + percent_encoded(value.substr(colon + 1), "/"));
}

ImportAnswer ssh(ImportDraft& draft, const std::string& value) {
    const std::size_t at = value.rfind('@');
    if (at == std::string::npos || at == 0)
        return {false, fmt::format("\"{}\" is not USER@HOST", value)};
    std::string host = value.substr(at + 1);
    if (host.find(':') != host.rfind(':') && !host.starts_with('[')) // an IPv6 address
        host = fmt::format("[{}]", host);
    return go_to(draft, fmt::format("sftp://{}@{}", percent_encoded(value.substr(0, at)), host),
                 "target, by sftp");
}

ImportAnswer ssh_key(ImportDraft& draft, const std::string& value) {
    draft.ssh_key = value;
    return {true, "target's key="};
}

ImportAnswer kernel(ImportDraft& draft, const std::string& value) {
    std::string release = value.substr(value.rfind('/') + 1);
    for (const std::string prefix : {"vmlinuz-", "vmlinux-", "Image-"})
        if (release.starts_with(prefix))
            release.erase(0, prefix.size());
    if (release.empty() || release == "vmlinuz" || release == "kdump" || value == "/var/lib/kdump/vmlinuz")
        return {true, "the running kernel captures, which is the default"};
    return set(draft, "capture.kernel", quoted_toml(release));
}

} // namespace kdumpkit::foreign
