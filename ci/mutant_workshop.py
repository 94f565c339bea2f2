"""Where mutants are built and run.

    tree --copies what changed--> base --links files and objects--> workshop: one mutant
            (make test's subset:   build/release/*.o                 the changed files are its own,
             the tree is the base)                                   make compiles what they touch

The base is built once, optimised a little, without debug information and warnings; the workshop of
a mutant begins as its twin, by hard links, and is thrown away. What is compiled goes through
ccache. A program runs in a session of its own and is ended whole when its time is over, or when the
run is interrupted.
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
from outcome import excerpt

COPIED = ("impl/", "reference/", "fuzz/", "corpora/", "stress/", "bench/", "ci/", "Makefile")
FLAGS = "-O1 -g0 -w -include fuzz/mutants/probe.h"
BUILD_SECONDS = 3000
# Stands before every changed file: a mutant may warn, and has its probe.
PRELUDE = """#pragma clang diagnostic ignored "-Weverything"
#include "fuzz/mutants/probe.h"
#line 1
"""
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


class Base:
    """A tree in which everything is built as it is, and what workshops begin with."""

    def __init__(self, root, build="build", settings=(), given=False):
        self.given = given            # what is there already needs no make
        self.root = pathlib.Path(root).resolve()
        self.build = build            # relative to root
        self.settings = settings      # of make
        self.lock = threading.Lock()
        self.built = set()

    def fill(self):
        """Copies the files of this tree that have changed; removes what is no longer there."""
        wanted = {path for path in tree.files() if path.startswith(COPIED)}
        for path in wanted:
            copy = self.root / path
            if not copy.exists() or copy.read_bytes() != pathlib.Path(path).read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.unlink(missing_ok=True)
                shutil.copy(path, copy)
        for path in self.sources():
            if path not in wanted:
                (self.root / path).unlink()

    def sources(self):
        """Files that a workshop needs, relative to root."""
        tops = [self.root / name.rstrip("/") for name in COPIED]
        found = [path for top in tops for path in ([top] if top.is_file() else top.rglob("*"))]
        return [str(path.relative_to(self.root)) for path in found
                if path.is_file() and "__pycache__" not in path.parts]

    def objects(self, configuration):
        """What is built there, but for programs."""
        folder = self.root / self.build
        found = [*(folder / "generated").rglob("*"), *(folder / configuration).rglob("*")]
        return [str(path.relative_to(self.root)) for path in found
                if path.suffix in (".o", ".a", ".d", ".h", ".command", ".pch") and path.is_file()]

    def make(self, target, jobs):
        """Builds a program of the unchanged tree, once."""
        with self.lock:
            if target in self.built or (
                    self.given and (self.root / self.build / target).exists()):
                return
            ended = run_make(self, self.root, [target], jobs)
            if ended.bad:
                raise RuntimeError(f"{target} of the unchanged tree does not build:\n"
                                   + excerpt(ended.output))
            self.built.add(target)


def full_base(folder, compiler):
    """The base of `make mutants`, in build/mutants."""
    os.environ.update({"CCACHE_DIR": str(pathlib.Path(folder).resolve() / "ccache"),
                       "CCACHE_NOHASHDIR": "1", "CCACHE_MAXSIZE": "5G"})
    # A precompiled header names the folder in which it was made, and twins share what is cached.
    return Base(pathlib.Path(folder) / "base", "build",
                (f"CXX=ccache {compiler}", f"CXXFLAGS={FLAGS}", "precompiled="))


def run_make(base, root, targets, jobs=1):
    return execute(["nice", "-n", "2", "make", "--no-print-directory", f"-j{jobs}",
                    f"BUILD={base.build}", *base.settings,
                    *(f"{base.build}/{target}" for target in targets)], BUILD_SECONDS, root,
                   {"MAKEFLAGS": ""})


class Workshop:
    """The twin of a base in which one mutant is planted."""

    def __init__(self, base, root, jobs):
        self.base = base
        self.root = pathlib.Path(root).resolve()
        self.jobs = jobs  # for the base
        self.build = base.build
        self.marks = self.root / "marks"
        self.files = self.root / "files"

    def open(self, mutant):
        """A new twin with the mutant in it."""
        self.close()
        for folder in (self.root, self.marks, self.files):
            folder.mkdir(parents=True)
        self.link(self.base.sources())
        for path, text in mutant_files.planted(self.base.root, mutant).items():
            (self.root / path).unlink()
            (self.root / path).write_text(PRELUDE + text)

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def link(self, paths):
        """What is written as a whole is linked; what is written in place is copied."""
        for path in paths:
            copy = self.root / path
            if copy.exists():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            if copy.suffix in (".d", ".command"):
                shutil.copy2(self.base.root / path, copy)
            else:
                os.link(self.base.root / path, copy)

    def make(self, *targets):
        """Builds programs, named from the build directory on, with the mutant in them."""
        for target in targets:
            self.base.make(target, self.jobs)
            self.link(self.base.objects(target.split("/")[0]))
        return run_make(self.base, self.root, targets)

    def marked(self, mark):
        return (self.marks / mark).exists()

    def run(self, words, seconds):
        """A program of the twin, with the probes' marks named."""
        return execute(words, seconds, self.root, {
            "MORPH_MUTANT_REACHED": str(self.marks / "reached"),
            "MORPH_MUTANT_TRIGGERED": str(self.marks / "triggered")})

    def run_unchanged(self, words, seconds):
        """The same of the base."""
        return execute(words, seconds, self.base.root)
