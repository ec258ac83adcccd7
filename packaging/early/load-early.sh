#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# In the production initramfs, as its first step: loads the capture kernel, so that a panic before the root filesystem is
# mounted is captured. initramfs-tools runs it, dracut sources it: it never exits, and a boot does not fail for it.
# kdumpkit.early=0 on the kernel's command line turns it off.

kdumpkit_early_load() {
    read -r line </proc/cmdline
    case " $line " in
        *" kdumpkit.early=0 "*) return 0 ;;
        *crashkernel=*) ;;
        *) return 0 ;;
    esac
    # Nothing was packed; or this is a capture kernel itself.
    [ -r /etc/kdumpkit/early.conf ] && [ ! -e /proc/vmcore ] || return 0
    capture_kernel='' capture_initrd='' load_options=''
    # shellcheck source=/dev/null
    . /etc/kdumpkit/early.conf
    # shellcheck disable=SC2086 # options are words
    if said=$(kdumpkit load --kernel "$capture_kernel" --initrd "$capture_initrd" $load_options 2>&1); then
        echo "kdumpkit early: $said" >/dev/kmsg
    else
        echo "<3>kdumpkit early: a panic of this boot is not captured until the capture kernel is loaded: $said" >/dev/kmsg
    fi
}

case ${1-} in
    prereqs) echo ;;
    *) kdumpkit_early_load || : ;;
esac
