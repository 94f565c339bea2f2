"""What a task of `make test` gives: tests that passed, tests that failed with what they said."""

import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess

RUN = re.compile(r"^\[ RUN      \] (\S+)")
DONE = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] (\S+)")
EXCERPT_LINES = 60


@dataclasses.dataclass
class Outcome:
    """Counts of one task. Each failure has a name and the end of its output."""

    passed: int = 0
    skipped: int = 0
    failures: list = dataclasses.field(default_factory=list)

    def check(self, name, problem):
        """Counts one test: passed when problem is empty."""
        if problem:
            self.failures.append((name, problem))
        else:
            self.passed += 1

    def add(self, other):
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures


def excerpt(text):
    """The last lines of an output, so that a report stays readable."""
    lines = text.rstrip().splitlines()
    if len(lines) <= EXCERPT_LINES:
        return "\n".join(lines)
    hidden = len(lines) - EXCERPT_LINES
    return "\n".join([f"... {hidden} lines above are left out"] + lines[-EXCERPT_LINES:])


def run(command, timeout=600, environment=None, folder=None):
    """Exit status (None: out of time) and output of a command that gets no input."""
    try:
        done = subprocess.run(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=timeout, cwd=folder, check=False,
            env={**os.environ, **(environment or {})})
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as expired:
        return None, (expired.stdout or b"").decode(errors="replace")
    except OSError as error:
        return 127, f"cannot be started: {error}"


def status_text(status):
    """How a program ended, in words."""
    if status is None:
        return "ran out of time"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def command_outcome(name, command, **options):
    """A command that is one test: passed when it exits with 0."""
    status, output = run(command, **options)
    outcome = Outcome()
    outcome.check(name, "" if status == 0 else f"{status_text(status)}\n{excerpt(output)}")
    return outcome


def gtest_outcome(program, report, shard=0, shards=1, timeout=600, wrapper=()):
    """Runs one shard of a GoogleTest program and counts its tests.

    The report that the program writes at its end is what counts. A program that ends without one
    has crashed: the tests that its output shows as done count, the one that was running failed, and
    if none was, the program itself is the failure.
    """
    report = pathlib.Path(report)
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    status, output = run(
        [*wrapper, program, f"--gtest_output=json:{report}", "--gtest_color=no"], timeout,
        {"GTEST_TOTAL_SHARDS": str(shards), "GTEST_SHARD_INDEX": str(shard)})
    if report.is_file():
        outcome = from_report(json.loads(report.read_text()), output)
        if status != 0 and not outcome.failures:
            # Every test passed, then leak detection or a destructor failed.
            outcome.check(pathlib.Path(program).name, f"{status_text(status)} although its tests "
                          f"passed\n{excerpt(output)}")
    else:
        outcome = from_crash(program, status, output)
    if outcome.passed + outcome.skipped == 0 and not outcome.failures and shards == 1:
        outcome.check(pathlib.Path(program).name, "has no tests")
    return outcome


def from_report(report, output):
    outcome = Outcome()
    said = output_by_test(output)
    for suite in report["testsuites"]:
        for case in suite["testsuite"]:
            name = f"{suite['name']}.{case['name']}"
            if case["result"] == "SKIPPED":
                outcome.skipped += 1
            elif case["result"] == "COMPLETED":
                problem = "\n".join(failure["failure"] for failure in case.get("failures", []))
                outcome.check(name, problem and excerpt(said.get(name) or problem))
    return outcome


def from_crash(program, status, output):
    outcome = Outcome()
    running = None
    for line in output.splitlines():
        if match := RUN.match(line):
            running = match.group(1)
        elif (match := DONE.match(line)) and running == match.group(2):
            if match.group(1) == "SKIPPED":
                outcome.skipped += 1
            else:
                outcome.check(running, "" if match.group(1) == "OK" else "failed before the crash")
            running = None
    name = running or pathlib.Path(program).name
    outcome.check(name, f"{program} {status_text(status)}; tests behind this one did not run\n"
                  f"{excerpt(output)}")
    return outcome


def output_by_test(output):
    """What each test printed."""
    said, running = {}, None
    for line in output.splitlines():
        if match := RUN.match(line):
            running = match.group(1)
        if running:
            said.setdefault(running, []).append(line)
        if match := DONE.match(line):
            running = None
    return {name: "\n".join(lines) for name, lines in said.items()}


def unittest_outcome(script):
    """Runs a Python unittest script and counts its tests."""
    status, output = run(["python3", script, "-v"], timeout=300)
    outcome = Outcome()
    outcome.passed = len(re.findall(r"\.\.\. ok$", output, re.MULTILINE))
    for name in re.findall(r"^(\w+) \(.*\)(?:\n.*)? \.\.\. (?:FAIL|ERROR)$", output, re.MULTILINE):
        said = re.search(rf"^(?:FAIL|ERROR): {name} .*?(?=^={{70}}|^-{{70}}\nRan |\Z)", output,
                         re.MULTILINE | re.DOTALL)
        outcome.check(f"{script}: {name}", excerpt(said.group(0) if said else output))
    ran = re.search(r"^Ran (\d+) tests?", output, re.MULTILINE)
    if not outcome.failures and (status != 0 or not ran or int(ran.group(1)) != outcome.passed
                                 or outcome.passed == 0):
        outcome.check(script, f"{status_text(status)}\n{excerpt(output)}")
    return outcome
