// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/file.h"

#include <string>

namespace kdumpkit::dump {

// A file that is opened before the work begins, so that a place which cannot be written to is known early.
// What was there before stays untouched until clear(); what create() itself made goes away again, unless
// keep() is called. Every error carries ErrorSide::destination, except that of an existing file (`invalid`).
class OutputFile {
  public:
    // `access`: O_RDWR or O_WRONLY. An existing file is `invalid`, unless `overwrite`. Readable by its owner
    // only.
    static Result<OutputFile> create(const std::string& path, bool overwrite, int access);
    // The program's standard output, whatever it is; it stays open.
    static OutputFile standard_output();
    // Takes everything and stores nothing, for a rehearsal: `path` is only a name, "-" for standard output.
    // Regular where a file of that name is or would be.
    static Result<OutputFile> nowhere(const std::string& path);
    OutputFile() = default;
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) noexcept;
    ~OutputFile();

    // Empties it: call before the first write.
    Result<> clear();
    void keep() { created_ = false; }
    Result<> close();

    [[nodiscard]] int fd() const { return standard_ ? standard_fd : fd_.get(); }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool regular() const { return regular_; }
    [[nodiscard]] bool standard() const { return standard_; }
    [[nodiscard]] bool stores() const { return stores_; } // false: nowhere()

  private:
    static constexpr int standard_fd = 1;
    void discard();

    Fd fd_;
    std::string name_;
    bool created_ = false; // by us, with nothing in it worth keeping
    bool regular_ = false;
    bool standard_ = false; // somebody else's descriptor
    bool stores_ = true;
};

// A file that will be written and renamed into place: whether its folder is there and may be written to, and
// the name is not that of a folder.
Result<> check_place(const std::string& path);

} // namespace kdumpkit::dump
