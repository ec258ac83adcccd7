// SPDX-License-Identifier: GPL-2.0-or-later
#include "loader/load_lock.h"

#include "loader/status.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace kdumpkit::loader {

Result<Fd> lock_loading() {
    const std::string folder = parent_folder(LoadRecord::path(KexecPurpose::capture));
    const std::string path = folder + "/lock";
    ::mkdir(parent_folder(folder).c_str(), 0755);
    ::mkdir(folder.c_str(), 0755);
    KDK_ASSIGN(Fd file, open_file(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600));
    while (::flock(file.get(), LOCK_EX) != 0)
        if (errno != EINTR)
            return fail(system_error("lock", path, errno));
    return file;
}

} // namespace kdumpkit::loader
