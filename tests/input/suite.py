# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of this folder are told, and how they are run."""
import argparse
import pathlib
import sys
import unittest

settings = argparse.Namespace()  # filled by main()


def main(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--sanitized", action="store_true", help="the programs are built with a sanitizer")
    rest = parser.parse_known_args(namespace=settings)[1]
    unittest.main(argv=[sys.argv[0], *rest])
