// SPDX-License-Identifier: GPL-2.0-or-later
// Fills memory of one kind with pages that begin with a mark, so that a test finds them in the dump, and
// waits.
//   workload anon MIB | file MIB PATH | map MIB PATH
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { page_size = 4096 };

static void fail(const char* what) {
    perror(what);
    exit(1);
}

static void mark(char* page, const char* kind, long index) {
    // Beside the mark some bytes that compress neither to nothing nor not at all.
    memset(page, 0, page_size);
    snprintf(page, 64, "KDUMPKIT-%s-PAGE %08ld", kind, index);
    for (int i = 64; i < page_size; i += 16)
        page[i] = (char)((unsigned long)index * 2654435761UL >> (i / 16 % 24));
}

static void write_pages(int fd, long pages) {
    static char page[page_size];
    for (long i = 0; i < pages; ++i) {
        mark(page, "FILE", i);
        if (write(fd, page, page_size) != page_size)
            fail("write");
    }
}

int main(int argc, char** argv) {
    if (argc < 3)
        return 2;
    const long pages = atol(argv[2]) * 256;
    const size_t bytes = (size_t)pages * page_size;
    char* memory = NULL;
    if (strcmp(argv[1], "anon") == 0) {
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            fail("mmap");
        for (long i = 0; i < pages; ++i)
            mark(memory + i * page_size, "ANON", i);
    } else if (argc == 4) {
        const int fd = open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0600);
        if (fd < 0)
            fail(argv[3]);
        write_pages(fd, pages);
        fsync(fd);
        if (strcmp(argv[1], "map") == 0) {
            memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
            if (memory == MAP_FAILED)
                fail("mmap");
            long sum = 0;
            for (long i = 0; i < pages; ++i)
                sum += memory[i * page_size];
            if (sum == 0)
                return 3;
        }
    } else {
        return 2;
    }
    printf("workload: %s %s MiB ready\n", argv[1], argv[2]);
    fflush(stdout);
    for (;;)
        pause();
}
