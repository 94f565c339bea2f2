#!/usr/bin/env python3
"""What a machine printed is judged: every run there, of the right version, ended well."""

import subprocess
import sys
import unittest

import control_group_machine
from control_group_machine import WORKLOADS, judge

RUN = """run: {workload}
control group /sys/fs/cgroup/ours/morph-pressure-9, v2
      39747584    37.91 MiB  out of memory     3    0.684
pressure: 9 steps, smallest limit 40046592, 0 failures
status 0
"""
GOOD = "kernel 6.1\n" + "".join(RUN.format(workload=one) for one in WORKLOADS)


class Judge(unittest.TestCase):
    def test_runs_that_ended_well_are_good(self):
        self.assertEqual(judge(GOOD, 2), (len(WORKLOADS), 0))

    def test_a_run_that_is_not_there_is_a_failure(self):
        self.assertEqual(judge("kernel 6.1\n", 2), (0, len(WORKLOADS)))
        self.assertEqual(judge(GOOD[:GOOD.rindex("run: ")], 2), (len(WORKLOADS) - 1, 1))

    def test_a_skipped_run_is_a_failure(self):
        skipped = GOOD.replace("control group /sys/fs/cgroup/ours/morph-pressure-9, v2",
                               "skipped: there is no memory controller", 1)
        self.assertEqual(judge(skipped, 2), (len(WORKLOADS) - 1, 1))

    def test_groups_of_the_other_version_are_a_failure(self):
        self.assertEqual(judge(GOOD, 1), (0, len(WORKLOADS)))

    def test_a_status_or_a_failed_step_or_no_refusal_is_a_failure(self):
        for old, new in (("status 0", "status 4"), ("40046592, 0 failures", "40046592, 1 failures"),
                         ("out of memory", "good         ")):
            self.assertEqual(judge(GOOD.replace(old, new, 1), 2), (len(WORKLOADS) - 1, 1), new)


class Program(unittest.TestCase):
    def test_without_an_emulator_it_says_what_to_install(self):
        done = subprocess.run([sys.executable, control_group_machine.__file__],
                              capture_output=True, text=True, env={"PATH": "/nowhere"}, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("apt-get install -y", done.stderr)


if __name__ == "__main__":
    unittest.main()
