#!/usr/bin/env python3
"""Mutants: the format is strict, and every mutant of the tree fits the tree."""

import pathlib
import tempfile
import unittest

import mutant_files
from mutant_files import MutantError, parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOOD = """id: a
class: arena
what: Something is wrong.
caught by: overlap crash
subjects: arena.tiny arena

--- replace impl/arena/a.cpp
    old();
--- with
    MUTANT_PROBE(true);
--- end
"""


class Format(unittest.TestCase):
    def refuses(self, text, line, words):
        with self.assertRaises(MutantError) as caught:
            parse(text, "a.mutant")
        self.assertTrue(str(caught.exception).startswith(f"a.mutant:{line}: "), caught.exception)
        self.assertIn(words, str(caught.exception))

    def test_a_file_is_its_fields_and_its_replacements(self):
        mutant = parse(GOOD + "\n--- replace impl/arena/a.h\nx\n--- with\n\n--- end\n", "a.mutant")
        self.assertEqual((mutant.id, mutant.kind, mutant.sweep), ("a", "arena", False))
        self.assertEqual(mutant.witnesses, ("overlap", "crash"))
        self.assertEqual(mutant.replacements[0].old, "    old();")
        self.assertEqual(mutant.replacements[1].new, "")
        self.assertEqual(mutant.paths, ["impl/arena/a.cpp", "impl/arena/a.h"])

    def test_requests_refused_asks_for_the_sweep(self):
        self.assertTrue(parse("requests: refused\n" + GOOD, "a.mutant").sweep)
        self.refuses("requests: some\n" + GOOD, 1, "refused")

    def test_a_mutant_without_probe_is_refused(self):
        self.refuses(GOOD.replace("MUTANT_PROBE(true)", "other()"), 7, "no replacement has a probe")

    def test_unknown_repeated_and_missing_fields_are_refused_with_their_line(self):
        self.refuses("color: red\n" + GOOD, 1, "unknown field 'color'")
        self.refuses(GOOD.replace("what:", "class:"), 3, "given twice")
        self.refuses(GOOD.replace("subjects: arena.tiny arena\n", ""), 1, "'subjects' is missing")
        self.refuses(GOOD + "cites: late\n", 12, "before the first replacement")

    def test_broken_blocks_are_refused_with_their_line(self):
        self.refuses(GOOD.replace("--- end\n", ""), 9, "--- end is missing")
        self.refuses(GOOD.replace("--- with", "--- end"), 9, "expected --- with")
        self.refuses(GOOD.replace("--- replace impl/arena/a.cpp", "--- replace"), 7, "FILE")
        self.refuses(GOOD.replace("    old();\n", ""), 7, "empty")
        self.refuses("words without a field\n" + GOOD, 1, "neither a field")
        self.refuses(GOOD.split("\n---", maxsplit=1)[0], 1, "nothing is replaced")

    def test_text_that_does_not_stand_there_exactly_once_is_an_error(self):
        with tempfile.TemporaryDirectory() as name:
            source = pathlib.Path(name) / "impl/arena/a.cpp"
            source.parent.mkdir(parents=True)
            for text, times in (("    old();\n    old();\n", 2), ("new\n", 0)):
                source.write_text(text)
                with self.assertRaisesRegex(MutantError, f"a.mutant:7: its text stands {times}"):
                    mutant_files.planted(name, parse(GOOD, "a.mutant"))
            source.write_text("{\n    old();\n}\n")
            self.assertEqual(mutant_files.planted(name, parse(GOOD, "a.mutant")),
                             {"impl/arena/a.cpp": "{\n    MUTANT_PROBE(true);\n}\n"})


class Planted(unittest.TestCase):
    """The mutants of this tree."""

    def test_every_mutant_parses_fits_and_names_what_exists(self):
        for path in sorted((ROOT / mutant_files.FOLDER).glob("*.mutant")):
            with self.subTest(path.name):
                mutant = mutant_files.load_file(path)
                self.assertEqual(mutant.id, path.stem)
                self.assertEqual(mutant_files.problems(ROOT, mutant), [])

    def test_there_are_at_least_80_of_the_library_and_10_of_the_suite_in_every_class(self):
        mutants = mutant_files.load(ROOT)
        suite = [mutant for mutant in mutants if mutant.of_suite]
        self.assertGreaterEqual(len(mutants) - len(suite), 80)
        self.assertGreaterEqual(len(suite), 10)
        self.assertEqual({mutant.kind for mutant in mutants}, set(mutant_files.CLASSES))

    def test_the_subset_has_one_of_each_class_and_changes_no_header(self):
        mutants = mutant_files.load(ROOT, mutant_files.SUBSET)
        self.assertEqual(sorted(mutant.kind for mutant in mutants), sorted(mutant_files.CLASSES))
        self.assertEqual([mutant.id for mutant in mutants
                          if any(path.endswith(".h") for path in mutant.paths)], [])

    def test_an_unknown_id_is_refused_with_those_that_exist(self):
        with self.assertRaisesRegex(MutantError, "no mutant nonsense; there are age-"):
            mutant_files.load(ROOT, ["nonsense"])


if __name__ == "__main__":
    unittest.main()
