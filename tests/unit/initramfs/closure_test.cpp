// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/closure.h"
#include "initramfs/strip.h"
#include "temporary_folder.h"
#include "tiny_elf.h"

using namespace kdumpkit;
using namespace kdumpkit::initramfs;
using test::make_object;
using test::TemporaryFolder;
using test::TinyObject;

namespace {

TinyObject needing(std::vector<std::string> names) {
    TinyObject object;
    object.needed = std::move(names);
    return object;
}

Program program(const TinyObject& object, const std::string& folder = "/usr/bin") {
    return {"prog", folder, make_object(object)};
}

std::vector<std::string> paths(const std::vector<Library>& libraries) {
    std::vector<std::string> list;
    for (const Library& library : libraries)
        list.push_back(library.path);
    return list;
}

} // namespace

TEST_CASE("ld.so.conf names folders and includes") {
    const LdConf conf = parse_ld_conf("# comment\n/opt/lib # tail\n\ninclude ld.so.conf.d/*.conf\n"
                                      "include\t/x/*.conf\nhwcap 0 nosegneg\n\t/last");
    CHECK(conf.folders == std::vector<std::string>{"/opt/lib", "/last"});
    CHECK(conf.includes == std::vector<std::string>{"/etc/ld.so.conf.d/*.conf", "/x/*.conf"});
}

TEST_CASE("paths move into /usr only where links lead there") {
    CHECK(merged_usr_path("/lib/x86_64-linux-gnu") == "/usr/lib/x86_64-linux-gnu");
    CHECK(merged_usr_path("/lib64/ld.so") == "/usr/lib64/ld.so");
    CHECK(merged_usr_path("/sbin/x") == "/usr/sbin/x");
    CHECK(merged_usr_path("/usr/lib/x") == "/usr/lib/x");
    CHECK(merged_usr_path("/opt/lib/x") == "/opt/lib/x");
}

TEST_CASE("the closure follows DT_NEEDED through libraries, each once, into the C library's folder") {
    const TemporaryFolder folder;
    folder.file("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
    folder.file("etc/ld.so.conf.d/x.conf", "/opt/lib\n");
    folder.file("usr/lib/x86_64-linux-gnu/libc-2.36.so", make_object(needing({"ld-linux-x86-64.so.2"})));
    folder.link("usr/lib/x86_64-linux-gnu/libc.so.6", "libc-2.36.so");
    folder.file("opt/lib/liba.so.1", make_object(needing({"libb.so.1", "libc.so.6"})));
    folder.file("usr/lib/libb.so.1", make_object(needing({"liba.so.1"}))); // a circle
    folder.file("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", make_object({}));
    folder.link("lib", "usr/lib");
    folder.link("lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");

    TinyObject object = needing({"liba.so.1"});
    object.interpreter = "/lib64/ld-linux-x86-64.so.2";
    const auto libraries = library_closure({program(object), program(object)}, Root(folder.path())).value();
    CHECK(paths(libraries) == std::vector<std::string>{"/usr/lib/x86_64-linux-gnu/liba.so.1",
                                                       "/usr/lib/x86_64-linux-gnu/libb.so.1",
                                                       "/usr/lib/x86_64-linux-gnu/libc.so.6",
                                                       "/usr/lib64/ld-linux-x86-64.so.2"});
    CHECK(libraries[2].source == folder.path() + "/usr/lib/x86_64-linux-gnu/libc-2.36.so");
    CHECK(libraries[0].content.size() < make_object(needing({"libb.so.1", "libc.so.6"})).size()); // stripped
}

TEST_CASE("RPATH and RUNPATH are searched as ld.so does") {
    const TemporaryFolder folder;
    folder.file("usr/lib/libx.so", make_object(needing({})));
    const std::string in_private = folder.file("opt/p/lib/libx.so", make_object(needing({})));
    const auto source = [&](const TinyObject& object) {
        return library_closure({program(object, "/opt/p/bin")}, Root(folder.path())).value().at(0).source;
    };
    TinyObject object = needing({"libx.so"});
    CHECK(source(object) == folder.path() + "/usr/lib/libx.so");
    object.runpath = "/none:$ORIGIN/../lib";
    CHECK(source(object) == in_private);
    object.runpath = "";
    object.rpath = "${ORIGIN}/../lib";
    CHECK(source(object) == in_private);
    object.runpath = "/none"; // a RUNPATH switches the RPATH off
    CHECK(source(object) == folder.path() + "/usr/lib/libx.so");

    // A program's RPATH serves its libraries, its RUNPATH does not.
    folder.file("usr/lib/libouter.so", make_object(needing({"libinner.so"})));
    folder.file("opt/p/lib/libinner.so", make_object(needing({})));
    TinyObject outer = needing({"libouter.so"});
    outer.rpath = "/opt/p/lib";
    CHECK(library_closure({program(outer)}, Root(folder.path())));
    outer.runpath = "/none"; // the RPATH counts for nobody then
    CHECK_FALSE(library_closure({program(outer)}, Root(folder.path())));
    outer.rpath = "";
    outer.runpath = "/opt/p/lib";
    CHECK_FALSE(library_closure({program(outer)}, Root(folder.path())));
}

TEST_CASE("a library for another machine is passed over") {
    const TemporaryFolder folder;
    TinyObject foreign = needing({});
    foreign.machine = EM_AARCH64;
    folder.file("lib/x86_64-linux-gnu/libx.so", make_object(foreign));
    folder.file("lib/libx.so", "INPUT(libx.so.1)"); // a linker script
    const std::string right = folder.file("usr/lib/libx.so", make_object(needing({})));
    const auto libraries = library_closure({program(needing({"libx.so"}))}, Root(folder.path())).value();
    CHECK(libraries.at(0).source == right);
}

TEST_CASE("a missing library or interpreter is named together with who needs it") {
    const TemporaryFolder folder;
    folder.file("usr/lib/liba.so.1", make_object(needing({"libgone.so.7"})));
    const auto missing = library_closure({program(needing({"liba.so.1"}))}, Root(folder.path())).error();
    CHECK(missing.kind == ErrorKind::absent);
    CHECK(missing.object == "libgone.so.7");
    CHECK_THAT(missing.reason, Catch::Contains("liba.so.1 needs it") && Catch::Contains(folder.path()));
    CHECK_FALSE(missing.next_step.empty());

    TinyObject object;
    object.interpreter = "/lib64/ld-none.so";
    const auto interpreter = library_closure({program(object)}, Root(folder.path())).error();
    CHECK(interpreter.object == "/lib64/ld-none.so");
    CHECK_THAT(interpreter.reason, Catch::Contains("prog needs it"));
}

TEST_CASE("a program that is not ELF or lies about its dynamic segment is corrupt") {
    const Root root("");
    CHECK(library_closure({{"prog", "/", {}}}, root).error().kind == ErrorKind::corrupt);
    const auto text = as_bytes("#!/bin/sh\n");
    CHECK(library_closure({{"prog", "/", {text.begin(), text.end()}}}, root).error().kind ==
          ErrorKind::corrupt);
    const auto whole = make_object(needing({"liba.so.1"}));
    const std::size_t loaded = strip(whole).size();
    for (std::size_t length = 0; length < loaded; length += 7) { // whatever is cut off
        INFO(length);
        auto cut = whole;
        cut.resize(length);
        const auto closure = library_closure({{"prog", "/", cut}}, root);
        REQUIRE_FALSE(closure);
        CHECK(closure.error().kind == ErrorKind::corrupt);
    }
    auto lying = whole;
    auto segment = ByteReader(lying).raw<Elf64_Phdr>(sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr)).value();
    segment.p_filesz = ~0ULL;
    std::memcpy(lying.data() + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr), &segment, sizeof segment);
    CHECK(library_closure({{"prog", "/", lying}}, root).error().kind == ErrorKind::corrupt);
}
