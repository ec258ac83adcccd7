/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first instruction after a panic: the crashed kernel jumps to offset 0 of the blob in 64-bit mode with an
 * identity mapping, no valid GDT, IDT or stack (arch/x86/kernel/relocate_kernel_64.S).
 */
#include "loader/purgatory/layout.h"

        .section .head, "awx"
        .code64
        .globl  purgatory_start
purgatory_start:
        jmp     begin
        .balign 16
        .globl  purgatory_parameters
        .hidden purgatory_parameters
purgatory_parameters:
        .quad   PURGATORY_MAGIC
        .fill   PURGATORY_PARAMETERS_SIZE - 8, 1, 0

begin:
        cli
        cld
        /* A kernel that may be returned to has called us, on a stack of its own. */
        xorl    %edi, %edi
        cmpq    $0, purgatory_parameters+PURGATORY_RETURN_DIGITS(%rip)
        je      1f
        movq    (%rsp), %rdi
1:
        leaq    stack_top(%rip), %rsp
        /* The boot protocol wants selectors 0x10 (code) and 0x18 (data). */
        leaq    gdt(%rip), %rax
        movq    %rax, gdt_pointer+2(%rip)
        lgdt    gdt_pointer(%rip)
        movl    $0x18, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        leaq    1f(%rip), %rax
        pushq   $0x10
        pushq   %rax
        lretq
1:
        xorl    %ebp, %ebp
        call    purgatory_main
        /* It came back: everything is as it was loaded. */
        movq    purgatory_parameters+PURGATORY_PAGE_TABLES(%rip), %rax
        testq   %rax, %rax
        jz      2f
        movq    %rax, %cr3
2:
        movq    purgatory_parameters+PURGATORY_KERNEL_ENTRY(%rip), %rax
        movq    purgatory_parameters+PURGATORY_BOOT_PARAMS(%rip), %rsi
        cmpq    $0, purgatory_parameters+PURGATORY_PVH(%rip)
        jne     leave_long_mode
        xorl    %ebx, %ebx
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        xorl    %edi, %edi
        xorl    %r8d, %r8d
        xorl    %r9d, %r9d
        xorl    %r10d, %r10d
        xorl    %r11d, %r11d
        xorl    %r12d, %r12d
        xorl    %r13d, %r13d
        xorl    %r14d, %r14d
        xorl    %r15d, %r15d
        jmp     *%rax

        /* The state that a PVH entry wants is in docs/misc/pvh.pandoc of Xen: 32-bit protected mode without paging, flat
           segments, an active TSS, cr4 0, ebx the start info. */
leave_long_mode:
        movl    %eax, %edi
        movl    %esi, %ebx
        leaq    1f(%rip), %rax
        pushq   $0x20
        pushq   %rax
        lretq
        .code32
1:
        /* Out of paging first: while it is on, neither PAE nor LA57 in cr4, nor LME, can be changed. */
        movl    $1, %eax
        movl    %eax, %cr0
        movl    $0xc0000080, %ecx       /* EFER */
        rdmsr
        andl    $~0x100, %eax           /* LME */
        wrmsr
        xorl    %eax, %eax
        movl    %eax, %cr4
        movl    $0x28, %eax
        ltr     %ax
        xorl    %eax, %eax
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        xorl    %esi, %esi
        jmp     *%edi
        .code64

        .balign 16
gdt:
        .quad   0
        .quad   0
        .quad   0x00af9a000000ffff      /* 0x10: 64-bit code */
        .quad   0x00cf92000000ffff      /* 0x18: data */
        .quad   0x00cf9a000000ffff      /* 0x20: 32-bit code */
        .quad   0x0000890000000067      /* 0x28: a TSS at 0, never used */
gdt_pointer:
        .word   6 * 8 - 1
        .quad   0

        /* In pages of its own (see purgatory.ld): writing beside running code makes every CPU look for self-modifying
           code, and an emulator throw its translation away: digests then take minutes. */
        .section .stack, "aw"
        .fill   PURGATORY_STACK_SIZE, 1, 0
stack_top:
        .section .note.GNU-stack, "", @progbits
