// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/options.h"

#include "tests/fuzz/target.h"

namespace kdumpkit::fuzz {

namespace {

// One argument a line.
void run(Bytes input) {
    std::vector<std::string> arguments;
    for (std::string_view rest = as_text(input); !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        arguments.emplace_back(line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    const auto options = dump::parse_options(arguments);
    if (options) {
        require(options->level <= 31, "a dump level is at most 31");
        for (const unsigned level : options->next_levels)
            require(level <= 31, "a dump level is at most 31");
    } else {
        require(!options.error().next_step.empty(), "a wrong command line is told what to do");
        require(!options.error().reason.empty(), "a wrong command line is told why");
    }
}

std::vector<Input> seeds() {
    std::vector<Input> all;
    for (const std::string_view text :
         {"-d\n31\n-z\n/proc/vmcore\nvmcore", "--exclude\nzero,cache,user,free\n--compress=zstd:3\na\nb",
          "-cd31\n-f\nin\nout", "-d\n31,16,1\n-L\n1G\n-D\n-F\nin",
          "--split\n--splitblock-size\n64\n-l\nin\na\nb\nc", "--reassemble\na\nb\nc", "-R\nout",
          "--dump-dmesg\nin\nout", "-x\nvmlinux\n-i\ninfo\n-e\n-E\nin\nout",
          "--message-level\n31\n--num-threads\n4\n--summary\n-\n--json\nin\nout", "--\n-d\nx", "-h",
          "--dunp-dmesg\na", "--workers=99999999999999999999\na\nb", "-d\n-1\na\nb", "-d", ""})
        all.push_back(input_of(as_bytes(text)));
    return all;
}

} // namespace

extern const Target options;
const Target options{"options", 2048, run, seeds};

} // namespace kdumpkit::fuzz
