#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dracut: packs what load-early.sh needs, if /etc/kdumpkit/early.conf is there. The files keep their paths, so that
# kdumpkit load --again finds them after the boot, too.
# dracut sets: dracutsysrootdir initdir moddir kernel
# shellcheck disable=SC2154

check() {
    [ -e "${dracutsysrootdir-}/etc/kdumpkit/early.conf" ] || return 1
    require_binaries kdumpkit || return 1
}

depends() {
    return 0
}

install() {
    local capture_kernel=/boot/vmlinuz-$kernel capture_initrd=/var/lib/kdumpkit/capture.img load_options='' file
    # shellcheck source=/dev/null
    . "${dracutsysrootdir-}/etc/kdumpkit/early.conf" || return 0
    for file in "$capture_kernel" "$capture_initrd"; do
        if [ ! -r "${dracutsysrootdir-}$file" ]; then
            dwarn "kdumpkit: $file is not there; this initramfs will not load the capture kernel"
            return 0
        fi
    done
    inst_multiple kdumpkit
    for file in "$capture_kernel" "$capture_initrd"; do
        # Links are followed: the name must lead to the file in the initramfs as well.
        mkdir -p "$initdir${file%/*}"
        cp -L "${dracutsysrootdir-}$file" "$initdir$file"
    done
    mkdir -p "$initdir/etc/kdumpkit"
    printf "%s='%s'\n" capture_kernel "$capture_kernel" capture_initrd "$capture_initrd" load_options "$load_options" \
        >"$initdir/etc/kdumpkit/early.conf"
    inst_hook cmdline 01 "$moddir/load-early.sh"
}
