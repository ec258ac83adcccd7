// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace kdumpkit::admin {

struct ShellVariable {
    std::string value;
    std::string doubt; // the file that may have set it otherwise; empty: the value is right
};
// What a shell has in its variables after it has read files, one after the other. Followed are assignments
// with quotes, $NAME, ${NAME} and several lines; of anything else (if, $(...), source, a pipe, and += on
// which shells differ) it is only seen that it may have set something.
class ShellVariables {
  public:
    void read(const std::string& file, std::string_view text);
    // Empty for one that was not set.
    [[nodiscard]] ShellVariable get(const std::string& name) const;

    // Of the reader.
    void set(const std::string& name, ShellVariable variable) { variables_[name] = std::move(variable); }
    void doubt(const std::string& name, const std::string& file);
    void doubt_all(const std::string& file) { sourced_ = file; }

  private:
    std::map<std::string, ShellVariable> variables_;
    std::string sourced_; // a file that has a shell read or do what is not known
};

} // namespace kdumpkit::admin
