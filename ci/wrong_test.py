#!/usr/bin/env python3
"""Known-wrong subjects, with the commands that people use: found, shrunk, replayed; by libFuzzer.

    morphcheck run --> finding --> morphcheck shrink --> fewer than ten operations --> replay fails
    fuzz-canary (MORPH_CANARY=...) --> make fuzz's script --> kept in regressions --> replay fails
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("MORPH_BUILD", "build")).resolve()
MORPHCHECK = BUILD / "release/bin/morphcheck"
WRONG = BUILD / "fuzz/bin/wrong"
FUZZ = pathlib.Path(__file__).with_name("fuzz.py")
CHECKERS = {"boundary_tags-1": "overlap", "boundary_tags-2": "contract", "buddy-1": "overlap",
            "buddy-2": "zeroing", "cursor_arena-1": "contract", "cursor_arena-2": "alignment"}
BY_FUZZER = ("boundary_tags-2", "cursor_arena-2")
OPERATIONS_MAX = 9


def run(*words, environment=None):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout + done.stderr


def operations(path):
    return [line for line in path.read_text().splitlines()
            if line and not line.startswith(("#", "configure"))]


class Wrong(unittest.TestCase):
    """Each in a folder of its own, so that corpora/ stays as it is."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="morph-wrong-")
        self.folder = pathlib.Path(self.scratch.name)

    def tearDown(self):
        self.scratch.cleanup()

    def test_commands_find_shrink_and_replay_each(self):
        for name, checker in CHECKERS.items():
            with self.subTest(name):
                subject, found, small = (WRONG / f"{name}.so", self.folder / f"{name}.morph",
                                         self.folder / f"{name}-small.morph")
                status, said = run(MORPHCHECK, "run", "--subject", subject, "--seed", 50001,
                                   "--ops", 20000, "--program-ops", 96, "--out", found)
                self.assertEqual(status, 1, said)
                self.assertIn(f"finding: checker {checker} ", said)
                run(MORPHCHECK, "shrink", found, "--subject", subject, "--seconds", 30, "-o", small)
                self.assertLessEqual(len(operations(small)), OPERATIONS_MAX, small.read_text())
                status, said = run(MORPHCHECK, "replay", small, "--subject", subject)
                self.assertEqual(status, 1, said)
                self.assertIn(checker, said)
                mended = WRONG / (name[:-1] + "0.so")
                status, said = run(MORPHCHECK, "replay", small, found, "--subject", mended)
                self.assertEqual(status, 0, said)

    def test_libfuzzer_finds_keeps_and_shrinks(self):
        for name in BY_FUZZER:
            with self.subTest(name):
                build, kept = self.folder / name, self.folder / name / "regressions"
                for part in ("fuzz/bin", "asan/bin"):
                    (build / part).parent.mkdir(parents=True, exist_ok=True)
                    (build / part).symlink_to(BUILD / part)
                status, said = run(
                    sys.executable, FUZZ, "run", "--targets", "canary", "--seconds", 60, "--build",
                    build, "--regressions", kept, "--seed", 7, "--jobs", 1, "--shrink-seconds", 30,
                    environment={"MORPH_CANARY": str(WRONG / f"{name}.so")})
                self.assertEqual(status, 1, said)
                self.assertRegex(said, r"(?m)^fuzz: 1 targets, \d+ executions, 1 findings$")
                self.assertIn(f"checker {CHECKERS[name]} ", said)
                small = list(kept.iterdir())
                self.assertEqual(len(small), 1, said)
                self.assertLessEqual(len(operations(small[0])), OPERATIONS_MAX,
                                     small[0].read_text())
                command = re.search(r"^    reproduce  (.*)$", said, re.MULTILINE).group(1)
                self.assertEqual(run(*command.split())[0], 1, said)


if __name__ == "__main__":
    unittest.main()
