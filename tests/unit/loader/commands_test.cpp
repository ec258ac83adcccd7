// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program itself, on the files of a made-up machine: it plans for that machine and never loads anything.
#include "base/file.h"
#include "base/process.h"
#include "fixtures.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

using namespace kdumpkit;
using namespace kdumpkit::loader;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

class Place {
  public:
    Place() {
        char name[] = "/tmp/kdumpkit-loader-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        root_ = name;
        const Machine m = fixtures::machine();
        put("proc/iomem", m.iomem);
        put("proc/cmdline", m.command_line + "\n");
        put("proc/sys/kernel/kexec_load_disabled", "0\n");
        put("proc/kcore", as_text(m.kcore));
        put("sys/kernel/vmcoreinfo", m.vmcoreinfo + "\n");
        put("sys/kernel/kexec_crash_size", "1\n");
        put("sys/kernel/kexec/crash_size", m.crash_size + "\n"); // the newer path wins
        put("sys/kernel/kexec_crash_loaded", "0\n");
        put("sys/kernel/kexec_loaded", "1\n");
        put("sys/kernel/crash_elfcorehdr_size", "8192\n");
        put("proc/sys/kernel/kexec_load_limit_panic", "5\n");
        put("proc/self/status", "Name:\tx\nCapEff:\t0000000000400000\n");
        for (unsigned cpu = 0; cpu < 2; ++cpu) {
            const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu);
            put(folder + "/crash_notes", m.cpus[cpu].crash_notes + "\n");
            put(folder + "/crash_notes_size", "384\n");
        }
        put("sys/devices/system/cpu/cpufreq/x", "");
        put("sys/firmware/memmap/0/start", "0x3fff0000\n");
        put("sys/firmware/memmap/0/end", "0x3fffffff\n");
        put("sys/firmware/memmap/0/type", "ACPI Tables\n");
        put("vmlinuz", as_text(fixtures::bzimage()));
        put("initrd", as_text(fixtures::initrd()));
    }
    ~Place() { fs::remove_all(root_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }
    void put(const std::string& name, std::string_view text) const {
        fs::create_directories(fs::path(path(name)).parent_path());
        REQUIRE(write_file_atomically(path(name), text));
    }

    struct Outcome {
        int code;
        std::string output, errors;
    };
    [[nodiscard]] Outcome run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), std::string(PROGRAM_DIR) + "/kdumpkit");
        const auto out = open_file(path("out"), O_WRONLY | O_CREAT | O_TRUNC);
        const auto err = open_file(path("err"), O_WRONLY | O_CREAT | O_TRUNC);
        auto child = spawn({arguments, -1, out->get(), err->get()});
        REQUIRE(child);
        const auto status = child->wait();
        REQUIRE(status);
        CHECK(status->signal == 0);
        return {status->code, *read_text(path("out")), *read_text(path("err"))};
    }
    [[nodiscard]] Outcome plan(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments{"load",     "--plan",        "--root",   root_,
                                           "--kernel", path("vmlinuz"), "--initrd", path("initrd")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }

  private:
    std::string root_;
};

} // namespace

TEST_CASE("a machine is gathered from its files") {
    const Place place;
    const auto machine = gather_machine(place.path(""));
    REQUIRE(machine);
    CHECK(machine->crash_size == "201326592");
    CHECK(machine->crash_loaded == "0");
    // Each file by itself: there, or at its older place.
    CHECK(machine->reboot_loaded == "1");
    CHECK(machine->elfcorehdr_size == "8192");
    CHECK(machine->limit_panic == "5");
    CHECK(machine->limit_reboot.empty());
    CHECK(machine->may_boot);
    CHECK_FALSE(machine->has_systemd);
    CHECK(machine->ramoops.empty());
    place.put("sys/module/ramoops/parameters/mem_size", "4096\n");
    place.put("sys/kernel/kexec/loaded", "0\n");
    place.put("sys/kernel/kexec/crash_elfcorehdr_size", "4096\n");
    place.put("proc/self/status", "Name:\tx\nCapEff:\t00000000ffbfffff\n");
    const auto newer = gather_machine(place.path(""));
    CHECK(newer->ramoops == std::map<std::string, std::string>{{"mem_size", "4096"}});
    CHECK(newer->reboot_loaded == "0");
    CHECK(newer->elfcorehdr_size == "4096");
    CHECK_FALSE(newer->may_boot);
    CHECK(machine->cpus.size() == 2);
    CHECK(machine->cpus[1].crash_notes == "31100000");
    CHECK(machine->kcore == fixtures::machine().kcore);
    CHECK(machine->firmware_memmap.size() == 1);
    CHECK(machine->firmware_memmap[0].type == "ACPI Tables");
    CHECK(machine->efi_runtime_map.empty());
    CHECK(gather_machine(place.path("nowhere")).error().kind == ErrorKind::absent);
}

TEST_CASE("load --plan shows the plan of another machine and loads nothing") {
    const Place place;
    const auto outcome = place.plan();
    CHECK(outcome.code == exit_codes::success);
    CHECK_THAT(outcome.output, Contains("kexec_load of bzImage 6.1.0-test") && Contains("0x0033000000"));
    CHECK(outcome.errors.empty());
    CHECK_THAT(place.plan({"--json"}).output, Contains("\"segments\""));
    CHECK_THAT(place.plan({"--syscall", "kexec_file_load"}).output, Contains("kexec_file_load of"));
    CHECK_THAT(place.plan({"--append", "debug"}).output, Contains(" debug elfcorehdr=0x3"));
    const auto reboot = place.plan({"--reboot", "--append", "debug"});
    CHECK(reboot.code == exit_codes::success);
    CHECK_THAT(reboot.output, Contains("for a reboot") && Contains("crashkernel=192M debug") &&
                                  !Contains("elfcorehdr") && Contains("usable"));
    CHECK_THAT(place.plan({"--reboot", "--json"}).output, Contains("\"purpose\": \"reboot\""));
    CHECK(place.plan({"--reuse-cmdline"}).code == exit_codes::invalid);
    CHECK(place.plan({"--preserve-context"}).code == exit_codes::invalid);
    CHECK(place.plan({"--reboot", "--dtb", place.path("vmlinuz")}).code == exit_codes::invalid);
}

TEST_CASE("load --plan shows what would not be loaded, and says so") {
    const Place place;
    CHECK_THAT(place.plan().output, !Contains("would not be loaded"));
    place.put("proc/sys/kernel/kexec_load_limit_panic", "0\n");
    const auto used_up = place.plan();
    CHECK(used_up.code == exit_codes::success);
    CHECK_THAT(used_up.output, Contains("entry ") && Contains("it would not be loaded: ") &&
                                   Contains("kexec_load_limit_panic is 0"));
    CHECK_THAT(place.plan({"--reboot"}).output, !Contains("would not be loaded"));
    place.put("proc/sys/kernel/kexec_load_disabled", "1\n");
    for (const char* syscall : {"kexec_load", "kexec_file_load"}) {
        const auto disabled = place.plan({"--json", "--syscall", syscall});
        CHECK(disabled.code == exit_codes::success);
        CHECK_THAT(disabled.output, Contains("kexec_load_disabled is 1"));
    }
}

TEST_CASE("bad input ends with one message and the documented exit code") {
    const Place place;
    const auto outcome = [&](const std::string& file, std::string_view text, int code, const char* says) {
        const std::string saved = *read_text(place.path(file));
        place.put(file, text);
        const auto got = place.plan();
        INFO(got.errors);
        CHECK(got.code == code);
        CHECK_THAT(got.errors, Contains(says) && Contains("kdumpkit load: "));
        CHECK(got.output.empty());
        place.put(file, saved);
    };
    outcome("vmlinuz", "", exit_codes::corrupt, "an empty file");
    outcome("vmlinuz",
            "\x7f"
            "ELF and more",
            exit_codes::invalid, "an ELF file");
    outcome("vmlinuz", as_text(fixtures::bzimage()).substr(0, 5000), exit_codes::corrupt, "truncated");
    outcome("initrd", "", exit_codes::corrupt, "it is empty");
    outcome("proc/iomem", "00100000-3ffd6fff : System RAM\n", exit_codes::absent, "next: ");
    outcome("proc/iomem",
            "00100000-3ffd6fff : System RAM\n  2e400000-2f201ef1 : Kernel code\n  33000000-330fffff : Crash "
            "kernel\n",
            exit_codes::absent, "too small by");
    outcome("proc/iomem", "junk\n", exit_codes::corrupt, "line 1");
    outcome("sys/kernel/vmcoreinfo", "\n", exit_codes::absent, "vmcoreinfo");
    CHECK(place.plan({"--syscall", "kexec"}).code == exit_codes::invalid);
    CHECK(place.plan({"--command-line", std::string(3000, 'x')}).code == exit_codes::invalid);
    CHECK(place.plan({"--append", "a", "--command-line", "b"}).code == exit_codes::invalid);
}

TEST_CASE("files that are missing or are no files are named") {
    const Place place;
    auto got = place.run({"load", "--plan", "--root", place.path(""), "--kernel", place.path("none"),
                          "--initrd", place.path("initrd")});
    CHECK(got.code == exit_codes::absent);
    CHECK_THAT(got.errors, Contains(place.path("none")));
    got = place.run({"load", "--plan", "--root", place.path(""), "--kernel", place.path("vmlinuz"),
                     "--initrd", place.path("none")});
    CHECK(got.code == exit_codes::absent);
    got = place.run({"load", "--plan", "--root", place.path(""), "--kernel", "/dev/zero", "--initrd",
                     place.path("initrd")});
    CHECK(got.code == exit_codes::invalid);
    CHECK_THAT(got.errors, Contains("not a regular file"));
    // --root is another machine: nothing may be loaded from it.
    got = place.run({"load", "--root", place.path(""), "--kernel", place.path("vmlinuz"), "--initrd",
                     place.path("initrd")});
    CHECK(got.code == exit_codes::invalid);
    got = place.run({"load"});
    CHECK(got.code == exit_codes::invalid);
    CHECK_THAT(got.errors, Contains("--kernel is required"));
    for (const char* option : {"--kernel", "--initrd", "--dtb", "--syscall", "--append", "--command-line"})
        CHECK(place.run({"load", "--again", option, "x"}).code == exit_codes::invalid);
    got = place.run({"load", "--again"}); // nothing was loaded here
    CHECK(got.code == exit_codes::absent);
    CHECK_THAT(got.errors, Contains("/run/kdumpkit/loaded.json"));
    got =
        place.run({"load", "--plan", "--root", place.path(""), "--kernel", "", "--initrd", place.path("x")});
    CHECK(got.code == exit_codes::invalid);
    CHECK_THAT(got.errors, Contains("the name is empty") && Contains("next: "));
    got = place.run({"load", "--plan", "--root", place.path("none"), "--kernel", place.path("vmlinuz"),
                     "--initrd", place.path("initrd")});
    CHECK(got.code == exit_codes::absent);
    CHECK_THAT(got.errors, Contains("next: name a folder that holds"));
}
