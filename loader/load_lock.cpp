// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/load_lock.h"

#include "loader/status.h"

#include <sys/stat.h>

namespace kdumpkit::loader {

Result<Fd> lock_loading() {
    const std::string folder = parent_folder(LoadRecord::path(KexecPurpose::capture));
    ::mkdir(parent_folder(folder).c_str(), 0755);
    ::mkdir(folder.c_str(), 0755);
    return lock_file(folder + "/lock");
}

} // namespace kdumpkit::loader
