#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`kdumpkit config schema`, judged by python3-jsonschema: it takes what `kdumpkit config check` takes, and refuses
wrong keys, types, bounds and choices. Argument: the folder of the programs."""
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import unittest

import jsonschema

programs = None
GOOD = ("", "target = 'file:///var/crash'", "target = ['file:///a', 'file:///b']", "[dump]\nlevel = 0",
        "[dump]\nlevel = 31\nmethod = 'copy'\ncompress = 'zstd:3'", "[capture]\nfinal_action = 'halt'\nmodules = ['a']",
        "[capture]\nfailure_action = 'kexec'", "[retention]\ncount = 3\ndays = 0")
WRONG = ("levle = 3", "[dump]\nlevle = 3", "[dmup]\nlevel = 3", "[dump]\nlevel = 32", "[dump]\nlevel = -1",
         "[dump]\nlevel = '31'", "[dump]\nmethod = 'cpoy'", "target = 3", "target = [3]", "[capture]\nmodules = 3",
         "[capture]\nfailure_action = 'restart'", "[capture]\ndevice_timeout = 0",
         "[retention]\ncount = 1.5", "dump = 3")


def kdumpkit(*arguments):
    return subprocess.run([programs / "kdumpkit", *arguments], capture_output=True, text=True, check=False)


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(kdumpkit("config", "schema").stdout)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def judge(self, text, valid):
        with self.subTest(text), tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            errors = [error.message for error in self.validator.iter_errors(tomllib.loads(text))]
            self.assertEqual(not errors, valid, errors)
            checked = kdumpkit("config", "check", "--config", file.name)
            self.assertEqual(checked.returncode == 0, valid, checked.stderr)

    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_good_settings(self):
        for text in GOOD:
            self.judge(text, True)

    def test_wrong_settings(self):
        for text in WRONG:
            self.judge(text, False)

    def test_the_defaults(self):
        shown = kdumpkit("config", "show", "--config", "/dev/null")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.judge(shown.stdout, True)


if __name__ == "__main__":
    programs = pathlib.Path(sys.argv.pop(1))
    unittest.main()
