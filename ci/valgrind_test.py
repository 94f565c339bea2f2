#!/usr/bin/env python3
"""`make valgrind` sees what it is there to see: planted errors of memory, leaks, races.

The programs come from stress/programs/planted.cpp, which does one wrong thing at a time with the
library as it is released.
"""

import concurrent.futures
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import valgrind
import valgrind_plan
from valgrind_plan import Job

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("MORPH_BUILD", "build"))
PLANTED = BUILD / "release/bin/planted"
LAST = re.compile(r"^valgrind: (\d+) programs, (\d+) errors, (\d+) leaks$")


def run(folder, *words):
    """(exit status, errors, leaks, output) of ci/valgrind.py with a folder of its own."""
    done = subprocess.run([sys.executable, HERE / "valgrind.py", "--build", folder, *words],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    found = LAST.match(done.stdout.splitlines()[-1]) if done.stdout else None
    numbers = tuple(int(number) for number in found.groups()) if found else (None,) * 3
    return done.returncode, *numbers, done.stdout


class Planted(unittest.TestCase):
    """Programs that do something wrong; they run side by side, once for all tests."""

    CASES = {"none": "memcheck", "overflow-in-slot": "memcheck", "leak-object": "memcheck",
             "use-after-free-pool": "memcheck", "leak-context": "memcheck", "race": "helgrind"}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="morph-valgrind-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            made = pool.map(lambda case: run(cls.folder / case[0], "--tool", case[1], "--", PLANTED,
                                             case[0]), cls.CASES.items())
            cls.found = dict(zip(cls.CASES, made))

    def test_correct_program_is_clean(self):
        self.assertEqual(self.found["none"][:4], (0, 1, 0, 0), self.found["none"][4])

    def test_overflow_inside_a_pool_slot_is_an_error(self):
        status, programs, errors, leaks, said = self.found["overflow-in-slot"]
        self.assertEqual((status, programs, errors, leaks), (1, 1, 1, 0), said)
        self.assertIn("Invalid write of size 1", said)
        again = re.search(r"^    reproduce  (.*)$", said, re.MULTILINE).group(1)
        self.assertIn(f"--tool memcheck -- {PLANTED} overflow-in-slot", again)

    def test_objects_that_nothing_points_to_are_leaks(self):
        status, _, errors, leaks, said = self.found["leak-object"]
        self.assertEqual((status, errors, leaks), (1, 0, 1), said)
        status, _, errors, leaks, said = self.found["leak-context"]
        self.assertEqual((status, errors), (1, 0), said)
        self.assertGreater(leaks, 0, said)

    def test_use_after_free_is_an_error(self):
        status, _, errors, leaks, said = self.found["use-after-free-pool"]
        self.assertEqual((status, leaks), (1, 0), said)
        self.assertGreater(errors, 0, said)

    def test_race_is_an_error_under_helgrind(self):
        status, _, errors, _, said = self.found["race"]
        self.assertEqual(status, 1, said)
        self.assertGreater(errors, 0, said)
        self.assertIn("Possible data race", said)


class Broken(unittest.TestCase):
    """Programs that end otherwise than they should."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="morph-valgrind-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_a_program_that_fails_is_not_there_or_is_none_is_an_error(self):
        (self.folder / "text").write_text("no program")
        for words, told in ((["/bin/false"], "ended with status 1"),
                            ([str(self.folder / "absent")], "status"),
                            ([str(self.folder / "text")], "status")):
            status, programs, errors, leaks, said = run(self.folder / "build", "--", *words)
            self.assertEqual((status, programs, errors, leaks), (1, 1, 1, 0), said)
            self.assertIn(told, said)

    def test_wrong_use_ends_with_two(self):
        for words in (["--tool", "x"], ["--jobs", "0"], ["--seconds", "-1"], ["--nonsense"]):
            self.assertEqual(run(self.folder, *words)[0], 2, words)

    def test_leaks_are_counted_apart_from_errors(self):
        text = ("==1== 40 bytes in 1 blocks are definitely lost in loss record 2 of 3\n"
                "==1== 7 bytes in 1,002 blocks are possibly lost in loss record 3 of 3\n"
                "==1==    definitely lost: 40 bytes in 1 blocks\n==1==    indirectly lost: 0 bytes "
                "in 0 blocks\n==1==    possibly lost: 7 bytes in 1,002 blocks\n"
                "==1== ERROR SUMMARY: 1,005 errors from 3 contexts (suppressed: 0 from 0)\n")
        self.assertEqual(valgrind.counted([text]), (1003, 1003))
        self.assertEqual(valgrind.counted([text, "==2== ERROR SUMMARY: 0 errors from 0"]),
                         (1003, 1003))
        self.assertEqual(valgrind.counted([]), (0, 0))

    def test_each_suppression_has_its_reason_and_there_are_few(self):
        text = valgrind.SUPPRESSIONS.read_text()
        entries = re.findall(r"((?:^#.*\n)*)^\{", text, re.MULTILINE)
        self.assertLessEqual(len(entries), 6)
        self.assertFalse([entry for entry in entries if len(entry) < 20])


class Choice(unittest.TestCase):
    """What is run when there is not time for everything."""

    JOBS = [Job(f"job {index}", ("true",), 1 + index % 7) for index in range(40)]

    def test_the_same_seed_chooses_the_same_and_the_time_is_kept(self):
        for seconds, width, seed in itertools.product((0.5, 3, 11, 30, 200), (1, 2, 5), range(9)):
            jobs, left_out = valgrind_plan.chosen(self.JOBS, seconds, width, seed)
            self.assertEqual((jobs, left_out),
                             valgrind_plan.chosen(self.JOBS, seconds, width, seed))
            self.assertEqual(len(jobs) + left_out, len(self.JOBS))
            self.assertLessEqual(sum(job.estimate for job in jobs), seconds * width)
            self.assertEqual(jobs, sorted(jobs, key=lambda job: -job.estimate))

    def test_without_a_time_everything_is_run_and_seeds_get_round_to_all(self):
        self.assertEqual(len(valgrind_plan.chosen(self.JOBS, 0, 2, 5)[0]), len(self.JOBS))
        seen = {job.name for seed in range(40)
                for job in valgrind_plan.chosen(self.JOBS, 10, 1, seed)[0]}
        self.assertEqual(len(seen), len(self.JOBS))

    def test_the_plan_has_every_kind_of_work_and_names_no_job_twice(self):
        jobs = valgrind_plan.all_jobs(BUILD)
        names = [job.name for job in jobs]
        self.assertEqual(len(names), len(set(names)))
        for kind in ("unit tests", "unit_tiny tests", "interface tests", "reference tests",
                     "fuzz target heap", "fox", "profile", "gcbench", "threads", "morphcheck",
                     "real-lua", "real-sqlite", "real-duktape", "trace"):
            self.assertTrue(any(name.startswith(kind) for name in names), kind)
        self.assertEqual([job.tool for job in jobs if "threads" in job.name], ["helgrind"])


if __name__ == "__main__":
    unittest.main()
