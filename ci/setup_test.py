#!/usr/bin/env python3
"""ci/setup with the tools of a package system played by small scripts."""

import os
import pathlib
import subprocess
import tempfile
import unittest

SETUP = pathlib.Path(__file__).with_name("setup")


class Setup(unittest.TestCase):
    """Each test has its own tools, which note in calls.txt how they were called."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="morph-setup-")
        self.tools = pathlib.Path(self.folder.name)
        self.calls = self.tools / "calls.txt"
        self.calls.touch()

    def tearDown(self):
        self.folder.cleanup()

    def tool(self, name, script):
        path = self.tools / name
        path.write_text(f"#!/bin/sh\necho {name} \"$@\" >>{self.calls}\n{script}\n")
        path.chmod(0o755)

    def setup(self, user=0):
        self.tool("id", f"echo {user}")
        done = subprocess.run(["sh", SETUP], capture_output=True, text=True, check=False,
                              env={**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}"})
        calls = [line for line in self.calls.read_text().splitlines() if line.startswith("apt-get")]
        return done, calls

    def needed(self):
        """The packages of the script's list."""
        text = SETUP.read_text()
        lines = text[text.index("packages='") + 10:].split("'")[0].split("\n")
        return [line.split()[0] for line in lines if line]

    def installed(self, packages):
        self.tool("dpkg-query", "\n".join(f"echo 'ii  {name}'" for name in packages) or "true")

    def test_silent_when_nothing_is_missing(self):
        self.installed(self.needed())
        done, calls = self.setup()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(calls, [])

    def test_without_root_it_says_what_to_run(self):
        self.installed(self.needed()[1:])
        self.tool("apt-get", "exit 0")
        done, calls = self.setup(user=1000)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"apt-get install -y --no-install-recommends {self.needed()[0]}\n",
                      done.stderr)
        self.assertEqual(calls, [])

    def test_installs_just_what_is_missing(self):
        self.installed(self.needed()[2:])
        self.tool("apt-get", "exit 0")
        done, calls = self.setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(calls, ["apt-get install -y --no-install-recommends " +
                                 " ".join(self.needed()[:2])])

    def test_removed_packages_with_configuration_left_are_missing(self):
        self.tool("dpkg-query", "\n".join(f"echo 'rc  {name}'" for name in self.needed()))
        self.tool("apt-get", "exit 0")
        _, calls = self.setup()
        self.assertEqual(len(calls[0].split()), 4 + len(self.needed()))

    def test_fetches_package_lists_only_when_the_first_attempt_fails(self):
        self.installed(self.needed()[1:])
        mark = self.tools / "updated"
        self.tool("apt-get", f'if [ "$1" = update ]; then touch {mark}; else [ -e {mark} ]; fi')
        done, calls = self.setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([call.split()[1] for call in calls], ["install", "update", "install"])

    def test_failure_shows_what_the_package_system_said(self):
        self.installed(self.needed()[1:])
        self.tool("apt-get", "echo no such mirror; exit 100")
        done, _ = self.setup()
        self.assertEqual(done.returncode, 1)
        self.assertIn("no such mirror", done.stderr)
        self.assertIn(self.needed()[0], done.stderr)


if __name__ == "__main__":
    unittest.main()
