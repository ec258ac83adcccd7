// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/import.h"
#include "config/settings.h"

#include <catch2/catch.hpp>

using namespace kdumpkit;
using Catch::Matchers::Contains;

TEST_CASE("where the other kdump sent its dumps, an import sends them") {
    struct Row {
        ForeignFormat format;
        const char* text;
        const char* toml;
    };
    for (const Row& row : std::vector<Row>{
             // kdump-tools mounts the export over KDUMP_COREDIR.
             {ForeignFormat::debian, "NFS=server:/export\nKDUMP_COREDIR=/srv/crash\n",
              "target = [\"nfs://server/export\"]"},
             {ForeignFormat::debian, "NFS_RETRANS=5\nNFS_TIMEO=\"300\"\nNFS=\"server:/export\"\n",
              "target = [\"nfs://server/export?options=timeo=300,retrans=5\"]"},
             {ForeignFormat::rhel_conf, "nfs [2001:db8::1]:/export\npath /dumps\n",
              "target = [\"nfs://[2001:db8::1]/export/dumps\"]"},
             {ForeignFormat::debian, "FTP=server\n", "target = [\"ftp://server/\"]"},
             {ForeignFormat::debian, "FTP_PORT=2121\nFTP=server:/in/crash\n",
              "target = [\"ftp://server:2121/in/crash\"]"},
             {ForeignFormat::debian, "FTP=server:in\nFTP_USER=me\nFTP_PASSWORD=geheim\n",
              "target = [\"ftp://server/in?credentials=/etc/kdumpkit/ftp\"]"},
             {ForeignFormat::debian, "SSH=me@server\nKDUMP_COREDIR=/srv\nFTP_PORT=21\n",
              "target = [\"sftp://me@server/srv?key=/root/.ssh/kdump_id_rsa&known_hosts="
              "/root/.ssh/known_hosts\"]"},
             {ForeignFormat::debian, "SSH_KEY=/root/key\nSSH=me@server\n",
              "target = [\"sftp://me@server/var/crash?key=/root/key&known_hosts=/root/.ssh/known_hosts\"]"},
             {ForeignFormat::rhel_conf, "ssh me@2001:db8::1\npath /d\t# below\n",
              "target = [\"sftp://me@[2001:db8::1]/d?key=/root/.ssh/kdump_id_rsa&known_hosts="
              "/root/.ssh/known_hosts\"]"},
             {ForeignFormat::rhel_conf, "raw /dev/vdb1\t# a partition\n", "target = [\"raw:/dev/vdb1\"]"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=\"sftp://a@one/x scp://two:2222/y\"\n",
              "target = [\"sftp://a@one/x?key=/root/.ssh/id_ed25519&known_hosts=/root/.ssh/known_hosts\", "
              "\"sftp://root@two:2222/y?key=/root/.ssh/id_ed25519&known_hosts=/root/.ssh/known_hosts\"]"},
             {ForeignFormat::suse, "KDUMP_SSH_IDENTITY=id_dump\nKDUMP_SAVEDIR=\"/a sftp://b@c/d\"\n",
              "target = [\"file:///a\", \"sftp://b@c/d?key=/root/.ssh/id_dump&known_hosts="
              "/root/.ssh/known_hosts\"]"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=\"sftp://a:geheim@one/x\"\n",
              "target = [\"sftp://a@one/x?credentials=/etc/kdumpkit/login&known_hosts="
              "/root/.ssh/known_hosts\"]"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=\"ftp://a:geheim@one:21/x\"\n",
              "target = [\"ftp://one:21/x?credentials=/etc/kdumpkit/login\"]"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=FTP://one/x\n", "target = [\"ftp://one/x\"]"},
         }) {
        CAPTURE(row.text);
        const Import import = import_settings(row.text, row.format);
        CHECK_THAT(import.toml, Contains(row.toml));
        CHECK(import.lost_target.empty());
        CHECK_THAT(import.toml, !Contains("geheim"));
        CHECK(parse_settings(import.toml, "x"));
    }
}

TEST_CASE("a password is neither printed nor written by an import") {
    for (const auto& [format, text] : std::vector<std::pair<ForeignFormat, std::string>>{
             {ForeignFormat::debian, "FTP=server\nFTP_USER=geheim\nFTP_PASSWORD=geheim\n"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=cifs://me:geheim@server/share\n"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=sftp://me:1geh/geheim@server/share\n"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=cifs://me:geh/geheim@server/share\n"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=ftp://me:geheim@server/ KDUMP_SMTP_PASSWORD=geheim\n"},
             {ForeignFormat::suse, "KDUMP_SAVEDIR=http://me:geheim@server/\nKDUMP_SMTP_USER=geheim\n"}}) {
        CAPTURE(text);
        const Import import = import_settings(text, format);
        CHECK_THAT(import.toml + import.lost_target, !Contains("geheim"));
        for (const ImportNote& note : import.notes)
            CHECK_THAT(note.text, !Contains("geheim"));
    }
    // The admin is told what is left to do.
    const Import import = import_settings("FTP=server\nFTP_USER=me\n", ForeignFormat::debian);
    CHECK_FALSE(import.notes.at(1).mapped);
    CHECK_THAT(import.notes.at(1).text, Contains("/etc/kdumpkit/ftp"));
}

TEST_CASE("what removes dumps is not taken over where the other kdump would have kept them") {
    for (const auto& [format, text] : std::vector<std::pair<ForeignFormat, std::string>>{
             {ForeignFormat::debian, "KDUMP_NUM_DUMPS=3\nNFS=server:/export\n"},
             {ForeignFormat::suse, "KDUMP_KEEP_OLD_DUMPS=3\nKDUMP_SAVEDIR=nfs://server/export\n"},
             {ForeignFormat::suse, "KDUMP_FREE_DISK_SIZE=64\n"}}) {
        CAPTURE(text);
        CHECK_THAT(import_settings(text, format).toml, !Contains("retention"));
    }
}

TEST_CASE("the order of keys in a file does not matter, the later of two counts") {
    const Import import =
        import_settings("KDUMP_COMMANDLINE_APPEND=\"numa=off\"\nKDUMP_CPUS=2\nKDUMP_DUMPLEVEL=1\n"
                        "KDUMP_DUMPLEVEL=17\n",
                        ForeignFormat::suse);
    CHECK_THAT(import.toml, Contains("append = \"nr_cpus=2 numa=off\"\n") && Contains("level = 17\n"));
    REQUIRE(import.notes.size() == 4);
    CHECK(import.notes[2].line == 3);
    CHECK_THAT(import.notes[2].text, Contains("line 4"));
    // Of two places for dumps none is chosen in silence.
    CHECK_THAT(import_settings("NFS=a:/b\nSSH=c@d\n", ForeignFormat::debian).lost_target,
               Contains("as a list"));
    CHECK_THAT(import_settings("nfs a:/b\next4 UUID=1\n", ForeignFormat::rhel_conf).lost_target,
               Contains("as a list"));
    // What is lost is not replaced by the default folder; a target may hide in words for dracut.
    for (const char* text :
         {"ext4 LABEL=x\nfailure_action dump_to_rootfs\n", "virtiofs x\nfailure_action dump_to_rootfs\n",
          "path /x\ndracut_args --mount \"/dev/sdb1 /mnt xfs ro\"\n"}) {
        const Import lost = import_settings(text, ForeignFormat::rhel_conf);
        CAPTURE(lost.toml);
        CHECK_FALSE(lost.lost_target.empty());
        CHECK_THAT(lost.toml, !Contains("\ntarget"));
    }
    CHECK(import_settings("dracut_args --omit x\n", ForeignFormat::rhel_conf).lost_target.empty());
    // The mark before UTF-8 hides no key.
    CHECK_THAT(import_settings("\xef\xbb\xbfKDUMP_NUM_DUMPS=3\n", ForeignFormat::debian).toml,
               Contains("count = 3\n"));
}
