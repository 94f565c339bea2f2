"""Where mutants are built and run: a copy of the tree, one mutant in it at a time.

    tree --fill--> build/mutants/N/          only what changed is copied, built, and compiled anew
                     impl/ fuzz/ ...         (ccache, shared by all copies); optimised a little, no
                     build/release/          debug information, warnings off; fuzz/mutants/probe.h is
                     marks/ files/           included everywhere, so a mutant costs what it changes

A program runs in a session of its own and is ended whole when its time is over, or when the run is
interrupted.
"""

import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import mutant_files
import tree

COPIED = ("impl/", "reference/", "fuzz/", "corpora/", "stress/", "bench/", "ci/", "Makefile")
FLAGS = "-O1 -g0 -w -include fuzz/mutants/probe.h"
BUILD_SECONDS = 2400
LOCK = threading.Lock()
RUNNING = set()          # sessions of programs that run
STOPPED = threading.Event()


class Interrupted(Exception):
    """The whole run is to end."""


@dataclasses.dataclass(frozen=True)
class Ended:
    """status: None when its time was over; minus the signal when one ended it."""

    status: int | None
    output: str
    seconds: float

    @property
    def bad(self):
        return self.status != 0


def execute(words, seconds, folder, environment=None):
    """Runs a program to its end, or for so long."""
    started = time.monotonic()
    with subprocess.Popen([str(word) for word in words], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **(environment or {})},
                          start_new_session=True) as process:
        with LOCK:
            RUNNING.add(process.pid)
        if STOPPED.is_set():
            end_session(process.pid)
        try:
            output, _ = process.communicate(timeout=seconds)
            status = process.returncode
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end_session(process.pid)
            with LOCK:
                RUNNING.discard(process.pid)
        if status is None:
            output, _ = process.communicate()
    if STOPPED.is_set():
        raise Interrupted
    return Ended(status, output.decode(errors="replace"), time.monotonic() - started)


def end_session(pid):
    """The program and what it started: they are one process group, none of them leaves it."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def stop_all():
    STOPPED.set()
    with LOCK:
        for pid in RUNNING:
            end_session(pid)


class Workshop:
    """One copy of the tree."""

    def __init__(self, root, cache, compiler="clang++-19"):
        self.root = pathlib.Path(root).resolve()
        self.cache = pathlib.Path(cache).resolve()
        self.compiler = compiler
        self.marks = self.root / "marks"
        self.files = self.root / "files"

    def fill(self):
        """Copies what has changed; removes what is no longer there; what is built stays."""
        wanted = {path for path in tree.files() if path.startswith(COPIED)}
        for path in wanted:
            copy = self.root / path
            if not copy.exists() or copy.read_bytes() != pathlib.Path(path).read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
        for top in {path.split("/")[0] for path in wanted}:
            for copy in (self.root / top).rglob("*"):
                if copy.is_file() and str(copy.relative_to(self.root)) not in wanted:
                    copy.unlink()
        for folder in (self.marks, self.files):
            folder.mkdir(parents=True, exist_ok=True)

    def make(self, *targets):
        """Builds; programs are named from build/ on."""
        return execute(
            ["nice", "make", "--no-print-directory", "BUILD=build",
             f"CXX=ccache {self.compiler}", f"CXXFLAGS={FLAGS}",
             *(f"build/{target}" for target in targets)], BUILD_SECONDS, self.root,
            {"MAKEFLAGS": "", "CCACHE_DIR": str(self.cache), "CCACHE_NOHASHDIR": "1",
             "CCACHE_MAXSIZE": "5G"})

    def plant(self, mutant):
        """Changes the copy; what was there, for restore."""
        before = {}
        for path, text in mutant_files.planted(self.root, mutant).items():
            before[path] = (self.root / path).read_text()
            (self.root / path).write_text(text)
        self.clear_marks()
        return before

    def restore(self, before):
        for path, text in before.items():
            (self.root / path).write_text(text)

    def clear_marks(self):
        for mark in ("reached", "triggered"):
            (self.marks / mark).unlink(missing_ok=True)

    def marked(self, mark):
        return (self.marks / mark).exists()

    def run(self, words, seconds):
        """A program of the copy, with the probes' marks named."""
        return execute(words, seconds, self.root, {
            "MORPH_MUTANT_REACHED": str(self.marks / "reached"),
            "MORPH_MUTANT_TRIGGERED": str(self.marks / "triggered")})
