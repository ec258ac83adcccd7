# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of a guest in which kdumpkit is installed, with systemd as its service manager and its kernel in /boot."""
import os
import subprocess

import test_systemd
from guest import libraries

NEEDED = ("sysinit.target", "basic.target", "shutdown.target", "umount.target", "final.target", "local-fs.target",
          "sockets.target", "systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket",
          "multi-user.target")
PROGRAMS = ("/lib/systemd/systemd", "/lib/systemd/systemd-journald", "/lib/systemd/systemd-shutdown",
            "/bin/systemctl", "/bin/journalctl")


def files_of(place, work_script):
    """path in the guest -> path here. `work_script` becomes /work.sh."""
    installed = place.work / "installed"
    subprocess.run(["cmake", "--install", place.programs.parent, "--prefix", "/usr", "--strip"], check=True,
                   env={**os.environ, "DESTDIR": str(installed)}, stdout=subprocess.DEVNULL)
    script = place.work / "work.sh"
    script.write_text(work_script)
    root, release = place.kernel.root, place.kernel.release
    modules = root / "lib/modules" / release
    files = {str(path.relative_to(installed)): path for path in installed.rglob("*") if path.is_file()}
    # lib is not a link into usr in this guest.
    files.update({str(path.relative_to(installed / "usr")): path
                  for path in (installed / "usr/lib/systemd/system").iterdir()})
    files.update({str(path.relative_to(root)): path for path in modules.iterdir() if path.is_file()})
    files.update({f"boot/{name}-{release}": root / f"boot/{name}-{release}" for name in ("config", "vmlinuz")})
    files.update({f"lib/systemd/system/{name}": test_systemd.UNITS / name for name in NEEDED})
    files.update({name[1:]: name for name in PROGRAMS[:3]})
    for name in ("usr/sbin/kdumpkit", "usr/bin/makedumpfile-lite", "usr/libexec/kdumpkit/kdump-capture"):
        files.update({library: library for library in libraries(installed / name)})
    files["work.sh"] = script
    return files
