#!/usr/bin/env python3
"""Children end: at their deadline, with their families, and when whoever started them dies."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import children

HERE = pathlib.Path(__file__).resolve().parent
STUBBORN = "trap '' TERM; while :; do sleep 0.05; done"


def run(*commands, width=4):
    """Ended, by the index of the command."""
    return dict(children.run_all(range(len(commands)), width, lambda index: commands[index]))


def shell(text, seconds=20.0, **options):
    return children.Command(("sh", "-c", text), seconds, **options)


def alive(pid):
    fields = children.stat_fields(pid)
    return bool(fields) and fields[0] not in "ZX"


class Children(unittest.TestCase):
    """Each test in a folder of its own; no test leaves a process."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="morph-children-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.grace = children.GRACE
        children.GRACE = 0.3
        self.addCleanup(setattr, children, "GRACE", self.grace)

    def pid_in(self, name, seconds=10):
        until = time.monotonic() + seconds
        path = self.folder / name
        while time.monotonic() < until:
            if path.is_file() and path.read_text().strip():
                return int(path.read_text())
            time.sleep(0.02)
        raise AssertionError(f"{name} was never written")

    def test_status_output_and_memory_are_told(self):
        log = self.folder / "new/log"
        ended = run(shell("echo words; exit 3", log=log), shell("kill -9 $$"),
                    children.Command((sys.executable, "-c", "b = b'x' * (64 << 20)"), 20.0))
        self.assertEqual((ended[0].status, ended[0].stopped, ended[0].left), (3, False, 0))
        self.assertEqual(log.read_text(), "words\n")
        self.assertEqual(ended[1].status, -signal.SIGKILL)
        self.assertGreater(ended[2].peak_bytes, 64 << 20)
        self.assertLess(ended[0].peak_bytes, 64 << 20)

    def test_program_that_is_not_there_ends_with_127_and_says_so(self):
        log = self.folder / "log"
        ended = run(children.Command(("/nowhere/program",), 5.0, log))
        self.assertEqual(ended[0].status, 127)
        self.assertIn("cannot be started", log.read_text())

    def test_at_the_deadline_the_whole_session_ends_even_who_ignores_that(self):
        for session in (False, True):
            for path in self.folder.iterdir():
                path.unlink()
            inner = f"({STUBBORN}) & echo $! > {self.folder}/child; {STUBBORN}"
            began = time.monotonic()
            ended = run(shell(inner, 0.5, session=session))[0]
            self.assertTrue(ended.stopped)
            self.assertEqual(ended.status, -signal.SIGKILL)
            self.assertLess(time.monotonic() - began, 5)
            self.assertFalse(alive(self.pid_in("child")))

    def test_a_process_group_of_a_childs_own_ends_with_the_session(self):
        program = (f"{sys.executable} -c \"import os, time; os.setpgid(0, 0); "
                   f"open('{self.folder}/child', 'w').write(str(os.getpid())); time.sleep(60)\"")
        ended = run(shell(program, 1.5, session=True))[0]
        self.assertTrue(ended.stopped)
        self.assertFalse(alive(self.pid_in("child")))

    def test_what_a_leader_leaves_running_is_counted_and_ended(self):
        ended = run(shell(f"({STUBBORN}) & echo $! > {self.folder}/child; sleep 0.3",
                          session=True))[0]
        self.assertEqual(ended.status, 0)
        self.assertGreaterEqual(ended.left, 1)  # its own sleep may run as well
        self.assertFalse(alive(self.pid_in("child")))

    def test_so_many_run_at_a_time_in_order_and_an_item_may_be_left_out(self):
        began, running, most = [], set(), 0

        def start(item):
            began.append(item)
            if item == 2:
                return None
            running.add(item)
            return shell("sleep 0.15")
        for item, ended in children.run_all(range(6), 2, start):
            most = max(most, len(running))
            running.discard(item)
            self.assertEqual(ended is None, item == 2)
        self.assertEqual(began, list(range(6)))
        self.assertEqual(most, 2)

    def test_leaving_the_loop_ends_who_still_runs(self):
        commands = [shell("exit 0"), shell(f"echo $$ > {self.folder}/child; sleep 60")]
        running = children.run_all(range(2), 2, lambda index: commands[index])
        next(running)
        pid = self.pid_in("child")
        running.close()
        self.assertFalse(alive(pid))

    def test_children_get_sigterm_when_whoever_started_them_is_killed(self):
        script = (f"import sys; sys.path.insert(0, '{HERE}'); import children\n"
                  f"command = children.Command(('sh', '-c', 'echo $$ > {self.folder}/child; "
                  f"exec sleep 60'), 60.0, session=True)\n"
                  "list(children.run_all([0], 1, lambda _: command))\n")
        parent = subprocess.Popen([sys.executable, "-c", script])
        pid = self.pid_in("child")
        self.assertTrue(alive(pid))
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        until = time.monotonic() + 5
        while alive(pid) and time.monotonic() < until:
            time.sleep(0.02)
        self.assertFalse(alive(pid))


if __name__ == "__main__":
    unittest.main()
