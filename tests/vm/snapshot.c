// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel says of its memory an instant before it panics: reads the files named, and its log, into
// memory that it has already, writes them to a folder past the page cache, and panics. Between the first
// page's flags and the panic little else happens, so that a dump can be compared with them page by page.
//   snapshot FOLDER FILE...    FOLDER/kpageflags for /proc/kpageflags and so on, FOLDER/log for the log
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <unistd.h>

enum { most_files = 8, room = 4 << 20, block = 4096, read_all_of_the_log = 3 };

static char buffers[most_files + 1][room] __attribute__((aligned(4096)));
static long sizes[most_files + 1];

static void fail(const char* what) {
    perror(what);
    exit(1);
}

static void take(const char* path, int slot) {
    const int fd = open(path, O_RDONLY);
    if (fd < 0)
        fail(path);
    for (long got; (got = read(fd, buffers[slot] + sizes[slot], (size_t)(room - sizes[slot]))) != 0;) {
        if (got < 0)
            fail(path);
        sizes[slot] += got;
    }
    if (sizes[slot] == room) {
        fprintf(stderr, "%s: more than there is room for\n", path);
        exit(1);
    }
}

// Up to a multiple of the block size: zeros follow.
static void put(int fd, int slot) {
    const long size = (sizes[slot] + block - 1) / block * block;
    if (write(fd, buffers[slot], (size_t)size) != size)
        fail("write");
    fdatasync(fd);
}

int main(int argc, char** argv) {
    if (argc < 3 || argc - 2 > most_files)
        return 2;
    const int count = argc - 2;
    int out[most_files + 1];
    for (int i = 0; i <= count; ++i) {
        char path[256];
        const char* name = i < count ? strrchr(argv[i + 2], '/') + 1 : "log";
        snprintf(path, sizeof(path), "%s/%s", argv[1], name);
        out[i] = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT, 0600);
        if (out[i] < 0)
            fail(path);
    }
    const int trigger = open("/proc/sysrq-trigger", O_WRONLY);
    if (trigger < 0 || mlockall(MCL_CURRENT) != 0)
        fail("/proc/sysrq-trigger or mlockall");
    sync();
    for (int i = 0; i < count; ++i)
        take(argv[i + 2], i);
    sizes[count] = klogctl(read_all_of_the_log, buffers[count], room - 1);
    for (int i = 0; i <= count; ++i)
        put(out[i], i);
    return write(trigger, "c", 1) == 1 ? 0 : 1;
}
