#!/usr/bin/env python3
"""The list of mutants fits the tree: what each one changes is there, once."""

import pathlib
import re
import unittest

from planted import MUTANTS

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Planted(unittest.TestCase):
    def test_ids_are_unique(self):
        ids = [mutant.id for mutant in MUTANTS]
        self.assertEqual(sorted(ids), sorted(set(ids)))

    def test_each_mutant_applies(self):
        for mutant in MUTANTS:
            with self.subTest(mutant.id):
                text = (ROOT / mutant.path).read_text()
                self.assertEqual(text.count(mutant.old), 1, "mend its `old`, or retire it")
                self.assertNotEqual(mutant.old, mutant.new)

    def test_checkers_and_subjects_exist(self):
        header = (ROOT / "fuzz/runner.h").read_text()
        body = header[header.index("enum class Checker"):]
        known = set(re.findall(r"^    (\w+),", body[:body.index("};")], re.MULTILINE))
        self.assertIn("overlap", known)
        for mutant in MUTANTS:
            with self.subTest(mutant.id):
                self.assertLessEqual(set(mutant.checkers.split()), known | {"crash", "unit"})
                self.assertTrue(mutant.subjects.split())


if __name__ == "__main__":
    unittest.main()
