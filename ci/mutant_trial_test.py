#!/usr/bin/env python3
"""A mutant's trial against a workshop that plays its programs, and what is said of the results."""

import argparse
import pathlib
import tempfile
import unittest

import mutant_files
import mutant_report
import mutant_trial
from mutant_result import Detection, Result
from mutant_trial import Trial
from mutant_workshop import Ended

OPTIONS = argparse.Namespace(seeds=3, seconds=2.0, fuzz_seconds=60, quick=False,
                             stages=["tests", "replay", "endure"])
CLEAN = "arena: 3 programs, 900 operations, 3 runs, 7 allocations, 0 refused requests in 0.5 s\n"


def finding(name, operations=120, seconds=0.2):
    return Ended(1, f"arena: 1 programs, {operations} operations, 1 runs, 7 allocations, 0 refused "
                 f"requests in {seconds} s\nfinding: {name} on subject arena, at the end, of 9 "
                 "operations\n", seconds)


def mutant(**fields):
    values = {"id": "a", "kind": "arena", "what": "w", "cites": "", "witnesses": ("overlap",),
              "subjects": ("arena",), "sweep": False, "text": "",
              "replacements": (mutant_files.Replacement("impl/arena/a.cpp", "a", "b", 1),)}
    return mutant_files.Mutant(**{**values, **fields})


class Played:
    """A workshop whose programs end as play(words) says; all builds pass unless it says not."""

    def __init__(self, play, marks=("reached", "triggered")):
        self.play = play
        self.marks = marks
        self.ran = []
        self.build = "build"
        self.root = pathlib.Path(".")
        self.folder = tempfile.TemporaryDirectory(prefix="morph-mutant-")
        self.files = pathlib.Path(self.folder.name)

    def make(self, *targets):
        return self.play(["make", *targets]) or Ended(0, "", 1.0)

    def run(self, words, _seconds):
        words = [str(word) for word in words]
        self.ran.append(words)
        return self.play(words) or Ended(0, CLEAN, 0.5)

    def run_unchanged(self, words, _seconds):
        return self.play(["unchanged", *words]) or Ended(0, "", 0.1)

    def marked(self, mark):
        return mark in self.marks


class Trials(unittest.TestCase):
    def run_trial(self, play, marks=("reached", "triggered"), options=OPTIONS, **fields):
        workshop = Played(play, marks)
        self.addCleanup(workshop.folder.cleanup)
        return Trial(mutant(**fields), workshop, options).run(), workshop

    def test_a_finding_of_morphcheck_gives_checker_operations_and_seconds_of_each_seed(self):
        result, _ = self.run_trial(lambda words: finding("checker overlap") if "run" in words
                                   else None)
        self.assertEqual([one.seed for one in result.detections], [1, 2, 3])
        self.assertEqual({one.witness for one in result.detections}, {"overlap"})
        self.assertEqual(mutant_report.operations_of(result), 120)
        self.assertEqual(mutant_report.seconds_of(result), 0.2)
        self.assertTrue(mutant_report.at_once(result))

    def test_a_seed_that_takes_long_is_not_found_at_once(self):
        result, _ = self.run_trial(lambda words: finding("crash") if "run" in words else None)
        result.detections[1].seconds = mutant_report.QUICK_SECONDS
        self.assertFalse(mutant_report.at_once(result))

    def test_crashes_and_programs_that_do_not_end_are_findings(self):
        result, _ = self.run_trial(lambda words: finding("crash") if "run" in words else None)
        self.assertEqual(result.detections[0].witness, "crash")
        result, _ = self.run_trial(lambda words: Ended(None, "", 22.0) if "run" in words else None)
        self.assertEqual(result.detections[0].witness, "timeout")

    def test_subjects_take_turns_and_get_longer_until_the_time_is_up(self):
        result, workshop = self.run_trial(lambda words: None, subjects=("arena.tiny", "arena"))
        runs = [words for words in workshop.ran if words[1] == "run"]
        self.assertEqual([words[3] for words in runs[:2]], ["arena.tiny", "arena"])
        self.assertEqual(len({words[5] for words in runs}), len(runs))  # a seed is used once
        self.assertFalse(result.detected)

    def test_what_refused_requests_show_is_swept(self):
        _, workshop = self.run_trial(lambda words: None, sweep=True)
        self.assertIn("--sweep", workshop.ran[0])

    def test_what_morphcheck_misses_goes_to_the_tests_of_its_room(self):
        def play(words):
            if not words[0] == "prlimit" or "tests/unit_tiny_tests" not in words[2]:
                return None
            return Ended(1, "[ RUN      ] Arena.A\n[  FAILED  ] Arena.A (3 ms)\n", 0.4)

        result, workshop = self.run_trial(play)
        self.assertEqual([one.witness for one in result.detections], ["test Arena.A"] * 3)
        self.assertEqual(mutant_report.witnesses(result), ["tests"])
        self.assertNotIn("build/release/tests/interface_tests",
                         [word for words in workshop.ran for word in words])

    def test_a_test_that_fails_without_the_mutant_is_an_error(self):
        bad = Ended(1, "[  FAILED  ] Arena.A (3 ms)\n", 0.4)
        result, _ = self.run_trial(lambda words: bad if words[0] in ("prlimit", "unchanged")
                                   else None, witnesses=("tests",))
        self.assertEqual(result.error, "Arena.A fails in the unchanged tree as well")
        self.assertFalse(result.detected)

    def test_what_all_tests_miss_goes_to_long_lives_and_then_to_libfuzzer(self):
        lived = Ended(1, "finding: checker metrics, operation 900\n", 3.0)
        result, workshop = self.run_trial(lambda words: lived if "endure" in words else None)
        self.assertEqual([(one.seed, one.by, one.witness) for one in result.detections],
                         [(seed, "endure", "metrics") for seed in (1, 2, 3)])
        self.assertFalse([words for words in workshop.ran if "fuzz-arena" in words[0]])
        fuzzed = Ended(77, "finding: checker overlap on subject arena\n"
                       "stat::number_of_executed_units: 4711\n", 12.0)
        everything = argparse.Namespace(**{**vars(OPTIONS), "stages": list(mutant_trial.STAGES)})
        result, _ = self.run_trial(lambda words: fuzzed if "-seed=2" in words else None,
                                   options=everything)
        self.assertEqual([(one.seed, one.by, one.witness, one.operations, one.seconds)
                          for one in result.detections], [(2, "fuzz", "overlap", 4711, 12.0)])

    def test_mutants_of_the_suite_run_the_tests_of_the_suite_alone(self):
        _, workshop = self.run_trial(lambda words: None, witnesses=("tests",), replacements=(
            mutant_files.Replacement("reference/model.cpp", "a", "b", 1),))
        self.assertEqual([words[2].split("/")[-1] for words in workshop.ran],
                         list(mutant_trial.SUITE_TESTS["reference/"]))

    def test_tests_of_the_class_or_of_the_folder_come_first(self):
        _, workshop = self.run_trial(lambda words: None, kind="shrinker", witnesses=("tests",),
                                     replacements=(mutant_files.Replacement(
                                         "fuzz/shrink.cpp", "a", "b", 1),))
        self.assertEqual([words[-1] for words in workshop.ran],
                         ["--gtest_filter=Shrink*.*", "--gtest_filter=*"])

    def test_a_survivor_survives_and_says_whether_it_was_reached(self):
        result, _ = self.run_trial(lambda words: None, marks=("reached",))
        self.assertEqual((result.detected, result.reached, result.triggered), (False, True, False))
        self.assertIn("SURVIVED", mutant_report.line(result))

    def test_a_mutant_that_does_not_build_is_an_error(self):
        result, _ = self.run_trial(lambda words: Ended(2, "error: x", 1.0) if words[0] == "make"
                                   else None)
        self.assertIn("does not build", result.error)
        self.assertIn("ERROR", mutant_report.line(result))

    def test_a_checker_is_alone_when_nobody_else_finds_it_without_it(self):
        def play(others):
            def ended(words):
                if "--without" in words:
                    return finding(f"checker {others}") if others else None
                return finding("checker overlap") if "run" in words else None
            return ended

        alone, _ = self.run_trial(play(""))
        self.assertEqual(mutant_report.alone(alone), "overlap")
        both, _ = self.run_trial(play("contents"))
        self.assertEqual(mutant_report.alone(both), "")
        self.assertEqual(mutant_report.catching(both), {"overlap", "contents"})

    def test_quick_is_over_with_the_first_detection(self):
        quick = argparse.Namespace(**{**vars(OPTIONS), "quick": True, "seeds": 1})
        _, workshop = self.run_trial(lambda words: finding("checker overlap") if "run" in words
                                     else None, options=quick)
        self.assertEqual([words[1] for words in workshop.ran[:1]], ["run"])
        self.assertNotIn("--without", [word for words in workshop.ran for word in words])


class Reports(unittest.TestCase):
    def results(self):
        found = Result("a", "arena", ["overlap"], reached=True, triggered=True, seeds=1,
                       detections=[Detection(1, "overlap", "morphcheck", "arena", 50, 0.1)],
                       first={"overlap": 3}, shrunk=4)
        return [found, Result("b", "arena", ["crash"], seeds=1, reached=True)]

    def test_the_last_line_counts(self):
        lines = mutant_report.summary(self.results(), ["overlap", "leak"])
        self.assertEqual(lines[-1], "mutants: 2 planted, 2 reached, 1 triggered, 1 detected, "
                         "1 survived")
        self.assertIn("survived: b", lines)
        self.assertIn("never triggered: b", lines)
        self.assertIn("shrunk programs: median 4 operations, of 1", lines)
        self.assertTrue(any("overlap" in text and "1 of them alone: a" in text for text in lines))

    def test_the_page_has_each_mutant_and_loads_nothing(self):
        both = [mutant(), mutant(id="b", what="<script>")]
        text = mutant_report.page(both, self.results(), ["overlap", "leak"])
        self.assertIn("<b>a</b>", text)
        self.assertIn("&lt;script&gt;", text)
        self.assertIn(">only</td>", text)
        for loads in ("<script", "src=", "href="):
            self.assertNotIn(loads, text)


if __name__ == "__main__":
    unittest.main()
