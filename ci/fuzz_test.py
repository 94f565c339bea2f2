#!/usr/bin/env python3
"""The machinery of `make fuzz` on targets that must find something, and on one that must not."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

FUZZ = pathlib.Path(__file__).with_name("fuzz.py")
BUILD = pathlib.Path(os.environ.get("MORPH_BUILD", "build"))


def fuzz(targets, build, regressions, seconds):
    done = subprocess.run(
        [sys.executable, FUZZ, "run", "--targets", targets, "--seconds", str(seconds), "--build",
         build, "--regressions", regressions, "--seed", "7", "--jobs", "1",
         "--shrink-seconds", "4"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Canary(unittest.TestCase):
    """Each test works in a folder of its own, so that corpora/ stays as it is."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="morph-canary-"))
        self.regressions = self.folder / "regressions"
        for part in ("fuzz/bin", "asan/bin"):
            (self.folder / part).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / part).symlink_to((BUILD / part).resolve())

    def tearDown(self):
        shutil.rmtree(self.folder)

    def reproduce(self, output):
        command = re.search(r"^    reproduce  (.*)$", output, re.MULTILINE).group(1)
        return subprocess.run(command.split(), capture_output=True, text=True, check=False)

    def test_finding_in_operations_is_shrunk_kept_as_text_and_reproduced(self):
        status, output = fuzz("canary", self.folder, self.regressions, 10)
        self.assertEqual(status, 1, output)
        self.assertRegex(output, r"(?m)^fuzz: 1 targets, \d+ executions, 1 findings$")
        self.assertTrue(output.endswith("1 findings\n"), output)
        kept = list(self.regressions.iterdir())
        self.assertEqual([path.suffix for path in kept], [".morph"], output)
        operations = [line for line in kept[0].read_text().splitlines()
                      if line and not line.startswith(("#", "configure"))]
        self.assertEqual(len(operations), 1, operations)
        self.assertRegex(operations[0], r"^allocate_zeroed size=512\b")
        again = self.reproduce(output)
        self.assertEqual(again.returncode, 1, again.stdout + again.stderr)
        self.assertIn("zeroing", again.stdout + again.stderr)

    def test_finding_in_bytes_is_shrunk_and_kept_as_it_is(self):
        status, output = fuzz("canary_bytes", self.folder, self.regressions, 10)
        self.assertEqual(status, 1, output)
        self.assertTrue(output.endswith("1 findings\n"), output)
        kept = list((self.regressions / "canary_bytes").iterdir())
        self.assertEqual([path.read_bytes() for path in kept], [b"coal"], output)
        self.assertNotEqual(self.reproduce(output).returncode, 0)

    def test_target_that_finds_nothing_passes_and_leaves_a_corpus(self):
        status, output = fuzz("text", self.folder, self.regressions, 3)
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r"(?m)^fuzz: 1 targets, [1-9]\d* executions, 0 findings$")
        self.assertFalse(self.regressions.exists())
        self.assertTrue(list((self.folder / "fuzz/corpus/text").iterdir()))

    def test_target_that_is_not_there_is_an_error(self):
        status, output = fuzz("text nonsense", self.folder, self.regressions, 3)
        self.assertEqual(status, 2, output)
        self.assertIn("nonsense", output)

    def test_target_without_an_engine_is_an_error(self):
        (self.folder / "fuzz/bin").unlink()
        (self.folder / "fuzz/bin").mkdir()
        program = self.folder / "fuzz/bin/fuzz-text"
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
        status, output = fuzz("text", self.folder, self.regressions, 3)
        self.assertEqual(status, 2, output)
        self.assertIn("libFuzzer", output)


if __name__ == "__main__":
    unittest.main()
