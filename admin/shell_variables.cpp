// SPDX-License-Identifier: GPL-2.0-or-later
#include "admin/shell_variables.h"

#include "admin/shell_substitution.h"
#include "base/shell_text.h"

#include <utility>
#include <vector>

namespace kdumpkit::admin {
namespace {

constexpr std::size_t longest_value = 64 << 10; // A="$A$A" doubles with each line

bool is_one_of(std::string_view set, const std::string& word) {
    return (" " + std::string(set) + " ").find(" " + word + " ") != std::string::npos;
}

constexpr const char* keywords = "if then else elif fi case esac for select while until do done { } !";
// Commands that may set any variable, or after which nothing is certain.
constexpr const char* obscure =
    ". source eval alias unalias exec exit return break continue set trap readonly";
// Commands that set the variables whose names they are given.
constexpr const char* setters = "unset read local declare typeset let printf getopts";

class Reader {
  public:
    Reader(ShellVariables& variables, const std::string& file, std::string_view text)
        : variables_(variables), file_(file), text_(text) {}

    void run() {
        while (!text_.at_end()) {
            statement();
            end_of_statement();
        }
        if (!open_.empty())
            variables_.doubt_all(file_);
    }

  private:
    struct Statement {
        std::vector<std::string> assigned;                           // names
        std::vector<std::pair<std::string, ShellVariable>> exported; // set when all are expanded
        std::string command;                                         // its name; empty: there is none yet
        bool sure = true;
    };

    void statement() {
        Statement one;
        for (text_.skip_blanks(); !text_.at_end(); text_.skip_blanks()) {
            if (text_.is_at("#"))
                text_.skip_line();
            if (text_.at_end() || text_.is_at("\n;&|()"))
                break;
            awaited_ = false;
            if (text_.is_at("<>"))
                redirection(one);
            else if (!keyword(one) && !assignment(one))
                argument(one);
        }
        ShellText ahead = text_;
        // A pipe's commands, and those in the background, run in shells of their own.
        const bool elsewhere = (ahead.skip("|") && !ahead.skip("|")) || (ahead.skip("&") && !ahead.skip("&"));
        one.sure = one.sure && !elsewhere && open_.empty() && !conditional_ && !text_.is_at("(");
        for (auto& [name, value] : one.exported) {
            variables_.set(name, std::move(value));
            one.assigned.push_back(name);
        }
        for (const std::string& name : one.assigned)
            if (!one.sure)
                variables_.doubt(name, file_);
    }

    void redirection(Statement& one) {
        one.sure = false;     // where it fails, the rest is not done
        if (text_.skip("<<")) // text that only looks like statements
            variables_.doubt_all(file_);
        while (text_.is_at("<>&|"))
            text_.take();
        text_.skip_blanks();
        word();
    }

    // A word of the shell's grammar, which a quote or an escape would make a command.
    bool keyword(Statement& one) {
        if (!one.command.empty() || !one.assigned.empty() || !one.sure)
            return false;
        ShellText ahead = text_;
        std::string word = ahead.take_name();
        if (word.empty() && ahead.is_at("{}!"))
            word = ahead.take();
        if (!ahead.at_end() && !ahead.is_at(ends_shell_word))
            return false;
        if (is_one_of("if case for while until select {", word)) {
            open_.push_back(word == "if" ? "fi" : word == "case" ? "esac" : word == "{" ? "}" : "done");
            if (is_one_of("case for select", word))
                one.command = word;
        } else if (is_one_of("fi esac done }", word)) {
            close(word);
        } else if (!is_one_of("then else elif do !", word)) {
            return false;
        }
        text_ = ahead;
        return true;
    }

    void close(const std::string& what) {
        if (open_.empty() || open_.back() != what)
            variables_.doubt_all(file_); // not understood
        else
            open_.pop_back();
    }

    // Behind a command it is an argument, maybe one of export.
    bool assignment(Statement& one) {
        ShellText ahead = text_;
        const std::string name = ahead.take_name();
        const bool appends = ahead.skip("+="); // bash's; for dash it is a command
        if (name.empty() || !(appends || ahead.skip("=")))
            return false;
        text_ = ahead;
        ShellVariable to = word();
        if (appends) {
            one.sure = false;
            to = {variables_.get(name).value + to.value, file_};
        }
        if (to.value.find('~') != std::string::npos) // may be a home directory
            to.doubt = file_;
        if (to.value.size() > longest_value) {
            to.value.resize(longest_value);
            to.doubt = file_;
        }
        if (one.command == "export") {
            one.exported.emplace_back(name, std::move(to));
        } else {
            variables_.set(name, std::move(to));
            one.assigned.push_back(name);
        }
        return true;
    }

    // A command's name, or what comes behind it.
    void argument(Statement& one) {
        const std::string text = word().value;
        if (one.command.empty() || is_one_of("command builtin", one.command)) {
            one.command = text;
            one.sure = one.sure && text == "export" && one.assigned.empty();
            if (text.empty() || expanded_ || is_one_of(obscure, text) || is_one_of(keywords, text))
                variables_.doubt_all(file_);
            return;
        }
        const std::string name = ShellText(text).take_name();
        if (expanded_ && (one.command == "export" || is_one_of(setters, one.command)))
            variables_.doubt_all(file_);
        if (one.command == "export" && name == text)
            return;
        variables_.doubt(name, file_); // "unset NAME", a function that sets it, export "NAME=…"
        one.sure = false;
    }

    void end_of_statement() {
        const char c = text_.take();
        const bool doubled = (c == '&' || c == '|') && text_.skip(std::string(1, c));
        if (c == '(')
            text_.skip_blanks();
        const bool defines = c == '(' && text_.skip(")"); // a function, and its body comes
        if (c == ';' || (c == '\n' && !awaited_) || (c == '&' && !doubled && !awaited_))
            conditional_ = false;
        else if (c == '&' || c == '|' || defines)
            conditional_ = awaited_ = true;
        else if (c == '(')
            open_.emplace_back(")");
        else if (c == ')' && (open_.empty() || open_.back() != "esac")) // not behind a pattern
            close(")");
    }

    ShellVariable word() {
        expanded_ = false;
        std::string doubt;
        ShellWord found = take_word(text_, [&](ShellText&, std::string& value) { expand(value, doubt); });
        if (!found.closed)
            variables_.doubt_all(file_);
        return {std::move(found.value), std::move(doubt)};
    }

    // At a $ or a `.
    void expand(std::string& value, std::string& doubt) {
        expanded_ = true;
        if (text_.take() == '`')
            return passed_over(skip_backquotes(text_), doubt);
        if (text_.is_at("("))
            return passed_over(skip_parentheses(text_), doubt);
        ShellText ahead = text_;
        const bool braces = ahead.skip("{");
        const std::string name = ahead.take_name();
        if (!name.empty() && (!braces || ahead.skip("}"))) {
            text_ = ahead;
            const ShellVariable variable = variables_.get(name);
            value += variable.value;
            if (doubt.empty())
                doubt = variable.doubt;
        } else if (braces) {
            if (ahead.skip("=") || ahead.skip(":=")) // ${NAME:=…} sets it
                variables_.doubt(name, file_);
            passed_over(skip_braces(text_), doubt);
        } else {
            passed_over(true, doubt); // $1, or a $ that means itself
            if (text_.is_at("0123456789@*#?-$!"))
                text_.take();
        }
    }

    // What is not known; where it ends may not be known either.
    void passed_over(bool whole, std::string& doubt) {
        doubt = file_;
        if (!whole)
            variables_.doubt_all(file_);
    }

    ShellVariables& variables_;
    const std::string& file_;
    ShellText text_;
    std::vector<std::string> open_; // what ends each if, case, loop, group and parenthesis around
    bool conditional_ = false;      // behind && or ||, in a pipe, a function
    bool awaited_ = false;          // and that command is to come
    bool expanded_ = false;         // the last word has a $ or a `
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
    if (!name.empty())
        variables_[name].doubt = file;
}

} // namespace kdumpkit::admin
