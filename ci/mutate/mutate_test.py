#!/usr/bin/env python3
"""The engine of `make mutate` on a small project of its own, with known places and known tests."""

import argparse
import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))
import mutate  # pylint: disable=wrong-import-position
import report  # pylint: disable=wrong-import-position
import suite  # pylint: disable=wrong-import-position
from judge import judge  # pylint: disable=wrong-import-position
from units import Survey, Unit  # pylint: disable=wrong-import-position
from workshop import Broken, Project, Workshop, select  # pylint: disable=wrong-import-position

SOURCE = """#include <cstdlib>
#define MORPH_CHECK(condition) do { if (!(condition)) __builtin_trap(); } while (false)
#define WITHIN(value) ((value) < 7)
enum Size { kSmall = 3, kLarge = 4 };
constexpr int kLimit = 10;
static_assert(kLimit > 2);
struct Bits {
    unsigned width : 3;
    unsigned count = 5;
};
template <int N>
int times(int value) {
    return value * N;
}
int clamp(int value, int low, int high) {
    MORPH_CHECK(low <= high);
    if (value < low) return low;  // a < comment
    if (value > high &&
        high != 0) return high;
    return value;
}
constexpr int twice(int value) { return value + value; }
static_assert(twice(2) == 4);
int never_called(int value) { return value << 3; }
int spin(int turns) {
    int done = 0;
    while (done < turns) done += 1;
    return done;
}
int fields(unsigned start) {
    Bits bits{};
    bits.width = start;
    bits.width += 1;
    return static_cast<int>(bits.width);
}
int numbers(int which, int with = 9) {
    static int calls = 0;
    int table[6] = {};
    calls++;
    switch (which) {
        case 1: table[0] = times<8>(which); break;
        default: break;
    }
    return WITHIN(which) ? table[0] + with : 0;
}
int forget(int value) {
    int kept = value;
    kept = value;
    kept = times<1>(value);
    return kept;
}
int main(int count, char** words) {
    int what = count > 1 ? std::atoi(words[1]) : 0;
    if (what == 1)
        return clamp(5, 1, 9) == 5 && clamp(0, 1, 9) == 1 && clamp(11, 1, 9) == 9 ? 0 : 1;
    if (what == 2) return spin(3) == 3 ? 0 : 1;
    if (what == 3) return twice(4) == 8 ? 0 : 1;
    if (what == 4) return fields(1) == 2 && numbers(1) > 0 && forget(2) == 2 ? 0 : 1;
    return 0;
}
"""
MAKEFILE = """build/program: src/main.cpp
\tclang++-19 -std=c++20 -w -include $(header) $< $(runtime) -o $@
"""


def line_with(text):
    return SOURCE[:SOURCE.index(text)].count("\n") + 1


class Engine(unittest.TestCase):
    """One folder for all tests that only read; the parse takes a second."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="morph-mutate-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name) / "project"
        (cls.root / "src").mkdir(parents=True)
        (cls.root / "src/main.cpp").write_text(SOURCE)
        (cls.root / "Makefile").write_text(MAKEFILE)
        cls.project = Project(cls.root, ("src/",), "-std=c++20", ("src/", "Makefile"),
                              ("header={header}", "runtime={runtime}", "build/program"))
        cls.places = Workshop(cls.project, cls.root.parent / "parse", 1).places()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="morph-mutate-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.said = []

    def abouts(self, line):
        return {one.about for place in self.places if place.line == line_with(line)
                for one in place.alternatives}

    def candidate(self, line, about):
        found = [(place, one) for place in self.places if place.line == line_with(line)
                 for one in place.alternatives if one.about == about]
        self.assertEqual(len(found), 1, f"{line}: {about}")
        return found[0]

    def build(self, *candidates, count=None):
        workshop = Workshop(self.project, self.folder / "mutate", 1)
        workshop.fill()
        chosen, refused = workshop.build(candidates, count or len(candidates), self.said.append)
        return workshop, chosen, refused

    def units(self, workshop, *numbers):
        units = [Unit("build/program", ("build/program", f"{number}")) for number in numbers]
        return Survey(workshop.root, self.folder / "survey", 1, self.said.append).run(units)

    def verdict(self, line, about, *numbers):
        workshop, chosen, refused = self.build(self.candidate(line, about))
        self.assertFalse(refused)
        return next(judge(chosen, self.units(workshop, *numbers), workshop.root,
                          self.folder / "trials", 1))

    # ----------------------------------------------------------------------------- places

    def test_operators_conditions_results_and_statements_are_places(self):
        self.assertEqual(self.abouts("if (value < low)"), {
            "condition `value < low` negated", "condition `value < low` is always true",
            "condition `value < low` is always false", "< becomes <=", "< becomes >=",
            "returns `low` + 1", "returns 0, not `low`"})
        self.assertIn("&& becomes ||", self.abouts("if (value > high &&"))
        self.assertIn("`done += 1;` dropped", self.abouts("while (done"))
        self.assertIn("`break;` dropped", self.abouts("case 1:"))
        self.assertIn("calls++ becomes calls--", self.abouts("calls++"))
        self.assertIn("5 becomes 6", self.abouts("unsigned count"))

    def test_constants_bounds_labels_template_arguments_and_assertions_are_none(self):
        for line in ("kSmall", "constexpr int kLimit", "static_assert(kLimit", "unsigned width :",
                     "MORPH_CHECK(low", "#define WITHIN", "int table[6]", "static int calls",
                     "int numbers(", "static_assert(twice"):
            self.assertEqual(self.abouts(line), set(), line)
        self.assertFalse({"1 becomes 2", "8 becomes 9"} & self.abouts("case 1:"))

    def test_what_a_macro_is_given_is_a_place_and_its_body_is_none(self):
        self.assertNotIn("< becomes <=", self.abouts("return WITHIN"))
        self.assertIn("+ becomes -", self.abouts("return WITHIN"))

    def test_the_same_seed_chooses_the_same_places(self):
        self.assertEqual(select(self.places, 5), select(self.places, 5))
        self.assertNotEqual(select(self.places, 5), select(self.places, 6))
        self.assertEqual(select(self.places, 5, only="nothing"), [])

    # ----------------------------------------------------------------------------- verdicts

    def test_a_change_that_a_test_sees_is_killed_by_that_test(self):
        verdict = self.verdict("if (value < low)", "condition `value < low` is always false", 2, 1)
        self.assertEqual((verdict.kind, verdict.by, verdict.how), ("killed", "program 1", "failed"))
        self.assertTrue(verdict.reached and verdict.differs)

    def test_a_change_that_no_test_looks_for_survives(self):
        verdict = self.verdict("while (done", "`done += 1;` dropped", 1)
        self.assertEqual(verdict.kind, "unreached")
        verdict = self.verdict("calls++", "calls++ becomes calls--", 4)
        self.assertEqual((verdict.kind, verdict.differs), ("survived", True))

    def test_a_value_that_never_differs_is_told_apart(self):
        verdict = self.verdict("    kept = value;", "`kept = value;` dropped", 4)
        self.assertEqual((verdict.kind, verdict.reached, verdict.differs), ("same", True, False))
        verdict = self.verdict("kept = times<1>", "`kept = times<1>(value);` dropped", 4)
        self.assertTrue(verdict.unknown)  # the call may do more
        verdict = self.verdict("if (value < low)", "< becomes <=", 1)
        self.assertEqual(verdict.kind, "same")  # no test asks for clamp(1, 1, 9)

    def test_a_place_that_no_test_reaches_is_told_apart(self):
        self.assertEqual(self.verdict("never_called", "<< becomes >>", 1, 2).kind, "unreached")

    def test_a_hang_is_a_kill(self):
        import judge as module  # pylint: disable=import-outside-toplevel
        self.addCleanup(setattr, module, "LIMIT_SECONDS", module.LIMIT_SECONDS)
        module.LIMIT_SECONDS = 0.5
        verdict = self.verdict("while (done", "+= becomes -=", 2)
        self.assertEqual((verdict.kind, verdict.how), ("killed", "hang"))

    def test_a_constexpr_function_is_mutated_where_it_runs(self):
        verdict = self.verdict("constexpr int twice", "+ becomes -", 3)
        self.assertEqual(verdict.kind, "killed")

    def test_a_place_inside_another_one_is_surveyed_as_well(self):
        outer = self.candidate("if (value < low)", "condition `value < low` negated")
        inner = self.candidate("if (value < low)", "< becomes <=")
        workshop, chosen, _ = self.build(outer, inner)
        unit, = self.units(workshop, 1)
        self.assertEqual({one.number for one in chosen}, set(unit.seen))

    def test_a_test_that_fails_unmutated_kills_nothing(self):
        workshop, _, _ = self.build(self.candidate("calls++", "calls++ becomes calls--"))
        survey = Survey(workshop.root, self.folder / "survey", 1, self.said.append)
        units = survey.run([Unit("build/program", ("build/program", "1")), Unit("false",
                                                                              ("false",))])
        self.assertEqual([unit.name for unit in units], ["program 1"])
        self.assertEqual([unit.name for unit in survey.left_out], ["false"])

    # ----------------------------------------------------------------------------- building

    def test_what_does_not_compile_is_taken_out_and_replaced(self):
        bits = self.candidate("bits.width += 1", "+= becomes -=")  # no reference to a bit-field
        good = self.candidate("calls++", "calls++ becomes calls--")
        workshop, chosen, refused = self.build(bits, good, count=1)
        self.assertEqual([one.place.line for one in refused], [line_with("bits.width += 1")])
        self.assertEqual([one.place.line for one in chosen], [line_with("calls++")])
        self.assertNotIn("MORPH_MUTATION(1)", (workshop.root / "src/main.cpp").read_text())

    def test_what_has_not_changed_is_not_built_again(self):
        candidate = self.candidate("calls++", "calls++ becomes calls--")
        workshop, _, _ = self.build(candidate)
        before = (workshop.root / "src/main.cpp").stat().st_mtime_ns
        self.build(candidate)
        self.assertEqual((workshop.root / "src/main.cpp").stat().st_mtime_ns, before)

    def test_an_error_that_no_mutation_made_is_no_mutations_fault(self):
        project = Project(self.root, ("src/",), "-std=c++20", ("src/", "Makefile"), ("nothing",))
        workshop = Workshop(project, self.folder / "mutate", 1)
        workshop.fill()
        with self.assertRaises(Broken):
            workshop.build([self.candidate("calls++", "calls++ becomes calls--")], 1, str)

    def test_all_places_at_once_leave_every_line_where_it_was_and_change_nothing_unmutated(self):
        chosen = select(self.places, 1)
        workshop, built, _ = self.build(*chosen)
        self.assertGreater(len(built), 40)
        text = (workshop.root / "src/main.cpp").read_text()
        self.assertEqual(text.count("\n"), SOURCE.count("\n"))
        for number in "1234":
            for mode in ("", "survey"):
                done = subprocess.run([workshop.root / "build/program", number], check=False,
                                      env={"MORPH_MUTATION": mode})
                self.assertEqual(done.returncode, 0)

    # ----------------------------------------------------------------------------- whole runs

    def run_all(self, *numbers, **settings):
        options = argparse.Namespace(**{**vars(mutate.parse_arguments([])), "jobs": 1, "seed": 3,
                                        "build": self.folder, "count": 12, **settings})
        units = lambda workshop: [Unit("build/program", ("build/program", f"{number}"))
                                  for number in numbers]
        with contextlib.redirect_stdout(io.StringIO()):
            return mutate.Run(self.project, units, options, self.said.append).run()

    def results(self):
        return json.loads((self.folder / "mutate/results.json").read_text())

    def test_a_run_that_is_started_again_goes_on_where_it_was(self):
        self.assertEqual(self.run_all(1, 2, 3), 0)
        first = self.results()
        self.assertEqual(sum(first["counts"][kind] for kind in report.KINDS), 12)
        journal = self.folder / "mutate/journal"
        lines = journal.read_text().splitlines()
        self.assertEqual(len([line for line in lines if line.startswith('{"unit"')]), 3)
        journal.write_text("\n".join(lines[:-2]) + "\n" + lines[-2][:20])  # killed while writing
        self.said.clear()
        self.assertEqual(self.run_all(1, 2, 3), 0)
        self.assertIn("goes on: 10 of 12 are known", self.said)
        self.assertFalse([text for text in self.said if text.startswith("building")])
        self.assertEqual([(one["number"], one["kind"]) for one in self.results()["mutations"]],
                         [(one["number"], one["kind"]) for one in first["mutations"]])

    def test_a_share_below_the_one_asked_for_is_an_exit_status_of_1(self):
        self.assertEqual(self.run_all(1, 2, 3, at_least=0.0), 0)
        self.assertEqual(self.run_all(1, 2, 3, at_least=100.0), 1)

    def test_when_the_time_is_up_what_did_not_run_is_said(self):
        self.assertEqual(self.run_all(1, 2, 3), 0)
        journal = self.folder / "mutate/journal"
        journal.write_text("".join(line + "\n" for line in journal.read_text().splitlines()
                                   if '{"verdict"' not in line))
        self.assertEqual(self.run_all(1, 2, 3, seconds=0.001), 0)
        self.assertIn("12 did not run within", "".join(self.results()["header"]))
        self.assertEqual(self.run_all(1, 2, 3, seconds=0.001, at_least=1.0), 2)

    def test_when_the_time_is_up_while_it_is_built_that_is_said(self):
        self.assertEqual(self.run_all(1, seconds=0.001), 0)
        self.assertTrue(any("the time was up before all was built" in text for text in self.said))
        self.assertEqual(self.run_all(1, seconds=0.001, at_least=1.0), 2)


class Copy(unittest.TestCase):
    """The copy of this tree, which `make mutate` builds."""

    def test_everything_that_its_build_needs_is_copied(self):
        with tempfile.TemporaryDirectory(prefix="morph-mutate-") as folder:
            workshop = Workshop(suite.PROJECT, pathlib.Path(folder), 1)
            workshop.fill()
            workshop.write([])
            words = [word.format(header=HERE / "mutation.h", runtime="none.o")
                     for word in suite.MAKE]
            done = subprocess.run(["make", "--dry-run", *words], cwd=workshop.root, check=False,
                                  capture_output=True, text=True,
                                  env={**os.environ, "MAKEFLAGS": ""})
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
