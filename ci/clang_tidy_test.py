#!/usr/bin/env python3
"""What clang-tidy says is passed on; what is clean is remembered, and nothing else."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("clang_tidy.py")
TWICE = "bool same(int a) { return a == a; }\n"                       # misc-redundant-expression
NULL = "int f(bool b) { int* p = nullptr; if (b) p = new int; return *p; }\n"  # the analyser's
CLEAN = "int one() { return 1; }\n"


class ClangTidy(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="morph-clang-tidy-")
        self.addCleanup(self.folder.cleanup)
        self.source = pathlib.Path(self.folder.name) / "a.cpp"
        self.cache = pathlib.Path(self.folder.name) / "cache"

    def run_on(self, text, *options):
        self.source.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, "--cache", self.cache, *options,
                               self.source], cwd=SCRIPT.parent.parent, capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout

    def test_a_finding_fails_also_the_second_time(self):
        for _ in range(2):
            status, said = self.run_on(TWICE)
            self.assertEqual(status, 1)
            self.assertIn("a.cpp:1:", said)
            self.assertTrue(said.endswith("clang-tidy: 1 sources, 1 with findings\n"), said)
        self.assertEqual(list(self.cache.iterdir()), [])

    def test_the_deep_run_follows_paths_also_when_the_quick_one_was_clean(self):
        self.assertEqual(self.run_on(NULL)[0], 0)
        self.assertEqual(len(list(self.cache.iterdir())), 1)
        status, said = self.run_on(NULL, "--deep")
        self.assertEqual(status, 1)
        self.assertIn("clang-analyzer-core", said)

    def test_sources_that_were_not_done_in_time_are_said(self):
        large = "#include <regex>\n#include <functional>\n" + CLEAN  # takes seconds
        for text, seconds in ((CLEAN, "1e-09"), (large, "0.3")):
            status, said = self.run_on(text, "--deep", "--seconds", seconds)
            self.assertEqual(status, 0)
            self.assertIn(f"1 sources were not done within {seconds} s\n"
                          "clang-tidy: 0 sources, 0 with findings", said)


if __name__ == "__main__":
    unittest.main()
