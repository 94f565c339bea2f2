#!/usr/bin/env python3
"""What counts as run: the union of copies, what the rules leave out, markers, the gate; and a
program whose processes end in every way that loses counts elsewhere."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import coverage
import coverage_counts as counts

CXX = os.environ.get("CXX") or "clang++-19"
COUNTED = ["-fprofile-instr-generate=/dev/null", "-fcoverage-mapping", "-mllvm",
           "-runtime-counter-relocation"]
# A segment: line, column, count, has count, region entry, gap.
ENTRY, LEAVE, GAP = (True, True, False), (True, False, False), (True, True, True)
NOTHING = (False, False, False)
FUNCTION = """int f(int a) {
    if (a > 1) {
        return 1;
    }
    return 0;
}
"""


def exported(segments, branches=()):
    return {"segments": [[*place, *kind] for *place, kind in segments], "branches": branches}


def function(inside, branches=()):
    """FUNCTION was called 9 times, its `if` was true so often."""
    return exported([(1, 14, 9, ENTRY), (2, 9, 9, ENTRY), (2, 14, 9, LEAVE), (2, 15, inside, GAP),
                     (2, 16, inside, ENTRY), (4, 6, 9, LEAVE), (4, 7, 9 - inside, GAP),
                     (5, 5, 9 - inside, ENTRY), (5, 13, 9, LEAVE), (6, 2, 0, NOTHING)], branches)


def branch(line, column, end, true, false):
    return [line, column, line, end, true, false, 0, 0, 4]


def of(text, export=None):
    return counts.Counts("impl/a.cpp", export or function(0), text)


class Counting(unittest.TestCase):
    """Lines, regions and branches of one file."""

    def test_a_line_has_the_count_of_what_begins_in_it_or_reaches_into_it(self):
        self.assertEqual(of(FUNCTION).lines, {1: 9, 2: 9, 3: 0, 4: 0, 5: 9, 6: 9})
        self.assertEqual(of(FUNCTION).never_run(), [3, 4])

    def test_a_line_behind_a_gap_has_the_count_of_what_goes_on_there(self):
        export = exported([(1, 14, 9, ENTRY), (4, 6, 0, GAP), (5, 5, 9, LEAVE), (6, 2, 0, NOTHING)])
        self.assertEqual(of(FUNCTION, export).lines, {line: 9 for line in range(1, 7)})
        export = exported([(1, 14, 9, ENTRY), (4, 6, 0, GAP), (5, 5, 0, ENTRY), (5, 13, 9, LEAVE)])
        self.assertEqual(of(FUNCTION, export).lines[5], 0, "what never ran there, not what follows")

    def test_gaps_are_no_regions(self):
        self.assertEqual(of(FUNCTION).regions, {(1, 14): 9, (2, 9): 9, (2, 16): 0, (5, 5): 9})

    def test_a_side_that_any_copy_took_is_taken(self):
        library, tiny = branch(2, 9, 14, 9, 0), branch(2, 9, 14, 0, 3)
        file = of(FUNCTION, function(4, [library, tiny]))
        self.assertEqual(file.branches, {(2, 9, 2, 14): [9, 3]})
        one = of(FUNCTION, function(4, [library]))
        figures = counts.figures([file, one])
        self.assertEqual((figures["branches"].covered, figures["branches"].all), (3, 4))

    def test_figures_of_files_add_up(self):
        figures = counts.figures([of(FUNCTION), of(FUNCTION, function(4))])
        self.assertEqual((figures["lines"].covered, figures["lines"].all), (10, 12))
        self.assertEqual((figures["regions"].covered, figures["regions"].all), (7, 8))

    def test_tests_and_the_assertion_are_not_the_library(self):
        names = ("impl/a/x.cpp", "impl/a/x.h", "impl/a/x_test.cpp", "impl/a/x_for_tests.h",
                 "impl/pool/test_pool.h", counts.CHECK_HEADER, "fuzz/session.cpp")
        self.assertEqual([name for name in names if counts.counted(name)], list(names[:2]))

    def test_a_copy_of_the_tree_has_the_same_names(self):
        self.assertEqual(counts.name_of("/elsewhere/tree/impl/a/x.cpp"), "impl/a/x.cpp")
        self.assertEqual(counts.name_of("./impl/a/x.cpp"), "impl/a/x.cpp")


class Rules(unittest.TestCase):
    """Conditions that are no branches."""

    def left_out(self, text, *branches, inside=4):
        file = of(text, function(inside, branches))
        return len(file.branches), [file.left_out[rule] for rule in counts.RULES]

    def test_a_condition_of_the_assertion_is_left_out_also_over_lines(self):
        text = FUNCTION.replace("if (a > 1) {", "MORPH_CHECK(f(a) &&\n    g(a, 1));\n    {")
        self.assertEqual(self.left_out(text, branch(2, 17, 21, 9, 0), branch(3, 5, 12, 9, 0)),
                         (0, [0, 6, 0]))

    def test_what_stands_behind_an_assertion_counts(self):
        text = FUNCTION.replace("if (a > 1) {", "MORPH_CHECK(a); if (a > 1) {")
        self.assertEqual(self.left_out(text, branch(2, 25, 30, 9, 0)), (1, [0, 2, 0]))

    def test_an_assertion_in_a_comment_or_a_string_leaves_nothing_out(self):
        text = FUNCTION.replace("if (a > 1) {", 'f("MORPH_CHECK("); if (a) {  // MORPH_CHECK(')
        self.assertEqual(self.left_out(text, branch(2, 28, 29, 9, 0)), (1, [0, 0, 0]))

    def test_what_tells_the_compiler_that_it_cannot_be_is_left_out(self):
        text = FUNCTION.replace("if (a > 1) {", "if (a > 1) __builtin_unreachable(); {")
        self.assertEqual(self.left_out(text, branch(2, 9, 14, 0, 9)), (0, [0, 0, 2]))

    def test_a_condition_that_the_compiler_knows_is_left_out_only_where_code_ran(self):
        self.assertEqual(self.left_out(FUNCTION, branch(2, 9, 14, 0, 0)), (0, [2, 0, 0]))
        self.assertEqual(self.left_out(FUNCTION, branch(3, 9, 14, 0, 0), inside=0), (1, [0, 0, 0]))


class Markers(unittest.TestCase):
    """`// unreachable: why`."""

    def marked(self, old, new, inside=0, branches=()):
        return of(FUNCTION.replace(old, new), function(inside, branches))

    def test_a_marker_explains_its_line_and_raises_no_figure(self):
        file = self.marked("return 1;", "return 1;  // unreachable: a is small")
        self.assertEqual((file.never_run(), file.marked_lines()), ([4], [3]))
        self.assertEqual(counts.figures([file])["lines"].covered, 4)
        self.assertEqual(file.complaints(), [])

    def test_a_marked_line_that_opens_a_block_marks_it_whole(self):
        file = self.marked("(a > 1) {", "(a > 1) {  // unreachable: a is small")
        self.assertEqual((file.never_run(), file.marked_lines()), ([], [3, 4]))
        self.assertEqual(file.complaints(), [])

    def test_a_marker_on_a_line_of_its_own_marks_the_next_line_of_code(self):
        text = "// unreachable: what it says\n// over two lines\nint g() {\n    return 1;\n}\n"
        found = counts.markers(text)
        self.assertEqual([(one.line, one.first, one.last) for one in found], [(1, 3, 5)])

    def test_a_marker_in_a_block_that_ran_is_a_lie(self):
        file = self.marked("(a > 1) {", "(a > 1) {  // unreachable: a is small", inside=1)
        self.assertEqual(file.complaints(), [(2, "marked unreachable, but line 3 was run")])

    def test_a_marker_on_a_line_that_ran_is_a_lie(self):
        file = self.marked("return 1;", "return 1;  // unreachable: a is small", inside=1)
        self.assertEqual(file.complaints(), [(3, "marked unreachable, but all of it was run")])

    def test_a_marker_on_a_line_with_a_side_that_no_one_took_is_right(self):
        file = self.marked("return 0;", "return a ? 1 : 0;  // unreachable: never 1",
                           branches=[branch(5, 12, 13, 0, 9)])
        self.assertEqual(file.complaints(), [])

    def test_a_marker_needs_a_reason(self):
        for text in ("// unreachable:", "// unreachable", "// unreachable here"):
            file = self.marked("return 1;", f"return 1;  {text}")
            self.assertEqual(file.complaints(), [
                (3, "the marker gives no reason: // unreachable: reason")], text)


class Gate(unittest.TestCase):
    """What make test says."""

    FILES = {"impl/a.cpp": of(FUNCTION, function(0, [branch(2, 9, 14, 0, 9)]))}  # 4 of 6, 1 of 2

    def failures(self, lines, branches):
        outcome = coverage.judge(self.FILES, {"lines": lines, "branches": branches})
        self.assertEqual(outcome.passed + len(outcome.failures), 3)
        return [name for name, _ in outcome.failures]

    def test_a_fall_by_a_point_is_allowed_and_one_by_more_is_red(self):
        self.assertEqual(self.failures(67.6, 51.0), [])
        self.assertEqual(self.failures(67.7, 51.0), ["coverage of lines"])
        self.assertEqual(self.failures(67.6, 51.1), ["coverage of branches"])

    def test_a_rise_is_no_failure(self):
        self.assertEqual(self.failures(10.0, 10.0), [])

    def test_a_wrong_marker_is_red_and_says_where(self):
        files = {"impl/a.cpp": of(FUNCTION.replace("return 0;", "return 0;  // unreachable: no"))}
        outcome = coverage.judge(files, {"lines": 0, "branches": 0})
        self.assertEqual(outcome.failures, [("markers of unreachable lines", "impl/a.cpp:5: marked "
                                             "unreachable, but all of it was run")])

    def test_programs_that_left_no_counts_are_red(self):
        with tempfile.TemporaryDirectory(prefix="morph-coverage-") as folder:
            self.assertEqual(len(coverage.gate(pathlib.Path(folder), CXX).failures), 1)

    def test_the_stored_figures_are_there(self):
        stored = coverage.json.loads(coverage.STORED.read_text())
        self.assertTrue(all(0 < stored[name] <= 100 for name in coverage.JUDGED), stored)


# Each argument ends a process in another way, in a function of its own.
PROGRAM = """#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <sys/wait.h>
void killed() { raise(SIGKILL); }
void aborted() { abort(); }
void left() { _exit(0); }
void never() { exit(0); }
int main(int, char** words) {
    if (strcmp(words[1], "killed") == 0) killed();
    if (strcmp(words[1], "aborted") == 0) aborted();
    if (strcmp(words[1], "never") == 0) never();
    const pid_t child = fork();
    if (child == 0) left();
    waitpid(child, nullptr, 0);
}
"""


class Program(unittest.TestCase):
    """Counts of real processes."""

    def test_processes_that_crash_or_are_killed_or_leave_keep_their_counts(self):
        with tempfile.TemporaryDirectory(prefix="morph-coverage-") as folder:
            build = pathlib.Path(folder)
            source = build / "impl/a.cpp"
            source.parent.mkdir()
            source.write_text(PROGRAM)
            tests = build / "asan/tests"
            tests.mkdir(parents=True)
            for name in coverage.MAPPED:
                subprocess.run([CXX, *COUNTED, source, "-o", tests / f"{name}_tests"], check=True)
            program = tests / "unit_tests"
            subprocess.run([program, "left"], check=True, cwd=build)
            self.assertEqual(list(build.glob("*.profraw")), [], "run by hand, it left counts")
            coverage.clear(build, "tests")
            for word in ("killed", "aborted", "left"):
                subprocess.run([program, word], check=False, env={
                    **os.environ, **coverage.environment(build, "tests")})
            here = os.getcwd()
            try:
                os.chdir(build)
                file = coverage.count(build, ["tests"], CXX)["impl/a.cpp"]
            finally:
                os.chdir(here)
        self.assertEqual([file.lines[line] for line in (6, 7, 8, 9)], [1, 1, 1, 0])
        self.assertEqual(file.never_run(), [9])


if __name__ == "__main__":
    unittest.main()
