/* SPDX-License-Identifier: GPL-2.0-or-later
 * Numbers that the assembler cannot ask the compiler for; main.cpp checks them against parameters.h.
 */
#pragma once
#define PURGATORY_MAGIC 0x79726f7461677270
#define PURGATORY_PARAMETERS_SIZE 592
#define PURGATORY_KERNEL_ENTRY 8
#define PURGATORY_BOOT_PARAMS 16
#define PURGATORY_RETURN_DIGITS 56
#define PURGATORY_PVH 64
#define PURGATORY_PAGE_TABLES 72
#define PURGATORY_STACK_SIZE 4096
