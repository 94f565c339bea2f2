#!/usr/bin/env python3
"""`make tsan` sees races and says what it left out."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import instrumented

HERE = pathlib.Path(__file__).resolve().parent
CXX = os.environ.get("CXX") or "clang++-19"
# Two threads count up, with a lock unless a race is asked for (or planted at compile time).
SOURCE = """
#include <cstring>
#include <mutex>
#include <thread>
int main(int count, char** words) {
    bool race = ALWAYS || (count > 2 && strcmp(words[count - 2], "--plant") == 0 && NEVER == 0);
    std::mutex mutex;
    long sum = 0;
    auto work = [&] {
        for (int turn = 0; turn < 1000; ++turn) {
            if (!race) mutex.lock();
            sum += 1;
            if (!race) mutex.unlock();
        }
    };
    std::thread one(work), other(work);
    one.join();
    other.join();
    return sum > 0 ? 0 : 1;
}
"""
# Plays a GoogleTest program: a passing test in its first shard, others empty.
GTEST = """#!/usr/bin/env python3
import json, os, sys, time
SLEEP
report = next(word.partition(":")[2] for word in sys.argv if word.startswith("--gtest_output="))
cases = [] if os.environ["GTEST_SHARD_INDEX"] != "0" else [
    {"name": "test", "result": "COMPLETED", "status": "RUN"}]
open(report, "w").write(json.dumps({"testsuites": [{"name": "Suite", "testsuite": cases}]}))
"""


class Tsan(unittest.TestCase):
    """Programs with and without races, compiled once."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="morph-tsan-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "race.cpp").write_text(SOURCE)
        building = []
        for name, always, never in (("well", 0, 0), ("racing", 1, 0), ("blind", 0, 1)):
            (cls.folder / name).mkdir()
            building.append(subprocess.Popen(
                [CXX, "-O1", "-fsanitize=thread", "-pthread", f"-DALWAYS={always}",
                 f"-DNEVER={never}", cls.folder / "race.cpp", "-o", cls.folder / name / "threads"]))
        assert [process.wait() for process in building] == [0, 0, 0]

    def tsan(self, *programs, seconds=0):
        done = subprocess.run(
            [sys.executable, HERE / "instrumented.py", "--build", self.folder, "--jobs",
             "2", "--seconds", str(seconds), "--seed", "0", *programs], capture_output=True,
            text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def script(self, name, sleep=""):
        path = self.folder / name
        path.write_text(GTEST.replace("SLEEP", sleep))
        path.chmod(0o755)
        return path

    def test_threads_without_a_race_pass_and_the_planted_race_is_seen(self):
        status, said = self.tsan(self.folder / "well/threads", self.script("tests"))
        self.assertEqual(status, 0, said)
        self.assertTrue(said.endswith("3 passed, 0 failed\n"), said)

    def test_a_race_is_a_failure(self):
        status, said = self.tsan(self.folder / "racing/threads", self.script("tests"))
        self.assertEqual(status, 1, said)
        self.assertIn("WARNING: ThreadSanitizer: data race", said)
        self.assertTrue(said.endswith("2 passed, 1 failed\n"), said)

    def test_a_planted_race_that_is_not_reported_is_a_failure(self):
        status, said = self.tsan(self.folder / "blind/threads", self.script("tests"))
        self.assertEqual(status, 1, said)
        self.assertIn("FAILED threads: a planted race is reported", said)

    def test_a_race_in_a_test_program_is_a_failure(self):
        program = self.folder / "racing/unit_tests"
        if not program.exists():
            program.symlink_to("threads")
        status, said = self.tsan(program)
        self.assertEqual(status, 1, said)
        self.assertTrue(said.endswith(f"0 passed, {instrumented.SHARDS} failed\n"), said)

    def test_what_does_not_end_in_time_is_said_and_is_no_failure(self):
        slow = self.script("slow_tests", "time.sleep(60)")
        status, said = self.tsan(self.script("tests"), slow, seconds=3)
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"(?m)^\d+ of 12 shards did not end within 3 s$")
        self.assertTrue(said.endswith("1 passed, 0 failed\n"), said)

    def test_nothing_that_passed_is_a_failure(self):
        slow = self.script("slow_tests", "time.sleep(60)")
        self.assertEqual(self.tsan(slow, seconds=0.5)[0], 1)


if __name__ == "__main__":
    unittest.main()
