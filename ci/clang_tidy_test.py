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
NAMED = "namespace {{\n{0} limit() {{ return {0}(); }}\n}}\n{0} {1}() {{ return limit(); }}\n"
# Of several checks, each a finding that looking at many sources as one must not hide.
FINDINGS = {
    "misc-redundant-expression": TWICE,
    "bugprone-use-after-move": "#include <string>\n#include <utility>\nsize_t moved(std::string a)"
                               " {\n    std::string b = std::move(a);\n"
                               "    return a.size() + b.size();\n}\n",
    "performance-unnecessary-value-param": "#include <string>\n"
                                           "size_t of(std::string a) { return a.size(); }\n",
    "bugprone-sizeof-expression": "size_t of_pointer(int* a) { return sizeof(a) / sizeof(*a); }\n",
    "readability-non-const-parameter": "int read_only(int* a) { return *a; }\n",
    "modernize-use-override": "struct Base { virtual ~Base() = default; virtual int f(); };\n"
                              "struct Derived : Base { virtual int f(); };\n"
                              "int Derived::f() { return 1; }\n",
}


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

    def run_on_all(self, texts):
        """Status and output of one run on sources with these names and texts."""
        sources = []
        for name, text in texts.items():
            sources.append(pathlib.Path(self.folder.name) / f"{name}.cpp")
            sources[-1].write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, "--cache", self.cache, *sources],
                              cwd=SCRIPT.parent.parent, capture_output=True, text=True,
                              check=False, timeout=60)
        return done.returncode, done.stdout

    def test_what_a_kill_left_half_written_is_looked_at_again(self):
        texts = {"one": CLEAN, "two": "int two() { return 2; }\n"}
        for _ in range(2):
            self.assertEqual(self.run_on_all(texts),
                             (0, "clang-tidy: 2 sources, 0 with findings\n"))
            for mark in self.cache.iterdir():
                mark.write_text("")

    def test_a_finding_is_said_by_its_source_among_many_that_are_looked_at_as_one(self):
        for check, text in FINDINGS.items():
            status, said = self.run_on_all({"clean": CLEAN, "found": text})
            self.assertEqual(status, 1, check)
            self.assertIn(f"[{check}", said)
            self.assertIn("found.cpp:", said)
            self.assertTrue(said.endswith("clang-tidy: 2 sources, 1 with findings\n"), said)

    def test_sources_that_name_something_alike_are_all_looked_at(self):
        alike = {f"alike{i}": NAMED.format("int", f"alike{i}") for i in range(5)}
        self.assertEqual(self.run_on_all(alike), (0, "clang-tidy: 5 sources, 0 with findings\n"))
        alike["alike4"] += TWICE
        for _ in range(2):
            status, said = self.run_on_all(alike)
            self.assertEqual(status, 1)
            self.assertIn("alike4.cpp:5:", said)
        few = {**{f"other{i}": f"int other{i}() {{ return {i}; }}\n" for i in range(4)},
               "first": NAMED.format("int", "first"), "second": NAMED.format("long", "second")}
        self.assertEqual(self.run_on_all(few), (0, "clang-tidy: 6 sources, 0 with findings\n"))
        few["second"] += TWICE
        status, said = self.run_on_all(few)
        self.assertEqual(status, 1)
        self.assertIn("second.cpp:5:", said)
        self.assertEqual(list(self.cache.glob("*.cpp")), [])

    def test_the_deep_run_sees_what_is_looked_for_in_the_named_file_alone(self):
        unused = "namespace n { int two(); }\nusing n::two;\n" + CLEAN
        status, said = self.run_on(unused, "--deep")
        self.assertEqual(status, 1)
        self.assertIn("misc-unused-using-decls", said)

    def test_a_source_that_does_not_compile_is_a_finding(self):
        status, said = self.run_on_all({"good": CLEAN, "bad": "int bad() { return nothing; }\n"})
        self.assertEqual(status, 1)
        self.assertIn("bad.cpp:1:", said)
        self.assertTrue(said.endswith("clang-tidy: 2 sources, 1 with findings\n"), said)

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
