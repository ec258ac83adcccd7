// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/extract_command.h"

#include "base/file.h"
#include "base/output.h"
#include "base/printable.h"
#include "base/progress.h"
#include "config/raw_frame.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kdumpkit::admin {
namespace {

struct Options {
    std::string device, folder;
    bool keep = false;
};

// A file that is not what its checksum says is left out, not left behind.
Result<> extract_file(int device, const std::string& name, const RawDump::File& file, const std::string& to) {
    KDK_ASSIGN(Fd out, open_file(to, O_WRONLY | O_CREAT | O_EXCL, 0600));
    auto copied =
        read_raw_file(device, file, name, [&](Bytes part) { return write_all(out.get(), part, to); });
    if (copied && ::fsync(out.get()) != 0)
        copied = fail(system_error("write back", to, errno).from(ErrorSide::destination));
    if (!copied)
        ::unlink(to.c_str());
    return copied;
}

// The summary, which calls the dump complete, comes last: a copy that is broken off is no dump.
std::vector<RawDump::File> in_order(std::vector<RawDump::File> files) {
    std::stable_partition(files.begin(), files.end(),
                          [](const RawDump::File& file) { return file.name != "summary.json"; });
    return files;
}

Result<int> run_extract(const Options& options) {
    KDK_ASSIGN(const RawDump dump, read_raw_dump(options.device).map_error([](Error error) {
        return std::move(error).then("kdumpkit list shows the raw targets of the settings that hold a dump");
    }));
    // For writing already here: a dump that could not be marked need not be copied first.
    KDK_ASSIGN(const Fd device, open_file(options.device, options.keep ? O_RDONLY : O_RDWR));
    const std::string folder = options.folder + "/" + dump.folder;
    if (::mkdir(folder.c_str(), 0700) != 0) {
        const char* next = errno == EEXIST ? "remove what an earlier try left there, or name another FOLDER"
                                           : "name a FOLDER that is there and may be written to";
        return fail(system_error("make the folder", folder, errno).then(next).from(ErrorSide::destination));
    }
    std::string text;
    std::optional<Error> failed; // one file must not hold up the others: they tell of the panic, too
    for (const RawDump::File& file : in_order(dump.files)) {
        auto done = extract_file(device.get(), options.device, file, folder + "/" + file.name);
        if (done)
            text += fmt::format("{}/{}  {}\n", folder, file.name, human_bytes(file.bytes));
        else if (!failed)
            failed = std::move(done).error();
    }
    KDK_TRY(sync_folder(folder));
    if (failed) {
        KDK_TRY(print_result(printable_lines(text)));
        return fail(*std::move(failed));
    }
    if (!options.keep)
        KDK_TRY(mark_taken(options.device, dump.folder));
    text +=
        dump.complete ? "the dump is complete\n" : "the dump is not complete: its summary.json says why\n";
    for (const RawDump::File& file : dump.files)
        if (file.name.starts_with("vmcore."))
            text += fmt::format("next: makedumpfile-lite -R {0}/vmcore < {0}/{1}\n", folder, file.name);
    KDK_TRY(print_result(printable_lines(text)));
    return exit_codes::success;
}

} // namespace

std::function<Result<int>()> define_extract(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("DEVICE", options->device, "the partition of a raw: target")->required()->type_name("");
    app.add_option("FOLDER", options->folder, "where the dump's own folder is made")
        ->required()
        ->type_name("");
    app.add_flag("--keep", options->keep,
                 "do not mark it as taken: the next capture then leaves the partition alone");
    app.footer("Every file is checked against its checksum. Afterwards the next capture may write over it.");
    return [options] { return run_extract(*options); };
}

} // namespace kdumpkit::admin
