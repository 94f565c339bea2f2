#!/usr/bin/env python3
"""`make peers`: a short run of all subjects; one that goes on; findings; wrong use."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ.get("MORPH_BUILD", "build")).resolve()
PEERS = pathlib.Path(__file__).with_name("peers.py")


class Peers(unittest.TestCase):
    """Each test has a build folder of its own, whose program is the real one or a script."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="morph-peers-")
        self.build = pathlib.Path(self.scratch.name)
        (self.build / "bin").mkdir()

    def tearDown(self):
        self.scratch.cleanup()

    def fake(self, script):
        program = self.build / "bin/morphcheck"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)

    def peers(self, *words):
        done = subprocess.run([sys.executable, PEERS, "--build", self.build, "--jobs", "2", *words],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_correct_subjects_are_clean(self):
        (self.build / "bin/morphcheck").symlink_to(BUILD / "release/bin/morphcheck")
        status, said = self.peers("--operations", "20000")
        self.assertEqual(status, 0, said)
        last = re.search(r"^peers: 14 subjects, (\d+) operations, 0 findings$", said, re.M)
        self.assertIsNotNone(last, said)
        self.assertGreater(int(last.group(1)), 14 * 20000 - 1, said)

    def test_time_is_kept(self):
        (self.build / "bin/morphcheck").symlink_to(BUILD / "release/bin/morphcheck")
        began = time.monotonic()
        status, said = self.peers("--seconds", "6")
        self.assertEqual(status, 0, said)
        self.assertLess(time.monotonic() - began, 45)  # 7 s on an idle machine
        self.assertRegex(said, r"(?m)^peers: 14 subjects, \d+ operations, 0 findings$")

    def test_finding_is_said_counted_and_run_again(self):
        self.fake("echo run >>$(dirname $0)/count\necho 'finding: overlap on v1'\nexit 1\n")
        for _ in range(2):
            status, said = self.peers("--operations", "100", "--only", "^v1$")
            self.assertEqual(status, 1, said)
            self.assertIn("finding: overlap on v1", said)
            self.assertTrue(said.endswith("peers: 1 subjects, 0 operations, 8 findings\n"), said)
        self.assertEqual((self.build / "bin/count").read_text(), "run\n" * 16)

    def test_process_that_ends_wrongly_is_a_finding(self):
        self.fake("kill -9 $$\n")
        status, said = self.peers("--operations", "100", "--only", "^malloc$")
        self.assertEqual(status, 1, said)
        self.assertIn("exit status -9", said)

    def test_whole_pieces_are_kept_and_others_are_not(self):
        self.fake("echo run >>$(dirname $0)/count\n"
                  'echo "endure: malloc: seed 1, 1000000 operations in 1 s"\n')
        for _ in range(2):
            status, said = self.peers("--operations", "100", "--only", "^malloc$")
            self.assertEqual(status, 0, said)
        self.assertEqual((self.build / "bin/count").read_text(), "run\n" * 8)
        self.assertIn("going on: 8 of 8", said)
        self.peers("--operations", "100", "--only", "^malloc$", "--seed", "2")
        self.assertEqual((self.build / "bin/count").read_text(), "run\n" * 16)

    def test_wrong_use_is_refused(self):
        self.assertEqual(self.peers()[0], 2)  # no program
        self.fake("exit 0\n")
        for words in (("--operations", "0"), ("--only", "nonsense"), ("--seconds", "-1")):
            self.assertEqual(self.peers(*words)[0], 2, words)
        nothing_done = self.peers("--operations", "10", "--only", "^malloc$")
        self.assertEqual(nothing_done[0], 1, nothing_done[1])


if __name__ == "__main__":
    unittest.main()
