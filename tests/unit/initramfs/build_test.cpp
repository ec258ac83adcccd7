// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.h"
#include "initramfs/build.h"
#include "initramfs/summary.h"
#include "temporary_folder.h"
#include "tiny_elf.h"

#include <filesystem>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::make_module;
using test::TemporaryFolder;

namespace {

const std::string url = "file:///crash?fs=UUID=11111111-2222-3333-4444-555555555555&type=ext9";

// A root with one kernel, and the real programs.
struct Machine : TemporaryFolder {
    Machine() {
        file("root/lib/modules/6.1.0-test/kernel/a.ko", make_module({"depends=b"}));
        file("root/lib/modules/6.1.0-test/kernel/b.ko", make_module({"depends="}));
        file("root/lib/modules/6.1.0-test/kernel/ext9.ko", make_module({"alias=fs-ext9"}));
        file("root/lib/modules/6.1.0-test/modules.builtin", "kernel/c.ko\n");
        file("root/boot/config-6.1.0-test",
             "CONFIG_BLK_DEV_INITRD=y\nCONFIG_PROC_VMCORE=y\nCONFIG_RD_GZIP=y\n");
        for (const char* name : {"kdump-capture", "makedumpfile-lite"})
            file(std::string("programs/") + name, read_file(std::string(PROGRAM_DIR "/") + name).value());
    }
    [[nodiscard]] BuildRequest request() const {
        BuildRequest request;
        request.targets = {url};
        request.root = path() + "/root";
        request.programs = path() + "/programs";
        request.modules = {{"a"}};
        request.host = "web1";
        return request;
    }
};

// Runs a program and gives what it printed; the test fails when the program does.
std::string output_of(const std::vector<std::string>& argv, const std::string& input = "/dev/null") {
    const TemporaryFolder folder;
    const Fd out = open_file(folder.path() + "/out", O_WRONLY | O_CREAT).value();
    const Fd in = open_file(input, O_RDONLY).value();
    const Fd silence = open_file("/dev/null", O_WRONLY).value();
    INFO(argv[0]);
    REQUIRE(spawn({argv, in.get(), out.get(), silence.get()}).value().wait().value().success());
    // Sanitized programs make a large archive.
    return std::string(as_text(read_file(folder.path() + "/out", std::size_t{1} << 30).value()));
}

struct Run {
    int code;
    std::string out, err;
};
Run kdumpkit_build(std::vector<std::string> arguments) {
    const TemporaryFolder folder;
    const Fd out = open_file(folder.path() + "/out", O_WRONLY | O_CREAT).value();
    const Fd err = open_file(folder.path() + "/err", O_WRONLY | O_CREAT).value();
    std::vector<std::string> argv = {PROGRAM_DIR "/kdumpkit", "build"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const int code = spawn({argv, -1, out.get(), err.get()}).value().wait().value().code;
    return {code, read_text(folder.path() + "/out").value(), read_text(folder.path() + "/err").value()};
}

} // namespace

TEST_CASE("a build has the programs, their libraries, the modules in order and the frozen settings") {
    const Machine machine;
    const Build made = build(machine.request()).value();
    CHECK(made.packing == Packing::gzip);
    CHECK(made.frozen.kernel_release == "6.1.0-test");
    CHECK(made.frozen.host == "web1");
    const std::string modules = "/usr/lib/modules/6.1.0-test/kernel/";
    CHECK(made.frozen.modules ==
          std::vector<std::string>{modules + "b.ko", modules + "a.ko", modules + "ext9.ko"});
    CHECK(made.frozen.settings.targets.at(0).url() == url);
    CHECK(made.warnings.empty());

    // Read back by cpio(1), and ld.so itself finds every library inside.
    const std::string packed = machine.file("initramfs", made.archive.bytes);
    const std::string plain = machine.file("initramfs.cpio", output_of({"gzip", "-dc", packed}));
    const std::string listing = output_of({"cpio", "-it"}, plain);
    CHECK_THAT(listing, Catch::Contains("\ndev/console\n") && Catch::Contains("\ninit\n") &&
                            Catch::Contains("usr/lib/modules/6.1.0-test/kernel/a.ko\n"));
    CHECK_THAT(listing, !Catch::Contains("bin/sh") && !Catch::Contains("busybox"));
    const std::string tree = machine.folder("tree");
    std::filesystem::current_path(tree);
    (void)spawn({{"cpio", "-idm", "--no-absolute-filenames", "--quiet"},
                 open_file(plain, O_RDONLY).value().get(),
                 -1,
                 open_file("/dev/null", O_WRONLY).value().get()})
        .value()
        .wait(); // /dev/console needs root
    std::filesystem::current_path("/");
    const Frozen frozen = parse_frozen(read_text(tree + Frozen::path).value(), "frozen").value();
    CHECK(frozen == made.frozen);

    std::string interpreter, folder;
    for (const Part& library : made.libraries) {
        if (library.name.starts_with("ld-"))
            interpreter = library.path;
        if (library.name.starts_with("libc.so"))
            folder = parent_folder(library.path);
    }
    REQUIRE_FALSE(interpreter.empty());
    const std::string found = output_of(
        {tree + interpreter, "--inhibit-cache", "--library-path", tree + folder, "--list", tree + "/init"});
    CHECK_THAT(found, Catch::Contains(tree + folder + "/libc.so.6"));
    for (std::size_t at = found.find("=> "); at != std::string::npos; at = found.find("=> ", at + 1)) {
        const std::string path = found.substr(at + 3, found.find(' ', at + 3) - at - 3);
        INFO(path);
        CHECK((path.starts_with(tree) || path.find("/ld-linux") != std::string::npos));
    }
}

TEST_CASE("the same build gives the same bytes") {
    const Machine machine;
    CHECK(build(machine.request()).value().archive.bytes == build(machine.request()).value().archive.bytes);
    BuildRequest other = machine.request();
    other.host = "web2";
    CHECK(build(machine.request()).value().archive.bytes != build(other).value().archive.bytes);
}

TEST_CASE("what cannot be built says why") {
    const Machine machine;
    const auto error = [](const BuildRequest& request) {
        const auto made = build(request);
        REQUIRE_FALSE(made);
        return made.error();
    };
    BuildRequest request = machine.request();
    request.targets = {"gopher://x"};
    CHECK(error(request).kind == ErrorKind::invalid);
    request.targets = {};
    CHECK_THAT(error(request).object, Catch::Contains("file:///var/crash")); // the default
    CHECK_THAT(error(request).next_step, Catch::Contains("fs="));

    request = machine.request();
    request.release = "6.6";
    CHECK_THAT(error(request).reason, Catch::Contains("6.1.0-test"));
    CHECK_THAT(error(request).next_step, Catch::Contains("capture.kernel")); // kdumpkit arm has no --kver
    request = machine.request();
    request.modules = {{"aa"}};
    CHECK_THAT(error(request).next_step, Catch::Contains("a"));
    request.modules = std::nullopt;
    CHECK_THAT(error(request).next_step, Catch::Contains("--modules"));
    request = machine.request();
    request.programs = machine.path();
    CHECK(error(request).object == "kdump-capture");
    CHECK_THAT(error(request).next_step, Catch::Contains("--programs"));
    request = machine.request();
    request.root = machine.path() + "/none";
    CHECK(error(request).kind == ErrorKind::absent);
    CHECK_FALSE(error(request).next_step.empty());
    request.root = machine.folder("empty");
    CHECK_THAT(error(request).next_step, Catch::Contains("--kver"));
    machine.folder("root/lib/modules/6.1.1");
    CHECK_THAT(error(machine.request()).reason, Catch::Contains("6.1.0-test, 6.1.1"));
    request = machine.request();
    request.release = "6.1.0-test";
    request.config = machine.path() + "/none.toml";
    CHECK(error(request).kind == ErrorKind::absent);
    request.config = machine.file("bad.toml", "level = \n");
    CHECK(error(request).kind == ErrorKind::invalid);
    CHECK_FALSE(error(request).next_step.empty());
    request.config = machine.path();
    CHECK(error(request).kind == ErrorKind::invalid);
    CHECK_FALSE(error(request).next_step.empty());
    request.config.clear();
    request.targets.clear();
    std::filesystem::create_directories(machine.path() + "/root/etc");
    machine.file("root/etc/kdumpkit.toml", "target = 3\n");
    CHECK_THAT(error(request).object, Catch::Contains("root/etc/kdumpkit.toml:1:10"));
    std::filesystem::remove(machine.path() + "/root/etc/kdumpkit.toml");
    request.targets = machine.request().targets;
    machine.file("root/boot/config-6.1.0-test", "CONFIG_BLK_DEV_INITRD=y\n");
    CHECK_THAT(error(request).reason, Catch::Contains("CONFIG_PROC_VMCORE"));
    machine.file("root/boot/config-6.1.0-test", "CONFIG_PROC_VMCORE=y\n");
    CHECK_THAT(error(request).reason, Catch::Contains("CONFIG_BLK_DEV_INITRD"));
}

TEST_CASE("a kernel without a configuration gets an archive that is not packed, and a statement") {
    const Machine machine;
    std::filesystem::remove(machine.path() + "/root/boot/config-6.1.0-test");
    const Build made = build(machine.request()).value();
    CHECK(made.packing == Packing::none);
    REQUIRE(made.warnings.size() == 1);
    CHECK_THAT(made.warnings[0], Catch::Contains("6.1.0-test"));
}

TEST_CASE("a kexec that cannot be prepared is a warning, and the capture is built all the same") {
    const Machine machine;
    BuildRequest request = machine.request();
    request.config = machine.path() + "/kexec.toml";
    machine.file("kexec.toml", "[capture]\nfinal_action = \"kexec\"\n");
    const Build made = build(request).value();
    CHECK_FALSE(made.production);
    REQUIRE_FALSE(made.warnings.empty());
    CHECK(made.warnings.front().find(
              "the capture kernel will reboot through the firmware: cannot prepare a kexec") == 0);
    CHECK(made.frozen.settings.final_action == FinalAction::kexec);
}

TEST_CASE("a kernel with every driver built in needs no folder of modules") {
    const Machine machine;
    BuildRequest request = machine.request();
    request.release = "7.0-monolith";
    request.modules = std::vector<std::string>{};
    const auto unknown = build(request); // nothing speaks of such a kernel
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().kind == ErrorKind::absent);
    CHECK_THAT(unknown.error().reason, Catch::Contains("6.1.0-test"));
    machine.file("root/boot/vmlinuz-7.0-monolith", "MZ");
    const Build made = build(request).value();
    CHECK(made.frozen.modules.empty());
    request.modules = {{"a"}};
    CHECK(build(request).error().kind == ErrorKind::absent);
}

TEST_CASE("a module of the kernel image is listed once, however many targets want it") {
    const Machine machine;
    BuildRequest request = machine.request();
    request.targets = {"file:///x?fs=UUID=1234-ABCD&type=c", "file:///y?fs=UUID=1234-ABCE&type=c"};
    CHECK(build(request).value().built_in == std::vector<std::string>{"c"});
}

TEST_CASE("kdumpkit build replaces its output only with a whole one") {
    const Machine machine;
    const std::string output = machine.file("capture.img", "the old one");
    const std::vector<std::string> good = {"-o",         output,
                                           "--target",   url,
                                           "--root",     machine.path() + "/root",
                                           "--host",     "web1",
                                           "--programs", machine.path() + "/programs"};
    auto arguments = [&](std::vector<std::string> more) {
        std::vector<std::string> all = good;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    Run run = kdumpkit_build(arguments({"--modules", "nonsense"}));
    CHECK(run.code == exit_codes::absent);
    CHECK(run.out.empty());
    CHECK_THAT(run.err, Catch::Contains("nonsense"));
    CHECK(read_text(output).value() == "the old one");

    run = kdumpkit_build(arguments({"--modules", "a,b", "--json"}));
    CHECK(run.err == "");
    REQUIRE(run.code == 0);
    const auto json = nlohmann::json::parse(run.out);
    CHECK(json["bytes"]["packed"] == std::filesystem::file_size(output));
    CHECK(json["modules"].size() == 3);
    CHECK(json["modules"][0]["name"] == "b");
    CHECK(json["packing"] == "gzip");

    run = kdumpkit_build(arguments({"--modules", "a"}));
    CHECK(run.code == 0);
    CHECK_THAT(run.out, Catch::Contains("modules    b a ext9") && Catch::Contains(url));
    for (const auto& entry : std::filesystem::directory_iterator(machine.path()))
        CHECK_THAT(entry.path().string(), !Catch::Contains(".new-"));

    CHECK(kdumpkit_build(arguments({"--modules", "none,a"})).code == exit_codes::invalid);
    auto elsewhere = arguments({"--modules", "a"});
    REQUIRE(::mkfifo((machine.path() + "/pipe").c_str(), 0600) == 0);
    elsewhere[1] = machine.path() + "/pipe";
    CHECK(kdumpkit_build(elsewhere).code == exit_codes::invalid);
    CHECK(std::filesystem::is_fifo(elsewhere[1]));
    elsewhere[1] = machine.path() + "/none/capture.img";
    CHECK(kdumpkit_build(elsewhere).code == exit_codes::destination);
    CHECK(kdumpkit_build({"--target", url}).code == exit_codes::invalid);
}
