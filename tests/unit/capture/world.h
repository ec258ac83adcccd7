// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// A whole life of PID 1 in a temporary folder: what life_test and target_test share.
#include "base/bytes.h"
#include "capture/action.h"
#include "capture/stages.h"
#include "fake_system.h"

#include <csignal>
#include <cstring>

#include <catch2/catch.hpp>
#include <elf.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace kdumpkit::capture {

inline constexpr const char* uuid_a = "3b7f1f5e-1f4e-4d7e-9d1f-0123456789aa";
inline constexpr const char* uuid_b = "3b7f1f5e-1f4e-4d7e-9d1f-0123456789bb";

inline Target target(const std::string& uuid) {
    return file_target("/var/crash", "UUID=" + uuid, "ext4");
}

// A crashed memory: headers, the note of a kernel, and pages, of which every other is zero.
inline std::string fake_vmcore() {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_phoff = sizeof header;
    header.e_phnum = 1;
    const std::string body = "OSRELEASE=6.1.0-test\nCRASHTIME=1795395700\n";
    Elf64_Nhdr note{11, static_cast<Elf64_Word>(body.size()), 0};
    Elf64_Phdr notes{};
    notes.p_type = PT_NOTE;
    notes.p_offset = 4096;
    notes.p_filesz = sizeof note + 12 + body.size();
    std::string text(as_text(bytes_of(header)));
    text += as_text(bytes_of(notes));
    text.resize(4096);
    text += as_text(bytes_of(note));
    text += std::string("VMCOREINFO\0", 11);
    text += '\0';
    text += body;
    text.resize(8192);
    for (int i = 0; i < 32; ++i)
        text += std::string(4096, i % 2 == 0 ? '\0' : 'm');
    return text;
}

// A capture initramfs in a folder, with two disks and a collector that is a shell script.
struct World {
    TemporaryFolder folder;
    FakeSystem system;
    Places places;
    Frozen frozen;
    std::string vmcore = fake_vmcore();

    World() {
        places.frozen = folder / "frozen.toml";
        places.layout = folder / "layout";
        places.vmcore = folder / "proc/vmcore";
        places.collector = folder / "makedumpfile-lite";
        places.network = folder / "kdump-network";
        places.target = folder / "mnt/target";
        system.hung_marker = places.collector + ".hung";
        places.scratch = folder / "run";
        places.meminfo = folder / "proc/meminfo";
        places.command_line = folder / "proc/cmdline";
        places.panic_timeout = folder / "proc/panic";
        places.kernel_release = folder / "proc/osrelease";
        places.boot_id = folder / "proc/boot_id";
        places.pmsg = folder / "dev/pmsg0";
        places.hardware_watchdog = folder / "dev/watchdog";
        places.sender = folder / "kdump-send";
        put_file(places.vmcore, vmcore);
        put_file(places.meminfo, "MemTotal:         155000 kB\nMemFree: 1 kB\nMemAvailable:     120000 kB\n");
        put_file(places.command_line, "console=ttyS0 panic=10 elfcorehdr=0x1000\n");
        put_file(places.panic_timeout, "0\n");
        put_file(places.kernel_release, "6.1.0-capture\n");
        std::filesystem::create_directories(places.scratch);
        system.disk_table["vda"] = FakeDisk{uuid_a, "ext4", disk("a"), 0, 0, false, 1 << 30};
        frozen.host = "guest";
        frozen.kernel_release = "6.1.0-capture";
        frozen.settings.targets = {target(uuid_a)};
        frozen.settings.failure_action = FinalAction::poweroff;
        collector(dump_well);
        network("exit 0");
    }
    // The body of kdump-network.
    void network(const std::string& body) {
        put_file(places.network, "#!/bin/sh\n" + body + "\n");
        ::chmod(places.network.c_str(), 0755);
    }
    std::string disk(const std::string& name) {
        std::filesystem::create_directories(folder / ("disk-" + name));
        return folder / ("disk-" + name);
    }

    static constexpr const char* dump_well = R"(
        echo "makedumpfile-lite: filtering" >&2
        echo '{"program": "makedumpfile-lite", "complete": true, "pages": {"total": 34, "kept": 16}}' > "$SUMMARY"
        echo "a filtered dump at level $LEVEL" > "$OUT"
    )";
    // The body of the dump half; dmesg is always the same.
    void collector(const std::string& dump_body, const std::string& dmesg_body = {}) {
        const std::string dmesg =
            dmesg_body.empty() ? "printf '[ 1.0] hello\\n[ 2.5] sysrq: Trigger a crash\\n"
                                 "[ 2.6] Kernel panic - not syncing: sysrq triggered crash\\n' > \"$3\""
                               : dmesg_body;
        put_file(places.collector,
                 "#!/bin/sh\nif [ \"$1\" = --dump-dmesg ]; then\n" + dmesg +
                     "\nexit\nfi\nLEVEL=$2 ALGORITHM=$4 SUMMARY=$6 MANIFEST=$8\nVMCORE=$9 OUT=${10}\n" +
                     dump_body + "\n");
        ::chmod(places.collector.c_str(), 0755);
    }
    LifeEnd run() {
        put_file(places.frozen, to_toml(frozen));
        const LifeEnd end = live(system, places, folder.path.string());
        UNSCOPED_INFO(system.console_text());
        return end;
    }
    // The one dump folder on a disk, or "" when there is none.
    std::string dump(const std::string& name = "a") {
        const std::filesystem::path crash = folder / ("disk-" + name + "/var/crash");
        std::string found;
        if (std::filesystem::exists(crash)) {
            for (const auto& entry : std::filesystem::directory_iterator(crash))
                found = entry.path().string();
        }
        return found;
    }
    nlohmann::json summary(const std::string& name = "a") {
        return nlohmann::json::parse(get_file(dump(name) + "/summary.json"));
    }
};

inline bool exists(const std::string& path) {
    return std::filesystem::exists(path);
}

} // namespace kdumpkit::capture
