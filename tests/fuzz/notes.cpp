// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/source/notes.h"

#include "tests/fuzz/target.h"
#include "tests/unit/makedumpfile-lite/fake_image.h"

namespace kdumpkit::fuzz {

namespace {

void run(Bytes input) {
    NoteWalk walk(input);
    std::size_t total = 0;
    while (const auto note = walk.next()) {
        require(note->name.size() <= input.size() && note->description.size() <= input.size(),
                "a note lies inside its section");
        total += 12 + note->name.size() + note->description.size();
        require(total <= input.size(), "no note is given twice");
    }
}

std::vector<Input> seeds() {
    Input both;
    dump::test::add_note(both, "CORE", 1, std::string(336, 'r'));
    dump::test::add_note(both, "VMCOREINFO", 0, "PAGESIZE=4096\nOSRELEASE=6.1\n");
    Input padded(16);
    padded.insert(padded.end(), both.begin(), both.end());
    padded.resize(padded.size() + 7);
    Input lying = both;
    lying[4] = lying[5] = lying[6] = lying[7] = std::byte{0xff};
    return {both, padded, lying};
}

} // namespace

extern const Target notes;
const Target notes{"notes", 8192, run, seeds};

} // namespace kdumpkit::fuzz
