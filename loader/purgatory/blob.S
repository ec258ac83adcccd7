/* SPDX-License-Identifier: GPL-2.0-or-later */
        .section .rodata
        .balign 16
        .globl  kdumpkit_purgatory_begin
        .globl  kdumpkit_purgatory_end
kdumpkit_purgatory_begin:
        .incbin PURGATORY_BLOB
kdumpkit_purgatory_end:
        .section .note.GNU-stack, "", @progbits
