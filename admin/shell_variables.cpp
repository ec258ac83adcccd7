// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shell_variables.h"

#include "base/shell_text.h"

#include <optional>
#include <vector>

namespace kdumpkit::admin {
namespace {

constexpr std::size_t longest_value = 64 << 10; // A="$A$A" doubles with each line

bool is_one_of(std::string_view set, const std::string& word) {
    return (" " + std::string(set) + " ").find(" " + word + " ") != std::string::npos;
}

class Reader {
  public:
    Reader(ShellVariables& variables, const std::string& file, std::string_view text)
        : variables_(variables), file_(file), text_(text) {}

    void run() {
        while (!text_.at_end()) {
            statement();
            end_of_statement();
        }
    }

  private:
    struct Assigned {
        std::string name;
        ShellVariable to;
    };

    void statement() {
        std::vector<Assigned> assigned;
        bool command = false;
        for (text_.skip_blanks(); !text_.at_end(); text_.skip_blanks()) {
            if (text_.is_at("#"))
                text_.skip_line();
            if (text_.at_end() || text_.is_at("\n;&|()<>"))
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
        const char c = text_.take();
        if (c == '\n' || c == ';')
            conditional_ = false;
        else if (c == '&' || c == '|')
            conditional_ = true;
        else if (c == '<' && text_.is_at("<")) // text that only looks like statements
            variables_.doubt_all(file_);
        else if (c == '(')
            ++depth_;
        else if (c == ')')
            depth_ -= depth_ > 0 ? 1 : 0;
    }

    std::optional<Assigned> assignment() {
        ShellText ahead = text_;
        const std::string name = ahead.take_name();
        const bool appends = ahead.skip("+=");
        if (name.empty() || !(appends || ahead.skip("=")))
            return std::nullopt;
        text_ = ahead;
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
        std::string doubt;
        ShellWord found = take_word(text_, [&](ShellText&, std::string& value) { expand(value, doubt); });
        return {std::move(found.value), std::move(doubt)};
    }

    // At a $ or a `.
    void expand(std::string& value, std::string& doubt) {
        if (text_.take() == '`') {
            skip_past('`');
            doubt = file_;
            return;
        }
        ShellText ahead = text_;
        const bool braces = ahead.skip("{");
        const std::string name = ahead.take_name();
        if (!name.empty() && (!braces || ahead.skip("}"))) {
            text_ = ahead;
            const ShellVariable variable = variables_.get(name);
            value += variable.value;
            if (doubt.empty())
                doubt = variable.doubt;
            return;
        }
        doubt = file_; // ${NAME:-...}, $(...), $1
        if (braces)
            skip_past('}');
        else if (text_.is_at("("))
            skip_parentheses();
        else if (text_.is_at("0123456789"))
            text_.take();
    }

    void skip_past(char c) {
        while (!text_.at_end() && text_.take() != c) {
        }
    }

    void skip_parentheses() {
        std::size_t open = 0;
        do {
            const char c = text_.take();
            open += c == '(' ? 1 : 0;
            open -= c == ')' ? 1 : 0;
        } while (open != 0 && !text_.at_end());
    }

    ShellVariables& variables_;
    const std::string& file_;
    ShellText text_;
    std::size_t depth_ = 0;    // of if, case and the like
    bool conditional_ = false; // behind && or ||
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
