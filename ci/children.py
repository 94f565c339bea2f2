"""Child processes that end: each with its output in a file, a deadline, and its whole family.

    run_all(items, width, start)
                                        +-- child  (leader of a process group or of a session)
        item --> start(item) --> Command --> Child +-- its children, and theirs
                                                |      at the deadline: SIGTERM to all of them,
        (item, Ended) <-------------------------+      GRACE seconds later SIGKILL

What a leader leaves running when it ends is ended too and counted: a process that outlives its test
takes the processor from the next one. A session also holds the groups that a child makes for its
own children. When this process dies, however it dies, the kernel sends SIGTERM to the leaders.
"""

import ctypes
import dataclasses
import os
import pathlib
import signal
import subprocess
import time

GRACE = 5.0     # seconds between SIGTERM and SIGKILL
TICK = 0.05     # seconds between looks at the children
SET_PARENT_DEATH_SIGNAL = 1
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclasses.dataclass(frozen=True)
class Command:
    """What is run, for how long at most, and where its output goes (None: nowhere)."""

    words: tuple
    seconds: float
    log: pathlib.Path | None = None
    environment: dict = dataclasses.field(default_factory=dict)
    session: bool = False  # a session of its own; else a process group
    folder: pathlib.Path | None = None  # where it runs (None: here)


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a child ended. status: exit status, or minus the signal, as subprocess has it."""

    status: int
    stopped: bool    # by us, at the deadline
    seconds: float
    peak_bytes: int  # resident memory of the largest process among those waited for
    left: int        # processes that it left running


def start_time(pid):
    """When the kernel started a process, in ticks since boot; None when it is not there."""
    fields = stat_fields(pid)
    return int(fields[19]) if fields else None


def stat_fields(pid):
    """The fields of /proc/PID/stat from the third on (state, parent, group, session, ...)."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None  # it has ended meanwhile


def family(leader, session):
    """Living processes of the leader's session, or of its process group."""
    found = []
    for name in os.listdir("/proc"):
        fields = stat_fields(name) if name.isdigit() else None
        if fields and fields[0] not in "ZX" and int(fields[3 if session else 2]) == leader:
            found.append(int(name))
    return found


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # it has ended meanwhile


def end_family(leader, session):
    """Ends whoever is left of a family; how many there were."""
    left = family(leader, session)
    send(left, signal.SIGTERM)
    until = time.monotonic() + GRACE
    while (living := family(leader, session)) and time.monotonic() < until:
        time.sleep(TICK)
    while living:  # what is forked meanwhile, too
        send(living, signal.SIGKILL)
        time.sleep(TICK)
        living = family(leader, session)
    return len(left)


class Child:
    """A running command."""

    def __init__(self, command):
        self.command = command
        self.started = time.monotonic()
        self.term_sent = None
        if command.log:
            command.log.parent.mkdir(parents=True, exist_ok=True)
        with open(command.log or os.devnull, "ab") as output:
            try:
                self.process = subprocess.Popen(
                    [str(word) for word in command.words], stdin=subprocess.DEVNULL,
                    stdout=output, stderr=subprocess.STDOUT, cwd=self.command.folder,
                    env={**os.environ, **command.environment},
                    start_new_session=command.session,
                    process_group=None if command.session else 0,
                    preexec_fn=lambda: LIBC.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM))
            except OSError as error:
                self.process = None
                output.write(f"cannot be started: {error}\n".encode())

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def look(self):
        """Ended, or None while it runs. Enforces the deadline."""
        if self.process is None:
            return Ended(127, False, 0.0, 0, 0)
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        seconds = time.monotonic() - self.started
        if pid:
            self.process.returncode = os.waitstatus_to_exitcode(status)
            left = end_family(pid, self.command.session)
            return Ended(self.process.returncode, self.term_sent is not None, seconds,
                         usage.ru_maxrss * 1024, 0 if self.term_sent else left)
        if self.term_sent is None and seconds >= self.command.seconds:
            self.term_sent = seconds
            send(family(self.pid, self.command.session), signal.SIGTERM)
        elif self.term_sent is not None and seconds >= self.term_sent + GRACE:
            send(family(self.pid, self.command.session), signal.SIGKILL)
        return None

    def stop(self):
        """Ends it now, when nobody waits for it any more."""
        if self.process and self.process.returncode is None:
            end_family(self.pid, self.command.session)
            self.process.wait()


def run_all(items, width, start, tick=None):
    """Runs start(item) -> Command for each item, at most width at a time; yields (item, Ended).

    start may return None, when its item need not or can no longer be run: then Ended is None. It is
    called when the item's turn has come, in the order of the items. tick(item, child), if given, is
    called for every running child every TICK seconds.
    """
    waiting, running = list(items)[::-1], []
    try:
        while waiting or running:
            while waiting and len(running) < width:
                item = waiting.pop()
                command = start(item)
                if command is None:
                    yield item, None
                else:
                    running.append((item, Child(command)))
            for item, child in list(running):
                ended = child.look()
                if ended is not None:
                    running.remove((item, child))
                    yield item, ended
                elif tick:
                    tick(item, child)
            if running:
                time.sleep(TICK)
    finally:
        for _, child in running:
            child.stop()


def exit_on_signals():
    """SIGTERM and SIGHUP end this process as an exception would: children are ended first."""
    def leave(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
