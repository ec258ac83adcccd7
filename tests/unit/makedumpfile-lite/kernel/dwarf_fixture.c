// SPDX-License-Identifier: GPL-2.0-or-later
// Types as a kernel has them, for dwarf_test.cpp.

enum pagetype { PGTY_buddy = 0xf0, PGTY_slab = 0xf5 };
enum signs { below = -5, zero = 0, large = 70000 };

typedef struct {
    unsigned long f;
} memdesc_flags_t;

struct list_head {
    struct list_head *next, *prev;
};

struct free_area {
    struct list_head free_list[6];
    unsigned long nr_free;
};

struct page {
    memdesc_flags_t flags;
    union {
        struct {
            union {
                struct list_head lru;
                unsigned long compound_head;
            };
            void* mapping;
        };
        unsigned long words[4];
    };
    unsigned int narrow : 3, wide : 13;
    volatile int _refcount;
};

struct zone {
    long vm_stat[12];
    const struct free_area free_area[11];
};

const char linux_banner[] = "Linux version 6.66.6-fixture (nobody) #1";
extern struct page a_page;
struct page a_page = {.narrow = 1};
struct zone a_zone;
enum pagetype a_type;
enum signs a_sign;
const struct zone* const a_pointer = &a_zone;
unsigned long a_number;
struct page many[2];

int main(void) {
    return a_page._refcount + (int)a_zone.vm_stat[0] + (int)a_type + (int)a_sign + (a_pointer == 0) +
           (int)a_number + many[0]._refcount + linux_banner[0] - 'L';
}
