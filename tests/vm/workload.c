// SPDX-License-Identifier: GPL-2.0-or-later
// Fills memory of one kind with pages that begin with a mark, so that a test finds them in the dump, and
// waits.
//   workload KIND MIB          anon thp locked merged paged poisoned hugetlb shared
//   workload KIND MIB PATH     file map cow dirty
// "paged" wants swap space, "hugetlb" huge pages, "merged" ksm, "poisoned" (its first page) a kernel that
// handles memory failures.
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { page_size = 4096, huge_size = 2 << 20 };
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static void fail(const char* what) {
    perror(what);
    exit(1);
}

static void mark(char* page, const char* kind, long index) {
    // Beside the mark some bytes that compress neither to nothing nor not at all.
    memset(page, 0, page_size);
    snprintf(page, 64, "KDUMPKIT-%s-PAGE %08ld", kind, index);
    for (char* letter = page; *letter != 0; ++letter)
        *letter = (char)toupper(*letter);
    for (int i = 64; i < page_size; i += 16)
        page[i] = (char)((unsigned long)index * 2654435761UL >> (i / 16 % 24));
}

static char* map(size_t bytes, int protection, int flags, int fd) {
    char* memory = mmap(NULL, bytes, protection, flags, fd, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    return memory;
}

static void advise(char* memory, size_t bytes, int advice) {
    if (madvise(memory, bytes, advice) != 0)
        fail("madvise");
}

static long touch(const char* memory, long pages) {
    long sum = 0;
    for (long i = 0; i < pages; ++i)
        sum += *(volatile const char*)(memory + i * page_size);
    return sum;
}

static void fill_memory(const char* kind, long pages) {
    const size_t bytes = (size_t)pages * page_size;
    const int writable = PROT_READ | PROT_WRITE;
    int flags = strcmp(kind, "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
    if (strcmp(kind, "hugetlb") == 0)
        flags |= MAP_HUGETLB;
    char* memory = map(bytes + huge_size, writable, flags | MAP_ANONYMOUS, -1);
    memory += -(unsigned long)memory % huge_size;
    if (strcmp(kind, "thp") == 0)
        advise(memory, bytes, MADV_HUGEPAGE);
    else if (strcmp(kind, "anon") != 0 && strcmp(kind, "shared") != 0 && strcmp(kind, "hugetlb") != 0)
        advise(memory, bytes, MADV_NOHUGEPAGE);
    if (strcmp(kind, "merged") == 0)
        advise(memory, bytes, MADV_MERGEABLE);
    for (long i = 0; i < pages; ++i)
        // Pages to merge are in pairs.
        mark(memory + i * page_size, kind, strcmp(kind, "merged") == 0 ? i / 2 : i);
    if (strcmp(kind, "locked") == 0 && mlock(memory, bytes) != 0)
        fail("mlock");
    if (strcmp(kind, "paged") == 0) {
        // Out, and back: what comes back stays in the swap cache until the kernel wants the space.
        advise(memory, bytes, MADV_PAGEOUT);
        touch(memory, pages / 2);
    }
    if (strcmp(kind, "poisoned") == 0) {
        // Whoever uses the page is killed, and the page stays broken: a child does it.
        const pid_t child = fork();
        if (child == 0) {
            advise(memory, page_size, MADV_HWPOISON);
            exit(0);
        }
        waitpid(child, NULL, 0);
    }
}

static void fill_file(const char* kind, long pages, const char* path) {
    static char page[page_size];
    const size_t bytes = (size_t)pages * page_size;
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        fail(path);
    const char* name = strcmp(kind, "map") == 0 ? "FILE" : kind;
    for (long i = 0; i < pages; ++i) {
        mark(page, strcmp(kind, "cow") == 0 ? "FILE" : name, i);
        if (write(fd, page, page_size) != page_size)
            fail("write");
    }
    if (strcmp(kind, "dirty") != 0)
        fsync(fd);
    if (strcmp(kind, "map") == 0)
        touch(map(bytes, PROT_READ, MAP_SHARED, fd), pages);
    if (strcmp(kind, "cow") == 0) {
        char* memory = map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
        for (long i = 0; i < pages; ++i)
            mark(memory + i * page_size, kind, i);
    }
}

int main(int argc, char** argv) {
    if (argc != 3 && argc != 4)
        return 2;
    const long pages = atol(argv[2]) * 256;
    if (argc == 4)
        fill_file(argv[1], pages, argv[3]);
    else
        fill_memory(argv[1], pages);
    printf("workload: %s %s MiB ready\n", argv[1], argv[2]);
    fflush(stdout);
    for (;;)
        pause();
}
