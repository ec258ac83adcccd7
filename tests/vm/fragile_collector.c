// SPDX-License-Identifier: GPL-2.0-or-later
// A collector that dies: for want of memory at level 31, of a segmentation fault at level 1. Everything else
// is the real one's work.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REAL "/usr/bin/real-collector"

static void eat_all_memory(void) {
    for (;;) {
        char* page = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page != MAP_FAILED)
            memset(page, 1, 1 << 20);
    }
}

int main(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; ++i) {
        if (strcmp(argv[i], "-d") == 0 && strcmp(argv[i + 1], "31") == 0)
            eat_all_memory();
        if (strcmp(argv[i], "-d") == 0)
            raise(SIGSEGV);
    }
    execv(REAL, argv);
    return 1;
}
