#!/usr/bin/env python3
"""What the Makefile says to the scripts in ci/ and bench/ is understood by them, with and without
the variables that it names."""

import os
import re
import shlex
import subprocess
import unittest

TARGETS = ("fuzz", "bench-check", "valgrind", "tsan", "analyse", "coverage", "peers",
           "mutants", "mutate", "nightly")
VARIABLES = ("SEED=7", "JOBS=1", "SECONDS=5", "SEEDS=1", "N=3", "ONLY=pool", "AT_LEAST=50",
             "FRESH=1", "HOURS=1", "FUZZ_SECONDS=9", "VALGRIND_SECONDS=9",
             "TSAN_SECONDS=9", "ANALYSE_SECONDS=9", "COVERAGE_SECONDS=9", "MUTATE_SECONDS=9",
             "MUTANTS_SECONDS=9")
SCRIPT = re.compile(r"^(?:ci|bench)/[\w/-]+\.py$")


def commands(target, variables):
    """The command lines of scripts that `make target` would run."""
    done = subprocess.run(["make", "--dry-run", "--no-print-directory", target, *variables],
                          capture_output=True, text=True, check=False,
                          env={name: value for name, value in os.environ.items()
                               if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SECONDS")})
    assert done.returncode == 0, done.stderr
    lines = done.stdout.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines
            if SCRIPT.match(line.split(" ", 1)[0])]


class Makefile(unittest.TestCase):
    def test_scripts_take_the_words_that_it_gives_them(self):
        for target in TARGETS:
            for variables in ((), VARIABLES):
                found = commands(target, variables)
                self.assertTrue(found, target)
                for words in found:
                    with self.subTest(target=target, variables=bool(variables)):
                        done = subprocess.run([*words, "--help"], capture_output=True, text=True,
                                              check=False)
                        self.assertEqual(done.returncode, 0, f"{words}\n{done.stderr}")


if __name__ == "__main__":
    unittest.main()
