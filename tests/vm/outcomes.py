# SPDX-License-Identifier: GPL-2.0-or-later
"""What a fault test saw, for the table in docs/reliability.md: reliability_table.py reads what is written here."""
import json


def record(place, fault, guest, saved):
    """`fault`: in words. `saved`: what is where, in words. The rest is read off the guest's console."""
    said = guest.captured()
    end = next((line for line in reversed(said) if line.startswith(("done after", "ended with"))), "")
    entry = {"fault": fault, "saved": saved, "end": end,
             "seconds": guest.seconds_between("Kernel panic - not syncing", end) if end else None,
             "kernel": place.kernel.release}
    path = place.work / "outcomes.json"
    known = json.loads(path.read_text()) if path.exists() else []
    known = [one for one in known if one["fault"] != fault] + [entry]
    path.write_text(json.dumps(known, indent=2) + "\n")
