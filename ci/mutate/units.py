"""What can kill a mutation: units of the suite, and what a survey of them tells.

    unit     one GoogleTest case, or one command
    survey   every unit runs once, unmutated, with all mutations surveyed: which of them it reaches,
             and in which of them the mutated version would have given another value

Until a mutated value differs for the first time, the mutated run is the unmutated one. So a unit in
which a mutation never differs cannot kill it and is not run for it.
"""

import dataclasses
import pathlib
import re
import subprocess
import time

from children import Child, Command

REACHED, DIFFERS, UNKNOWN = 1, 2, 4
LIMITS = ("prlimit", "--core=0", f"--fsize={4 << 30}", f"--as={64 << 30}")
UNIT_SECONDS = 900
LOOK = 0.005


@dataclasses.dataclass
class Unit:
    """seconds and seen are of the survey. seen: a byte for each mutation that was reached."""

    program: str
    words: tuple
    test: str = ""
    about: str = ""
    seconds: float = 0.0
    seen: dict = dataclasses.field(default_factory=dict)

    @property
    def name(self):
        return f"{pathlib.Path(self.program).name} {self.test}" if self.test else \
            self.about or " ".join([pathlib.Path(self.program).name, *self.words[1:]])

    def can_kill(self, number):
        return bool(self.seen.get(number, 0) & (DIFFERS | UNKNOWN))


def pattern(test):
    """A name as a GoogleTest filter; - and : mean something there."""
    return re.sub(r"[-:*]", "?", test)


def gtest_units(program, folder):
    """One unit for each test of a GoogleTest program."""
    words = [(folder / program).resolve(), "--gtest_list_tests"]
    listing = subprocess.run(words, capture_output=True, text=True, check=True,
                             cwd=folder).stdout
    units, suite = [], ""
    for line in listing.splitlines():
        name = line.split("  # ")[0].rstrip()
        if not name.startswith(" "):
            suite = name
        elif not name.strip().startswith("DISABLED_"):
            units.append(Unit(program, (program,), suite + name.strip()))
    return units


def command(words, folder, seconds, log, environment):
    return Command(tuple([*LIMITS, *words]), seconds, log.resolve(), environment,
                   True, folder)


def unit_words(units):
    """One command for units of one program."""
    first = units[0]
    if not first.test:
        return first.words
    tests = ":".join(pattern(unit.test) for unit in units)
    return (*first.words, f"--gtest_filter={tests}", "--gtest_fail_fast", "--gtest_color=no")


class Survey:
    """Runs every unit once. root: the copy; folder: for logs and records."""

    def __init__(self, root, folder, jobs, say, known=(), tell=lambda unit: None):
        """known: units of a survey that was stopped; tell(unit) is called for each new one."""
        self.root, self.folder, self.jobs, self.say = root, folder, jobs, say
        self.known, self.tell = {unit.name: unit for unit in known}, tell
        self.left_out = []

    def start(self, index, unit):
        record = (self.folder / f"{index}.seen").resolve()
        log = self.folder / f"{index}.log"
        for path in (record, log):
            path.unlink(missing_ok=True)
        return Child(command(unit_words([unit]), self.root, UNIT_SECONDS, log,
                             {"MORPH_MUTATION": "survey", "MORPH_MUTATION_RECORD": str(record)}))

    def run(self, units, deadline=None):
        """The units that pass, with seconds and seen; the others are in left_out. None: no time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        done = [self.known[unit.name] for unit in units if unit.name in self.known]
        waiting = [(index, unit, 0) for index, unit in enumerate(units)
                   if unit.name not in self.known][::-1]
        running, told = [], time.monotonic()
        try:
            while waiting or running:
                if deadline and time.monotonic() > deadline:
                    return None
                while waiting and len(running) < self.jobs:
                    index, unit, tries = waiting.pop()
                    running.append((index, unit, tries, self.start(index, unit)))
                for entry in list(running):
                    index, unit, tries, child = entry
                    if (ended := child.look()) is None:
                        continue
                    running.remove(entry)
                    if ended.status == 0:
                        unit.seconds, unit.seen = ended.seconds, self.seen(index)
                        done.append(unit)
                        self.tell(unit)
                    elif tries == 0:
                        waiting.append((index, unit, 1))
                    else:
                        self.left_out.append(unit)
                        self.say(f"left out, since it fails without a mutation: {unit.name}")
                if time.monotonic() - told > 30:
                    told = time.monotonic()
                    self.say(f"survey: {len(done)} of {len(units)} units")
                time.sleep(LOOK)
        finally:
            for entry in running:
                entry[3].stop()
        return done

    def seen(self, index):
        record = self.folder / f"{index}.seen"
        data = record.read_bytes() if record.is_file() else b""
        record.unlink(missing_ok=True)
        (self.folder / f"{index}.log").unlink(missing_ok=True)
        return {number: value for number, value in enumerate(data) if value}


def unit_from_json(fields):
    seen = {int(number): value for number, value in fields["seen"].items()}
    return Unit(**{**fields, "words": tuple(fields["words"]), "seen": seen})
