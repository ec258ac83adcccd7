// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/options.h"

#include "base/bytes.h"
#include "makedumpfile-lite/filter.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

enum class Id {
    level,
    zlib,
    lzo,
    snappy,
    zstd,
    compress,
    per_cpu_free,
    overwrite,
    workers,
    threads,
    summary,
    dry_run,
    dmesg,
    messages,
    debug,
    report,
    check,
    help,
    version,
    no_effect,
    refused,
};

struct Option {
    char letter;           // '\0': none
    std::string_view word; // empty: none
    Id id;
    bool has_value;
    std::string_view note = {}; // why it has no effect, or what to do instead
};

constexpr std::array table = {
    Option{'d', "dump-level", Id::level, true},
    Option{'c', "", Id::zlib, false},
    Option{'l', "", Id::lzo, false},
    Option{'p', "", Id::snappy, false},
    Option{'z', "", Id::zstd, false},
    Option{'\0', "compress", Id::compress, true},
    Option{'\0', "exclude-per-cpu-free", Id::per_cpu_free, true},
    Option{'f', "force", Id::overwrite, false},
    Option{'\0', "workers", Id::workers, true},
    Option{'\0', "num-threads", Id::threads, true},
    Option{'\0', "summary", Id::summary, true},
    Option{'\0', "dry-run", Id::dry_run, false},
    Option{'\0', "dump-dmesg", Id::dmesg, false},
    Option{'\0', "message-level", Id::messages, true},
    Option{'D', "debug", Id::debug, false},
    Option{'\0', "show-stats", Id::report, false},
    Option{'\0', "check-params", Id::check, false},
    Option{'h', "help", Id::help, false},
    Option{'v', "version", Id::version, false},

    Option{'b', "", Id::no_effect, true, "pages are written in blocks of a fixed size"},
    Option{'\0', "cyclic-buffer", Id::no_effect, true, "page sets are kept sparse, not in cycles"},
    Option{'\0', "non-cyclic", Id::no_effect, false, "page sets are kept sparse, not in cycles"},
    Option{'\0', "work-dir", Id::no_effect, true, "no temporary file is needed"},
    Option{'\0', "non-mmap", Id::no_effect, false, "reading falls back from mmap by itself"},

    Option{'E', "", Id::refused, false, "leave -E out: the dump is written in the kdump-compressed format"},
    Option{'F', "", Id::refused, false, "leave -F out and name a file; to send it on, copy that file"},
    Option{'R', "", Id::refused, false, "rearrange a flattened dump with `makedumpfile -R`"},
    Option{'L', "", Id::refused, true,
           "leave -L out; a dump that meets a full disk stays readable as far as it got"},
    Option{'x', "", Id::refused, true, "leave -x out: VMCOREINFO and BTF are read from the vmcore itself"},
    Option{'i', "", Id::refused, true, "leave -i out: VMCOREINFO is read from the vmcore itself"},
    Option{'g', "", Id::refused, true, "read VMCOREINFO from the vmcore's notes with `readelf -n`"},
    Option{'e', "", Id::refused, false, "leave -e out: the memory map of dropped pages is kept"},
    Option{'X', "", Id::refused, false, "use makedumpfile for a Xen dump"},
    Option{'\0', "xen-syms", Id::refused, true, "use makedumpfile for a Xen dump"},
    Option{'\0', "xen-vmcoreinfo", Id::refused, true, "use makedumpfile for a Xen dump"},
    Option{'\0', "xen_phys_start", Id::refused, true, "use makedumpfile for a Xen dump"},
    Option{'\0', "config", Id::refused, true, "leave --config out: data inside kept pages is not erased"},
    Option{'\0', "eppic", Id::refused, true, "leave --eppic out: data inside kept pages is not erased"},
    Option{'\0', "split", Id::refused, false, "leave --split out and name one file"},
    Option{'\0', "splitblock-size", Id::refused, true, "leave --splitblock-size out: dumps are not split"},
    Option{'\0', "reassemble", Id::refused, false,
           "put split dumps together with `makedumpfile --reassemble`"},
    Option{'\0', "diskset", Id::refused, true, "use makedumpfile for a disk set"},
    Option{'\0', "vtop", Id::refused, true, "translate addresses with crash (`vtop`) or drgn"},
    Option{'\0', "mem-usage", Id::refused, false, "use --dry-run to learn how large a dump would be"},
    Option{'\0', "partial-dmesg", Id::refused, false,
           "leave --partial-dmesg out: the whole log is extracted"},
};

Failure wrong(std::string object, std::string reason, std::string next = "see makedumpfile-lite --help") {
    return Failure(
        make_error(ErrorKind::invalid, "use", std::move(object), std::move(reason)).then(std::move(next)));
}

Result<unsigned> number(std::string_view option, std::string_view value, unsigned highest,
                        unsigned lowest = 0) {
    const auto parsed = parse_number(value);
    if (!parsed || *parsed > highest || *parsed < lowest)
        return wrong(fmt::format("{} {}", option, value),
                     fmt::format("a number from {} to {} is needed", lowest, highest));
    return static_cast<unsigned>(*parsed);
}

Result<> set_level(Options& options, std::string_view name, std::string_view value) {
    if (value.find(',') != std::string_view::npos)
        return Failure(make_error(ErrorKind::unsupported, "use", fmt::format("{} {}", name, value),
                                  "a list of levels to retry is not built")
                           .then("give one level"));
    const auto level = number(name, value, DumpLevel::highest);
    if (!level)
        return Failure(
            Error(level.error())
                .then("add up: 1 zero pages, 2 cache, 4 cache with private data, 8 user, 16 free"));
    options.level = *level;
    return {};
}

Result<> apply(Options& options, const Option& option, const std::string& name, const std::string& value) {
    constexpr unsigned most_workers = 256;
    switch (option.id) {
    case Id::level:
        return set_level(options, name, value);
    case Id::zlib:
        options.compression = default_compression(Algorithm::zlib);
        return {};
    case Id::lzo:
        options.compression = default_compression(Algorithm::lzo);
        return {};
    case Id::snappy:
        options.compression = default_compression(Algorithm::snappy);
        return {};
    case Id::zstd:
        options.compression = default_compression(Algorithm::zstd);
        return {};
    case Id::compress: {
        KDK_ASSIGN(options.compression, parse_compression(value));
        return {};
    }
    case Id::per_cpu_free:
        options.per_cpu_free = value == "on";
        return value == "on" || value == "off" ? Result<>()
                                               : wrong(name + " " + value, "on or off is needed");
    case Id::overwrite:
        options.overwrite = true;
        return {};
    case Id::workers:
    case Id::threads: {
        KDK_ASSIGN(options.workers, number(name, value, most_workers, option.id == Id::workers ? 1 : 0));
        options.workers = std::max(options.workers, 1U); // --num-threads 0 is makedumpfile's serial way
        return {};
    }
    case Id::summary:
        options.summary = value;
        return value.empty() ? wrong(name, "it needs a file") : Result<>();
    case Id::dry_run:
        options.dry_run = true;
        return {};
    case Id::dmesg:
        options.job = Options::Job::dmesg;
        return {};
    case Id::messages: {
        KDK_ASSIGN(options.messages, number(name, value, Messages::highest));
        return {};
    }
    case Id::debug:
        options.messages |= Messages::debug;
        return {};
    case Id::report:
        options.messages |= Messages::report;
        return {};
    case Id::check:
        options.job = Options::Job::check_parameters;
        return {};
    case Id::help:
        options.job = Options::Job::help;
        return {};
    case Id::version:
        options.job = Options::Job::version;
        return {};
    case Id::no_effect:
        options.without_effect.push_back(fmt::format("{} changes nothing here: {}", name, option.note));
        return {};
    case Id::refused:
        return Failure(
            make_error(ErrorKind::unsupported, "use", name, "makedumpfile-lite does not do this yet")
                .then(std::string(option.note)));
    }
    return {};
}

// Walks over the arguments: "-d31", "-d 31", "-cf", "--word=value", "--word value", "--", and what is left
// over.
class Walk {
  public:
    explicit Walk(const std::vector<std::string>& arguments) : arguments_(arguments) {}

    Result<Options> run() {
        while (next_ < arguments_.size()) {
            const std::string& text = arguments_[next_++];
            if (only_names_ || text.size() < 2 || text[0] != '-')
                names_.push_back(text);
            else if (text == "--")
                only_names_ = true;
            else if (text[1] == '-')
                KDK_TRY(word(text));
            else
                KDK_TRY(letters(text));
            if (options_.job == Options::Job::help || options_.job == Options::Job::version)
                return options_;
        }
        KDK_TRY(assign_names());
        return options_;
    }

  private:
    Result<> word(const std::string& text) {
        const auto equals = text.find('=');
        const std::string name = text.substr(0, equals);
        const auto* option = std::find_if(table.begin(), table.end(), [&](const Option& candidate) {
            return !candidate.word.empty() && candidate.word == std::string_view(name).substr(2);
        });
        if (option == table.end())
            return wrong(name, "no such option");
        if (!option->has_value && equals != std::string::npos)
            return wrong(name, "it takes no value");
        std::optional<std::string> attached;
        if (equals != std::string::npos)
            attached = text.substr(equals + 1);
        return with_value(*option, name, attached);
    }

    Result<> letters(const std::string& text) {
        for (std::size_t i = 1; i < text.size(); ++i) {
            const std::string name = {'-', text[i]};
            const auto* option = std::find_if(table.begin(), table.end(), [&](const Option& candidate) {
                return candidate.letter != '\0' && candidate.letter == text[i];
            });
            if (option == table.end())
                return wrong(name, "no such option");
            if (!option->has_value) {
                KDK_TRY(apply(options_, *option, name, {}));
                continue;
            }
            return with_value(*option, name,
                              i + 1 < text.size() ? std::optional(text.substr(i + 1)) : std::nullopt);
        }
        return {};
    }

    Result<> with_value(const Option& option, const std::string& name,
                        const std::optional<std::string>& attached) {
        // A refused option is refused whether its value is there or not.
        if (!option.has_value || attached || option.id == Id::refused)
            return apply(options_, option, name, attached.value_or(""));
        if (next_ == arguments_.size())
            return wrong(name, "it needs a value");
        return apply(options_, option, name, arguments_[next_++]);
    }

    Result<> assign_names() {
        const bool dmesg = options_.job == Options::Job::dmesg;
        if (dmesg && options_.dry_run)
            return wrong("--dry-run", "it does not go with --dump-dmesg");
        const bool output_needed = !dmesg && !options_.dry_run;
        if (names_.empty())
            return wrong("this command line", "the vmcore to read is missing",
                         "name it, for instance /proc/vmcore");
        if (names_.size() < 2 && output_needed)
            return wrong("this command line", "the file to write is missing", "name it behind the vmcore");
        if (names_.size() > 2)
            return wrong(names_[2], "a vmcore and one file to write are all that is taken");
        options_.source = names_[0];
        options_.output = names_.size() == 2 ? names_[1] : "-";
        if (output_needed && options_.output == "-")
            return Failure(make_error(ErrorKind::unsupported, "write the dump to", "standard output",
                                      "this format needs a file that can be written at offsets")
                               .then("name a file"));
        return {};
    }

    const std::vector<std::string>& arguments_;
    std::size_t next_ = 0;
    bool only_names_ = false;
    std::vector<std::string> names_;
    Options options_;
};

} // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
    return Walk(arguments).run();
}

std::string_view help_text() {
    return R"(makedumpfile-lite: save the memory of a crashed kernel, filtered and compressed

  makedumpfile-lite [options] VMCORE DUMPFILE
  makedumpfile-lite --dump-dmesg [-f] VMCORE [FILE]

what is left out
  -d, --dump-level N     the sum of: 1 zero pages, 2 page cache, 4 page cache with private data,
                         8 user memory, 16 free pages (0 to 31, default 0: everything is kept)
  --exclude-per-cpu-free on|off
                         with 16, also free pages that a CPU holds for itself (default on; off
                         keeps them, as makedumpfile does)
how it is written (kdump-compressed format, version 6)
  --compress ALGORITHM   zstd[:LEVEL], lzo, snappy, zlib[:LEVEL] or none (default)
  -z  -l  -p  -c         the same: zstd, lzo, snappy, zlib; older tools cannot read zstd
  -f, --force            replace DUMPFILE, or FILE, if it exists
  --workers N            threads that read and compress, 1 to 256 (default: one per CPU); the dump is the
                         same for every N
  --num-threads N        the same; 0 means 1
  --dry-run              do everything but write DUMPFILE, and say how large it would be
what is said
  --summary FILE         a summary in JSON; - is standard output
  --message-level N      the sum of: 1 progress, 2 results, 4 errors, 8 debug, 16 report (default 7)
  -D, --debug            as --message-level with 8 added
  --show-stats           as --message-level with 16 added
other jobs
  --dump-dmesg           write the kernel's log to FILE; without one, or with -, to standard output
  --check-params         only check the command line
  -h, --help             -v, --version

exit codes: 0 done, 1 system, 2 wrong use, 3 absent, 4 corrupt input, 5 unsupported, 6 destination failed
)";
}

} // namespace kdumpkit::dump
