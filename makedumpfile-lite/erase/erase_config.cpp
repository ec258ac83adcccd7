// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/erase/erase_config.h"

#include "base/bytes.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace kdumpkit::dump {

namespace {

bool is_name(std::string_view text) {
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
           std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

// Words of a line; what stands in parentheses, spaces and all, belongs to the word behind it.
std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool in_type = false;
    for (const char c : line.substr(0, line.find('#'))) {
        in_type = c == '(' || (in_type && c != ')');
        if (std::isspace(static_cast<unsigned char>(c)) == 0 || in_type) {
            word += c;
        } else if (!word.empty() && word.back() != ')') {
            words.push_back(std::exchange(word, {}));
        }
    }
    if (!word.empty())
        words.push_back(word);
    return words;
}

class Parser {
  public:
    explicit Parser(const std::string& name) : name_(name) {}

    Result<> line(std::string_view text);
    Result<EraseConfig> finish();

  private:
    using Words = std::span<const std::string>;
    [[nodiscard]] Failure wrong(std::string reason) const {
        return Failure(
            make_error(ErrorKind::invalid, "read", fmt::format("{}:{}", name_, line_), std::move(reason))
                .then("see makedumpfile.conf(5) and makedumpfile-lite(8)"));
    }
    [[nodiscard]] Result<ErasePath> path(std::string_view text) const;
    [[nodiscard]] Result<EraseAmount> amount(Words words) const;
    [[nodiscard]] Result<EraseLoop> loop(Words words) const;
    Result<> section(std::string_view text);
    EraseSection& here() {
        if (config_.sections.empty())
            config_.sections.push_back({"vmlinux", {}});
        return config_.sections.back();
    }

    const std::string& name_;
    unsigned line_ = 0;
    std::optional<EraseLoop> loop_; // being filled
    EraseConfig config_;
};

Result<ErasePath> Parser::path(std::string_view text) const {
    ErasePath path;
    const std::string whole(text);
    if (text.starts_with('(')) {
        const std::size_t end = text.find(')');
        if (end == std::string_view::npos)
            return wrong(fmt::format("{}: the parenthesis is not closed", whole));
        path.type = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
    }
    bool first = true;
    for (bool more = true; more;) {
        const std::size_t dot = text.find('.');
        const std::string_view part = text.substr(0, dot);
        if (!is_name(part))
            return wrong(fmt::format("{}: \"{}\" is no name", whole, part));
        if (std::exchange(first, false))
            path.symbol = part;
        else
            path.members.emplace_back(part);
        more = dot != std::string_view::npos;
        text.remove_prefix(more ? dot + 1 : text.size());
    }
    return path;
}

Result<EraseAmount> Parser::amount(Words words) const {
    if (words.empty())
        return EraseAmount(EraseAll{});
    if (words.size() == 1 && words[0] == "nullify")
        return EraseAmount(EraseNullify{});
    if (words.size() != 2 || words[0] != "size")
        return wrong(fmt::format("\"{}\": size and how much, or nullify, is needed here", words[0]));
    std::string_view digits = words[1];
    if (std::isdigit(static_cast<unsigned char>(digits.front())) == 0) {
        KDK_ASSIGN(auto where, path(digits));
        return EraseAmount(EraseSizeAt{std::move(where)});
    }
    const char unit = static_cast<char>(std::toupper(static_cast<unsigned char>(digits.back())));
    const unsigned shift = unit == 'K' ? 10 : unit == 'M' ? 20 : 0;
    if (shift != 0)
        digits.remove_suffix(1);
    constexpr std::uint64_t most = std::uint64_t{1} << 40;
    const auto bytes = parse_number(digits);
    if (!bytes || *bytes == 0 || *bytes > most >> shift)
        return wrong(fmt::format("{} is no size", words[1]));
    return EraseAmount(EraseBytes{*bytes << shift});
}

// for NAME in LIST [via MEMBER | within STRUCT:MEMBER]
Result<EraseLoop> Parser::loop(Words words) const {
    if ((words.size() != 4 && words.size() != 6) || words[2] != "in" || !is_name(words[1]))
        return wrong(
            "for NAME in LIST, with `via MEMBER` or `within STRUCT:MEMBER` behind it, is needed here");
    EraseLoop loop;
    loop.line = line_;
    loop.name = words[1];
    KDK_ASSIGN(loop.list, path(words[3]));
    if (words.size() == 4)
        return loop;
    const std::size_t colon = words[5].find(':');
    if (words[4] == "via" && is_name(words[5])) {
        loop.via = words[5];
    } else if (words[4] == "within" && colon != std::string::npos) {
        loop.within = words[5].substr(0, colon);
        loop.member = words[5].substr(colon + 1);
        if (!is_name(loop.within) || !is_name(loop.member))
            return wrong(fmt::format("{} is not of the form STRUCT:MEMBER", words[5]));
    } else {
        return wrong(
            fmt::format("\"{} {}\": via MEMBER or within STRUCT:MEMBER is needed here", words[4], words[5]));
    }
    return loop;
}

Result<> Parser::section(std::string_view text) {
    const std::string_view module = text.substr(1, text.size() - 2);
    if (!text.ends_with(']') || !is_name(module))
        return wrong(fmt::format("{} is no section: [vmlinux] or [MODULE] is needed", text));
    config_.sections.push_back({std::string(module), {}});
    return {};
}

Result<> Parser::line(std::string_view text) {
    ++line_;
    const std::vector<std::string> all = words_of(text);
    const Words words(all);
    if (words.empty())
        return {};
    if (words[0] == "erase") {
        if (words.size() < 2)
            return wrong("erase what?");
        EraseCommand command;
        command.line = line_;
        KDK_ASSIGN(command.path, path(words[1]));
        KDK_ASSIGN(command.amount, amount(words.subspan(2)));
        if (loop_)
            loop_->body.push_back(std::move(command));
        else
            here().commands.emplace_back(std::move(command));
        return {};
    }
    if (words[0] == "endfor") {
        if (!loop_ || words.size() != 1)
            return wrong("endfor without for");
        if (loop_->body.empty())
            return wrong("nothing is erased in this loop");
        here().commands.emplace_back(*std::exchange(loop_, std::nullopt));
        return {};
    }
    if (loop_)
        return wrong(fmt::format("\"{}\": only erase and endfor can stand in a loop", words[0]));
    if (words[0] == "for") {
        KDK_ASSIGN(loop_, loop(words));
        return {};
    }
    if (words[0].starts_with('[') && words.size() == 1)
        return section(words[0]);
    return wrong(fmt::format("\"{}\": erase, for or [MODULE] is needed here", words[0]));
}

Result<EraseConfig> Parser::finish() {
    if (loop_) {
        line_ = loop_->line;
        return wrong("this loop has no endfor");
    }
    return std::move(config_);
}

} // namespace

std::string ErasePath::text() const {
    std::string text = type.empty() ? symbol : fmt::format("({}){}", type, symbol);
    for (const std::string& member : members)
        text += '.' + member;
    return text;
}

Result<EraseConfig> parse_erase_config(std::string_view text, const std::string& name) {
    Parser parser(name);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        KDK_TRY(parser.line(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parser.finish();
}

} // namespace kdumpkit::dump
