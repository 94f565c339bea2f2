"""A copy of the tree in which all mutations are built at once.

    choose   places in the order of the seed; of each one alternative
    write    sources with schemata for those in the build (a file is touched only when it changes)
    make     all programs; what the compiler says of a line takes the mutations of that line out,
             others take their place, and it is made again
"""

import dataclasses
import hashlib
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from children import Child, Command  # pylint: disable=wrong-import-position
import tree  # pylint: disable=wrong-import-position
from outcome import excerpt, run  # pylint: disable=wrong-import-position
from place import Mutation, Place  # pylint: disable=wrong-import-position
from schema import Writer, lines_of  # pylint: disable=wrong-import-position

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PARSER = ("find_places.py", "walk.py", "written.py", "operators.py", "place.py")
ENGINE = (*PARSER, "schema.py", "mutation.h", "mutation_runtime.cpp")
MADE_SECONDS = 6 * 3600
ROUNDS = 25  # of taking out what does not compile
SAID = re.compile(r"^(?:\./)?([\w./+-]+?):(\d+):\d+: (error|fatal error|note|warning): ",
                  re.MULTILINE)


class Broken(Exception):
    """The copy cannot be built, and no mutation is to blame."""


class OutOfTime(Exception):
    """The time was up before the copy was built."""


@dataclasses.dataclass(frozen=True)
class Project:
    """What is mutated and how it is built; the tests of ci/mutate have a small one of their own."""

    root: pathlib.Path
    pool: tuple     # folders and files whose places are the pool
    flags: str      # with which clang parses them
    copied: tuple   # prefixes of the files that the copy needs
    make: tuple     # words behind `make` that build all programs in the copy


def select(places, seed, only=None):
    """Pairs of place and alternative in the order in which they are taken."""
    chosen = [place for place in places if not only or re.search(only, place.path)]
    order = random.Random(seed)
    order.shuffle(chosen)
    return [(place, order.choice(place.alternatives)) for place in chosen]


class Workshop:
    """root: the copy. cache: what is kept between runs."""

    def __init__(self, project, folder, jobs):
        self.project, self.folder, self.jobs = project, folder, jobs
        self.root = folder / "tree"
        self.texts = {}  # of mutated files, as they were

    # ------------------------------------------------------------------------------ places

    def digest(self, prefixes=None, engine=ENGINE):
        """Of sources in the copy and of this engine: journals and caches hold for one."""
        told = hashlib.sha256()
        chosen = [path for path in self.files() if path.startswith(prefixes or "")]
        for path in chosen + [HERE / name for name in engine]:
            told.update(str(path).encode() + b"\0" + (self.project.root / path).read_bytes())
        return told.hexdigest()[:16]

    def files(self):
        return [path for path in tree.files(self.project.root)
                if path.startswith(self.project.copied)]

    def places(self):
        """All places of the pool; they are parsed anew only when something has changed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        cached = self.folder / f"places-{self.digest(self.project.pool, PARSER)}.json"
        if not cached.is_file():
            for old in self.folder.glob("places-*.json"):
                old.unlink()
            status, output = run(
                [system_python(), HERE / "find_places.py", f"--flags={self.project.flags}",
                 "--jobs", self.jobs, "--output", cached.resolve(), *self.project.pool], 3600,
                folder=self.project.root)
            if status != 0:
                raise Broken(excerpt(output))
        return [Place.from_json(fields) for fields in json.loads(cached.read_text())]

    # ------------------------------------------------------------------------------ building

    def fill(self):
        """Copies what has changed but for the pool's files, which write() writes."""
        wanted = set(self.files())
        for path in wanted:
            if not path.startswith(self.project.pool):
                self.put(path, (self.project.root / path).read_bytes())
        for copy in [path for path in self.root.rglob("*") if path.is_file()]:
            name = str(copy.relative_to(self.root))
            if name not in wanted and not name.startswith(("build/", "corpora/")):
                copy.unlink()

    def put(self, path, data):
        copy = self.root / path
        if not copy.exists() or copy.read_bytes() != data:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
            shutil.copymode(self.project.root / path, copy)

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = (self.project.root / path).read_bytes().decode("latin-1")
        return self.texts[path]

    def write(self, mutations):
        """All sources, those with mutations in them with schemata."""
        by_path = {}
        for mutation in mutations:
            by_path.setdefault(mutation.place.path, []).append(mutation)
        for path in self.files():
            if path in by_path:
                text = Writer(self.text(path), by_path[path]).write()
                self.put(path, text.encode("latin-1"))
            else:
                self.put(path, (self.project.root / path).read_bytes())

    def make(self, say, deadline=None):
        """Status and output of the build in the copy; says every minute how far it is."""
        runtime = (self.root / "build/mutation_runtime.o").resolve()
        runtime.parent.mkdir(parents=True, exist_ok=True)
        status, output = run(["clang++-19", "-std=c++20", "-O1", "-fPIC", f"-I{ROOT}", "-c",
                              HERE / "mutation_runtime.cpp", "-o", runtime])
        if status != 0:
            raise Broken(excerpt(output))
        words = [word.format(header=HERE / "mutation.h", runtime=runtime)
                 for word in self.project.make]
        command = Command(("make", "--no-print-directory", "-k", f"-j{self.jobs}", *words),
                          MADE_SECONDS, self.folder / "build.log", {"MAKEFLAGS": ""},
                          folder=self.root)
        command.log.unlink(missing_ok=True)
        told = time.monotonic()
        child = Child(command)
        try:
            while (ended := child.look()) is None:
                time.sleep(0.1)
                if deadline and time.monotonic() > deadline:
                    raise OutOfTime("the time was up before all was built; what is built stays")
                if time.monotonic() - told > 60:
                    told += 60
                    say(f"building: {len(command.log.read_text().splitlines())} files so far")
        finally:
            child.stop()
        return ended.status, command.log.read_text(errors="replace")

    def build(self, candidates, count, say, deadline=None):
        """(mutations that are built, (place, alternative) pairs that do not compile)."""
        waiting = list(candidates)[::-1]
        chosen, refused, numbers = [], [], iter(range(1, 1 << 14))
        for turn in range(ROUNDS):
            while waiting and len(chosen) < count:
                chosen.append(Mutation(next(numbers), *waiting.pop()))
            self.write(chosen)
            say(f"building {len(chosen)} mutations" + (f", turn {turn + 1}" if turn else ""))
            status, output = self.make(say, deadline)
            if status == 0:
                return chosen, refused
            blamed = self.blamed(output, chosen)
            if not blamed:
                raise Broken(f"the copy does not build, and no mutation is to blame (all in "
                             f"{self.folder / 'build.log'}):\n{excerpt(output)}")
            for mutation in blamed:
                say(f"does not compile: {mutation.title}")
            refused += blamed
            chosen = [one for one in chosen if one not in blamed]
        raise Broken(f"after {ROUNDS} turns there is still something that does not compile")

    def blamed(self, output, mutations):
        """The mutations on the lines of which the compiler says something; else of its notes."""
        lines = {}
        for mutation in mutations:
            first, last = lines_of(self.text(mutation.place.path), mutation)
            for line in range(first, last + 1):
                lines.setdefault((mutation.place.path, line), []).append(mutation)
        blamed, of_error = set(), False
        for path, line, kind in SAID.findall(output):
            found = lines.get((path, int(line)), [])
            if kind in ("error", "fatal error"):
                of_error = bool(found)
                blamed.update(found)
            elif kind == "note" and not of_error:
                of_error = bool(found)
                blamed.update(found)
        return sorted(blamed, key=lambda one: one.number)


def system_python():
    """An interpreter that has clang's module: Debian's package is made for the system's."""
    for python in ("/usr/bin/python3", shutil.which("python3") or "python3"):
        done = subprocess.run([python, "-c", "import clang.cindex"], capture_output=True,
                              check=False)
        if done.returncode == 0:
            return python
    raise Broken("no python3 has the module clang: python3-clang-19 is missing; ci/setup has it")
