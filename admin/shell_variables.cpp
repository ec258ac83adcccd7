// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shell_variables.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace kdumpkit::admin {
namespace {

constexpr std::size_t longest_value = 64 << 10; // A="$A$A" doubles with each line

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name_part(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9');
}
bool is_one_of(std::string_view set, const std::string& word) {
    return (" " + std::string(set) + " ").find(" " + word + " ") != std::string::npos;
}

class Reader {
  public:
    Reader(ShellVariables& variables, const std::string& file, std::string_view text)
        : variables_(variables), file_(file), text_(text) {}

    void run() {
        while (at_ < text_.size()) {
            statement();
            end_of_statement();
        }
    }

  private:
    struct Assigned {
        std::string name;
        ShellVariable to;
    };

    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    bool skip(std::string_view what) {
        const bool is_there = text_.substr(at_).starts_with(what);
        at_ += is_there ? what.size() : 0;
        return is_there;
    }
    void skip_past(char c) { at_ = std::min(text_.find(c, at_), text_.size() - 1) + 1; }

    void statement() {
        std::vector<Assigned> assigned;
        bool command = false;
        while (at_ < text_.size()) {
            if (peek() == ' ' || peek() == '\t' || skip("\\\n")) {
                at_ += peek() == ' ' || peek() == '\t' ? 1 : 0;
                continue;
            }
            if (peek() == '#')
                at_ = std::min(text_.find('\n', at_), text_.size());
            if (std::string_view("\n;&|()<>").find(peek()) != std::string_view::npos)
                break;
            if (auto one = assignment())
                assigned.push_back(*std::move(one));
            else
                command |= is_command(word().value);
        }
        const bool sure = !command && depth_ == 0 && !conditional_;
        for (Assigned& one : assigned) {
            if (!sure)
                one.to.doubt = file_;
            variables_.set(one.name, std::move(one.to));
        }
    }

    // What a word means that is no assignment; false for what leaves assignments as they are.
    bool is_command(const std::string& word) {
        if (is_one_of("if case for while until select {", word))
            ++depth_;
        else if (is_one_of("fi esac done }", word))
            depth_ -= depth_ > 0 ? 1 : 0;
        else if (is_one_of(". source eval", word))
            variables_.doubt_all(file_);
        else
            variables_.doubt(word, file_); // "unset NAME"
        return !is_one_of("then else do { ! export readonly", word);
    }

    void end_of_statement() {
        const char c = peek();
        at_ += at_ < text_.size() ? 1 : 0;
        if (c == '\n' || c == ';')
            conditional_ = false;
        else if (c == '&' || c == '|')
            conditional_ = true;
        else if (c == '<' && peek() == '<') // text that only looks like statements
            variables_.doubt_all(file_);
        else if (c == '(')
            ++depth_;
        else if (c == ')')
            depth_ -= depth_ > 0 ? 1 : 0;
    }

    std::optional<Assigned> assignment() {
        std::size_t end = at_;
        while (end < text_.size() && (end == at_ ? is_name_start(text_[end]) : is_name_part(text_[end])))
            ++end;
        const std::string name(text_.substr(at_, end - at_));
        const bool appends = text_.substr(end).starts_with("+=");
        if (name.empty() || !(appends || text_.substr(end).starts_with("=")))
            return std::nullopt;
        at_ = end + (appends ? 2 : 1);
        ShellVariable to = word();
        if (appends) {
            const ShellVariable before = variables_.get(name);
            to.value = before.value + to.value;
            to.doubt = to.doubt.empty() ? before.doubt : to.doubt;
        }
        if (to.value.size() > longest_value) {
            to.value.resize(longest_value);
            to.doubt = file_;
        }
        return Assigned{name, std::move(to)};
    }

    ShellVariable word() {
        ShellVariable out;
        while (at_ < text_.size() &&
               std::string_view(" \t\n;&|()<>").find(peek()) == std::string_view::npos) {
            if (skip("\\\n"))
                continue;
            if (skip("'")) {
                const std::size_t begin = at_;
                skip_past('\'');
                out.value += text_.substr(begin, at_ - begin);
                if (out.value.ends_with('\''))
                    out.value.pop_back();
            } else if (skip("\"")) {
                quoted(out);
            } else if (peek() == '\\' && at_ + 1 < text_.size()) {
                out.value += peek(1);
                at_ += 2;
            } else {
                character(out);
            }
        }
        return out;
    }

    void quoted(ShellVariable& out) {
        while (at_ < text_.size() && !skip("\"")) {
            if (skip("\\\n"))
                continue;
            if (peek() == '\\' && at_ + 1 < text_.size() &&
                std::string_view("$`\"\\").find(peek(1)) != std::string_view::npos) {
                out.value += peek(1);
                at_ += 2;
            } else {
                character(out);
            }
        }
    }

    // One that is itself, or an expansion.
    void character(ShellVariable& out) {
        if (peek() == '`') {
            ++at_;
            skip_past('`');
            out.doubt = file_;
        } else if (peek() == '$') {
            expansion(out);
        } else {
            out.value += text_[at_++];
        }
    }

    void expansion(ShellVariable& out) {
        ++at_;
        const bool braces = skip("{");
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_name_part(peek()))
            ++at_;
        const std::string name(text_.substr(begin, at_ - begin));
        if (!name.empty() && is_name_start(name.front()) && (!braces || skip("}"))) {
            const ShellVariable variable = variables_.get(name);
            out.value += variable.value;
            if (out.doubt.empty())
                out.doubt = variable.doubt;
            return;
        }
        out.doubt = file_; // ${NAME:-...}, $(...), $1
        if (braces)
            skip_past('}');
        else if (peek() == '(')
            skip_parentheses();
    }

    void skip_parentheses() {
        std::size_t open = 0;
        do {
            open += peek() == '(' ? 1 : 0;
            open -= peek() == ')' ? 1 : 0;
            ++at_;
        } while (open != 0 && at_ < text_.size());
    }

    ShellVariables& variables_;
    const std::string& file_;
    std::string_view text_;
    std::size_t at_ = 0, depth_ = 0; // depth: of if, case and the like
    bool conditional_ = false;       // behind && or ||
};

} // namespace

void ShellVariables::read(const std::string& file, std::string_view text) {
    Reader(*this, file, text).run();
}

ShellVariable ShellVariables::get(const std::string& name) const {
    const auto found = variables_.find(name);
    ShellVariable variable = found == variables_.end() ? ShellVariable{} : found->second;
    if (variable.doubt.empty())
        variable.doubt = sourced_;
    return variable;
}

void ShellVariables::doubt(const std::string& name, const std::string& file) {
    if (const auto found = variables_.find(name); found != variables_.end())
        found->second.doubt = file;
}

} // namespace kdumpkit::admin
