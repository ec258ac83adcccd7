// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/options.h"

#include "makedumpfile-lite/option_check.h"
#include "makedumpfile-lite/option_effects.h"
#include "makedumpfile-lite/option_table.h"
#include "makedumpfile-lite/option_values.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

// Walks over the arguments: "-d31", "-d 31", "-cf", "--word=value", "--word value", "--", and what is left
// over.
class Walk {
  public:
    explicit Walk(const std::vector<std::string>& arguments) : arguments_(arguments) {}

    Result<Options> run() {
        command();
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
        KDK_TRY(check_options(options_));
        if (options_.split_block && !options_.split)
            options_.without_effect.emplace_back(
                "--splitblock-size changes nothing here: it goes with --split");
        KDK_TRY(assign_names());
        if (options_.summary == "-" && options_.output == "-" && !options_.dry_run)
            return wrong_use("--summary -", "the dump goes to standard output",
                             "name a file for the summary");
        if (options_.check_only)
            options_.job = Options::Job::check_parameters;
        return options_;
    }

  private:
    // Jobs that makedumpfile does not have are words in front; "./info" is a file.
    void command() {
        constexpr std::pair<std::string_view, Options::Job> commands[] = {{"info", Options::Job::info},
                                                                          {"verify", Options::Job::verify},
                                                                          {"salvage", Options::Job::salvage}};
        for (const auto& [name, job] : commands)
            if (!arguments_.empty() && arguments_.front() == name) {
                options_.job = job;
                next_ = 1;
            }
    }

    // A word may be cut short as long as one option only begins so, as with getopt_long(3).
    static Result<const Option*> named(const std::string& name) {
        const std::string_view word = std::string_view(name).substr(2);
        std::vector<const Option*> begin_so;
        for (const Option& candidate : option_table) {
            if (candidate.word == word && !word.empty())
                return &candidate;
            if (candidate.word.starts_with(word) && !candidate.word.empty())
                begin_so.push_back(&candidate);
        }
        if (begin_so.empty())
            return wrong_use(name, "no such option");
        if (begin_so.size() > 1)
            return wrong_use(
                name, fmt::format("it is short for --{} and for --{}", begin_so[0]->word, begin_so[1]->word));
        return begin_so.front();
    }

    Result<> word(const std::string& text) {
        const auto equals = text.find('=');
        const std::string name = text.substr(0, equals);
        KDK_ASSIGN(const Option* const option, named(name));
        if (!option->has_value && equals != std::string::npos)
            return wrong_use(name, "it takes no value");
        std::optional<std::string> attached;
        if (equals != std::string::npos)
            attached = text.substr(equals + 1);
        return with_value(*option, name, attached);
    }

    Result<> letters(const std::string& text) {
        for (std::size_t i = 1; i < text.size(); ++i) {
            const std::string name = {'-', text[i]};
            const auto* option =
                std::find_if(option_table.begin(), option_table.end(), [&](const Option& candidate) {
                    return candidate.letter != '\0' && candidate.letter == text[i];
                });
            if (option == option_table.end())
                return wrong_use(name, "no such option");
            if (!option->has_value) {
                KDK_TRY(apply_option(options_, *option, name, {}));
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
        if (!option.has_value || attached || option.id == OptionId::refused)
            return apply_option(options_, option, name, attached.value_or(""));
        if (next_ == arguments_.size())
            return wrong_use(name, "it needs a value");
        return apply_option(options_, option, name, arguments_[next_++]);
    }

    Result<> at_most(std::size_t names, std::string_view taken) const {
        if (names_.size() > names)
            return wrong_use(names_[names], fmt::format("{} all that is taken", taken));
        return {};
    }
    Result<> source_needed(std::string_view what, std::string_view example) {
        if (names_.empty())
            return wrong_use("this command line", fmt::format("the {} to read is missing", what),
                             fmt::format("name it{}", example));
        options_.source = names_[0];
        return {};
    }
    Result<> output_needed(std::string_view what) {
        if (names_.size() < 2)
            return wrong_use("this command line", "the file to write is missing",
                             fmt::format("name it behind the {}", what));
        options_.output = names_[1];
        return {};
    }

    Result<> assign_names() {
        using Job = Options::Job;
        switch (options_.job) {
        case Job::rearrange:
            KDK_TRY(at_most(1, "one file to write is"));
            if (names_.empty())
                return wrong_use("-R", "the file to write is missing",
                                 "name it behind -R; the dump comes from standard input");
            options_.source = std::string("-"); // not a literal: g++ 12 warns wrongly (GCC bug 105651)
            options_.output = names_[0];
            return {};
        case Job::reassemble:
            if (names_.size() < 2)
                return wrong_use("--reassemble", "the parts and the file to write are needed",
                                 "name all parts that there are, then the file to write");
            options_.parts.assign(names_.begin(), names_.end() - 1);
            options_.output = names_.back();
            return {};
        case Job::info:
        case Job::verify:
            KDK_TRY(source_needed("dump", ""));
            return at_most(1, "one dump is");
        case Job::memory_usage:
            KDK_TRY(source_needed("vmcore", ", for instance /proc/kcore"));
            return at_most(1, "one vmcore is");
        case Job::write_vmcoreinfo:
            return at_most(0, "-g FILE and -x VMLINUX are");
        case Job::write_layout:
            KDK_TRY(at_most(1, "one vmcore is"));
            if (!names_.empty())
                options_.source = names_[0];
            return {};
        case Job::dmesg:
            KDK_TRY(source_needed("vmcore", ", for instance /proc/vmcore"));
            options_.output = names_.size() > 1 ? names_[1] : "-";
            return at_most(2, "a vmcore and one file to write are");
        default:
            return assign_dump_names();
        }
    }

    Result<> assign_dump_names() {
        const bool salvage = options_.job == Options::Job::salvage;
        KDK_TRY(salvage ? source_needed("dump", "") : source_needed("vmcore", ", for instance /proc/vmcore"));
        if (options_.split) {
            if (names_.size() < 3)
                return wrong_use("--split", "at least two files to write are needed",
                                 "name them behind the vmcore");
            options_.parts.assign(names_.begin() + 1, names_.end());
            options_.output = options_.parts.front();
            return {};
        }
        if (salvage && names_.size() > 2)
            return wrong_use(
                names_[2], "a dump and one file to write are all that is taken",
                "put the files of a split dump together by --reassemble: it saves what they have");
        KDK_TRY(at_most(2, "a vmcore and one file to write are"));
        const bool through_a_pipe = options_.flattened || options_.format == Options::Format::stream;
        if (through_a_pipe || options_.dry_run)
            options_.output = names_.size() > 1 ? names_[1] : "-";
        else
            KDK_TRY(output_needed(salvage ? "dump" : "vmcore"));
        if (options_.output == "-" && !through_a_pipe && !options_.dry_run)
            return Failure(make_error(ErrorKind::unsupported, "write the dump to", "standard output",
                                      "this format needs a file that can be written at offsets")
                               .then("name a file, or give -F or --format stream"));
        return {};
    }

    const std::vector<std::string>& arguments_;
    std::size_t next_ = 0;
    bool only_names_ = false;
    std::vector<std::string> names_;
    Options options_;
};

} // namespace

std::string to_text(Options::Format format) {
    switch (format) {
    case Options::Format::elf:
        return "elf";
    case Options::Format::stream:
        return "stream";
    case Options::Format::kdump:
        break;
    }
    return "kdump-compressed";
}

std::vector<std::string> Options::manifests() const {
    if (manifest.empty())
        return {};
    if (!split)
        return {manifest};
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= parts.size(); ++i)
        names.push_back(fmt::format("{}.{}", manifest, i));
    return names;
}

Result<Options> parse_options(const std::vector<std::string>& arguments) {
    return Walk(arguments).run();
}

} // namespace kdumpkit::dump
