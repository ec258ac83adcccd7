// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/foreign_key.h"
#include "config/import.h"
#include "config/keys.h"
#include "config/schema.h"
#include "config/settings.h"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace kdumpkit;
using Catch::Matchers::Contains;

namespace {

// What the formats document: kdump.conf(5) and the sysconfig file of Fedora, kdump-tools(5) and the file of
// Debian's package, kdump(5) of openSUSE.
const std::map<ForeignFormat, std::vector<std::string>> documented = {
    {ForeignFormat::rhel_conf,
     {"raw",
      "nfs",
      "ssh",
      "sshkey",
      "ext4",
      "xfs",
      "btrfs",
      "path",
      "core_collector",
      "kdump_emergency",
      "kdump_post",
      "kdump_pre",
      "extra_bins",
      "extra_modules",
      "failure_action",
      "default",
      "final_action",
      "force_rebuild",
      "force_no_rebuild",
      "override_resettable",
      "dracut_args",
      "fence_kdump_args",
      "fence_kdump_nodes",
      "auto_reset_crashkernel",
      "net",
      "options",
      "link_delay",
      "disk_timeout",
      "debug_mem_level",
      "blacklist",
      "virtiofs"}},
    {ForeignFormat::rhel_sysconfig,
     {"KDUMP_KERNELVER", "KDUMP_COMMANDLINE", "KDUMP_COMMANDLINE_REMOVE", "KDUMP_COMMANDLINE_APPEND",
      "FADUMP_COMMANDLINE_APPEND", "KEXEC_ARGS", "KDUMP_BOOTDIR", "KDUMP_IMG", "KDUMP_IMG_EXT",
      "KDUMP_FILE_LOAD", "VMCORE_CREATION_NOTIFICATION", "KDUMP_STDLOGLVL", "KDUMP_SYSLOGLVL",
      "KDUMP_KMSGLOGLVL"}},
    {ForeignFormat::debian,
     {"USE_KDUMP",
      "KDUMP_SYSCTL",
      "KDUMP_KERNEL",
      "KDUMP_INITRD",
      "KDUMP_COREDIR",
      "KDUMP_FAIL_CMD",
      "KDUMP_DUMP_DMESG",
      "KDUMP_NUM_DUMPS",
      "MAKEDUMP_ARGS",
      "KDUMP_KEXEC_ARGS",
      "KDUMP_CMDLINE",
      "KDUMP_CMDLINE_APPEND",
      "SSH",
      "SSH_KEY",
      "HOSTTAG",
      "NFS",
      "NFS_TIMEO",
      "NFS_RETRANS",
      "NFS_MOUNT_RETRY",
      "SSH_KDUMP_RETRY",
      "FTP",
      "FTP_USER",
      "FTP_PASSWORD",
      "FTP_PORT",
      "KDUMP_COMPRESSION"}},
    {ForeignFormat::suse, {"KDUMP_KERNELVER",         "KDUMP_CPUS",
                           "KDUMP_COMMANDLINE",       "KDUMP_COMMANDLINE_APPEND",
                           "KDUMP_AUTO_RESIZE",       "KDUMP_FADUMP",
                           "KDUMP_FADUMP_SHELL",      "KEXEC_OPTIONS",
                           "MAKEDUMPFILE_OPTIONS",    "KDUMP_IMMEDIATE_REBOOT",
                           "KDUMP_TRANSFER",          "KDUMP_SAVEDIR",
                           "KDUMP_KEEP_OLD_DUMPS",    "KDUMP_FREE_DISK_SIZE",
                           "KDUMP_VERBOSE",           "KDUMP_DUMPLEVEL",
                           "KDUMP_DUMPFORMAT",        "KDUMP_CONTINUE_ON_ERROR",
                           "KDUMP_REQUIRED_PROGRAMS", "KDUMP_PRESCRIPT",
                           "KDUMP_POSTSCRIPT",        "KDUMP_COPY_KERNEL",
                           "KDUMPTOOL_FLAGS",         "KDUMP_NETCONFIG",
                           "KDUMP_SMTP_SERVER",       "KDUMP_SMTP_USER",
                           "KDUMP_SMTP_PASSWORD",     "KDUMP_NOTIFICATION_TO",
                           "KDUMP_NOTIFICATION_CC",   "KDUMP_SSH_HOST_KEY",
                           "KDUMP_SSH_IDENTITY",      "KDUMP_CRASHKERNEL",
                           "KDUMP_UPDATE_BOOTLOADER", "KDUMP_NET_TIMEOUT",
                           "KDUMP_HOST_KEY",          "FADUMP_COMMANDLINE_APPEND"}}};

const ImportNote& note_of(const Import& import, const std::string& key) {
    const auto found = std::find_if(import.notes.begin(), import.notes.end(),
                                    [&](const ImportNote& note) { return note.key == key; });
    REQUIRE(found != import.notes.end());
    return *found;
}

} // namespace

TEST_CASE("every documented key of every format is taken over, or named with the reason") {
    for (const auto& [format, names] : documented)
        for (const std::string& name : names) {
            CAPTURE(to_text(format), name);
            const auto keys = foreign_keys(format);
            const auto found = std::find_if(keys.begin(), keys.end(),
                                            [&](const ForeignKey& key) { return key.name == name; });
            REQUIRE(found != keys.end());
            CHECK((found->take != nullptr || found->why.size() > 10));
            CHECK((found->take == nullptr || found->why.empty()));
            // Whatever stands there, the result is a settings file, and the key is mentioned.
            const std::string line =
                format == ForeignFormat::rhel_conf ? name + " some thing" : name + "=\"some thing\"";
            const Import import = import_settings(line, format);
            CHECK_FALSE(note_of(import, name).text.empty());
            CHECK(parse_settings(import.toml, "x"));
        }
}

TEST_CASE("an import says the same in our settings") {
    struct Row {
        ForeignFormat format;
        std::string text;
        std::vector<std::string> toml;
    };
    for (const Row& row : std::vector<Row>{
             {ForeignFormat::rhel_conf,
              "# comment\next4 UUID=03138356-5e61-4ab3-b58e-27507ac41937\npath /dumps # there\n"
              "core_collector makedumpfile -l --message-level 7 -d 17\nextra_modules nvme xhci_hcd\n"
              "failure_action poweroff\nfinal_action halt\ndisk_timeout 20\n"
              "extra_bins /usr/bin/lsblk\nkdump_pre /bin/before\nfence_kdump_nodes 192.0.2.1 192.0.2.2\n",
              {"target = [\"file:///dumps?fs=UUID=03138356-5e61-4ab3-b58e-27507ac41937&type=ext4\"]",
               "level = 17", "compress = \"lzo\"", "modules = [\"nvme\", \"xhci_hcd\"]",
               "failure_action = \"poweroff\"", "final_action = \"halt\"", "device_timeout = 20",
               "files = [\"/usr/bin/lsblk\"]", "pre = [\"/bin/before\"]",
               "fence_kdump = [\"192.0.2.1\", \"192.0.2.2\"]"}},
             {ForeignFormat::rhel_conf,
              "core_collector cp --sparse=always\npath /data\ndefault dump_to_rootfs\n",
              {"method = \"copy\"", "target = [\"file:///data\", \"file:///var/crash\"]"}},
             {ForeignFormat::rhel_sysconfig,
              "KDUMP_KERNELVER=\"6.8.5-301.fc40.x86_64\"\n"
              "KDUMP_COMMANDLINE_APPEND=\"irqpoll nr_cpus=1 reset_devices numa=off\"\n",
              {"kernel = \"6.8.5-301.fc40.x86_64\"", "append = \"numa=off\""}},
             {ForeignFormat::debian,
              "USE_KDUMP=1\nKDUMP_COREDIR=\"/srv/crash\"\nMAKEDUMP_ARGS=\"-c -d 23\"\nKDUMP_NUM_DUMPS=3\n"
              "KDUMP_KERNEL=/boot/vmlinuz-6.1.0-9-amd64\nKDUMP_FAIL_CMD=\"reboot -f\"\n",
              {"target = [\"file:///srv/crash\"]", "level = 23", "compress = \"zlib\"", "count = 3",
               "kernel = \"6.1.0-9-amd64\"", "failure_action = \"reboot\""}},
             {ForeignFormat::suse,
              "KDUMP_SAVEDIR=\"file:///var/log/dump\"\nKDUMP_DUMPLEVEL=\"15\"\nKDUMP_DUMPFORMAT=\"zstd\"\n"
              "KDUMP_KEEP_OLD_DUMPS=\"5\"\nKDUMP_CPUS=2\nKDUMP_COMMANDLINE_APPEND=\"numa=off\"\n"
              "KDUMP_IMMEDIATE_REBOOT=\"yes\"\n",
              {"target = [\"file:///var/log/dump\"]", "level = 15", "compress = \"zstd\"", "count = 5",
               "append = \"nr_cpus=2 numa=off\"", "final_action = \"reboot\""}},
         }) {
        CAPTURE(row.text);
        CHECK(recognise_foreign(row.text, "x") == row.format);
        const Import import = import_settings(row.text, row.format);
        for (const std::string& line : row.toml)
            CHECK_THAT(import.toml, Contains(line + "\n"));
        for (const ImportNote& note : import.notes) {
            CAPTURE(note.key, note.text);
            CHECK(note.mapped);
        }
        const auto settings = parse_settings(import.toml, "x");
        INFO((settings ? "" : settings.error().message()));
        CHECK(settings);
    }
}

TEST_CASE("what cannot be taken over is said with its line") {
    const Import import =
        import_settings("\next4 LABEL=dumps\nkdump_post sh -c x\ndefualt shell\ndefault shell\n"
                        "core_collector makedumpfile -E -d 99\n",
                        ForeignFormat::rhel_conf);
    CHECK(note_of(import, "ext4").line == 2);
    CHECK_THAT(note_of(import, "ext4").text, Contains("blkid"));
    CHECK_THAT(import.lost_target, Contains("LABEL=dumps"));
    CHECK_THAT(import.toml, Contains("# Its target is not taken over"));
    CHECK_FALSE(note_of(import, "kdump_post").mapped);
    CHECK_THAT(note_of(import, "defualt").text, Contains("did you mean default?"));
    CHECK_THAT(note_of(import, "default").text, Contains("busybox"));
    CHECK_THAT(note_of(import, "core_collector").text, Contains("-E -d 99"));
    CHECK(std::none_of(import.notes.begin(), import.notes.end(),
                       [](const ImportNote& note) { return note.mapped; }));

    const Import shell = import_settings("KDUMP_COREDIR=$HOME/x\n", ForeignFormat::debian);
    CHECK_THAT(note_of(shell, "KDUMP_COREDIR").text, Contains("shell"));
    CHECK_FALSE(recognise_foreign("hello world\n", "x"));
    CHECK_FALSE(recognise_foreign("", "x"));
    CHECK(parse_foreign_format("kdump-tools") == ForeignFormat::debian);
    CHECK_FALSE(parse_foreign_format("xml"));
}

TEST_CASE("a target is taken over, or it is said that it is not") {
    const auto asked = [](const std::string& device) -> std::optional<std::string> {
        return device == "/dev/vdb1" ? std::optional<std::string>("1b4e28ba-2fa1-11d2-883f-0016d3cca427")
                                     : std::nullopt;
    };
    struct Row {
        ForeignFormat format;
        const char* text;
        const char* lost; // "": taken over
    };
    for (const Row& row : std::vector<Row>{
             {ForeignFormat::rhel_conf, "xfs /dev/vdb1\npath /dumps\n", ""},
             {ForeignFormat::rhel_conf, "xfs /dev/vdc1\n", "/dev/vdc1"},
             {ForeignFormat::rhel_conf, "virtiofs share\n", "hypervisor"},
             {ForeignFormat::rhel_conf, "ssh nobody\n", "USER@HOST"},
             {ForeignFormat::rhel_conf, "core_collector makedumpfile -d 99\n", ""},
             {ForeignFormat::debian, "KDUMP_COREDIR=$HOME/x\n", "shell"},
             {ForeignFormat::debian, "NFS=\"server\"\n", "SERVER:/EXPORT"},
             {ForeignFormat::debian, "NFS=\"\"\n", ""},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=cifs://server/share\n", "cifs"},
         }) {
        CAPTURE(row.text);
        const Import import = import_settings(row.text, row.format, asked);
        if (*row.lost == '\0')
            CHECK(import.lost_target.empty());
        else
            CHECK_THAT(import.lost_target, Contains(row.lost));
        CHECK(parse_settings(import.toml, "x"));
    }
    CHECK_THAT(import_settings("xfs /dev/vdb1\npath /dumps\n", ForeignFormat::rhel_conf, asked).toml,
               Contains("file:///dumps?fs=UUID=1b4e28ba-2fa1-11d2-883f-0016d3cca427&type=xfs"));
}

TEST_CASE("a hostile file makes no other settings than its keys say") {
    const Import import =
        import_settings("path /x\"]\n[dump]\nlevel = 0\nextra_modules a\"b\n", ForeignFormat::rhel_conf);
    const auto settings = parse_settings(import.toml, "x");
    if (settings)
        CHECK(settings->level == 31);
}

TEST_CASE("a value that our settings do not take costs no other") {
    for (const auto& [format, text] : std::vector<std::pair<ForeignFormat, std::string>>{
             {ForeignFormat::debian, "KDUMP_CMDLINE_APPEND=\"a\x01"
                                     "b\"\nKDUMP_NUM_DUMPS=3\n"},
             {ForeignFormat::debian, "KDUMP_CMDLINE_APPEND=\"\xff\"\nKDUMP_NUM_DUMPS=3\n"},
             {ForeignFormat::debian, "KDUMP_KERNEL=/boot/vmlinuz-.x\nKDUMP_NUM_DUMPS=3\n"},
             {ForeignFormat::suse, "KDUMP_REQUIRED_PROGRAMS=/a/..\nKDUMP_KEEP_OLD_DUMPS=3\n"},
             {ForeignFormat::suse, "KDUMP_PRESCRIPT=\"/a\x1b\"\nKDUMP_KEEP_OLD_DUMPS=3\n"}}) {
        CAPTURE(text);
        const Import import = import_settings(text, format);
        CHECK_FALSE(import.notes.at(0).mapped);
        CHECK_FALSE(import.notes.at(0).text.empty());
        const auto settings = parse_settings(import.toml, "x");
        REQUIRE(settings);
        CHECK(settings->retention.count == 3);
    }
    // Nor does a target.
    const Import import =
        import_settings("ssh a@\xff\ncore_collector makedumpfile -d 17\n", ForeignFormat::rhel_conf);
    CHECK_FALSE(import.lost_target.empty());
    CHECK(parse_settings(import.toml, "x").value().level == 17);
    CHECK_THAT(import_settings("nfs\n", ForeignFormat::rhel_conf).lost_target, Contains("no value"));
}

TEST_CASE("the schema has every key, with bounds and choices where they can be said") {
    const auto schema = nlohmann::json::parse(settings_schema());
    std::size_t count = 0;
    for (const SettingKey& key : setting_keys()) {
        CAPTURE(key.full_name());
        const auto& properties = key.section.empty()
                                     ? schema["properties"]
                                     : schema["properties"][std::string(key.section)]["properties"];
        CHECK(properties.contains(std::string(key.name)));
        ++count;
    }
    CHECK(count == setting_keys().size());
    const auto& dump = schema["properties"]["dump"]["properties"];
    CHECK(dump["level"]["maximum"] == 31);
    CHECK(dump["method"]["enum"] == nlohmann::json{"filter", "copy"});
    CHECK_FALSE(dump["compress"].contains("enum"));
}
