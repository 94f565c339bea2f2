"""One run of one worker program: a process of its own, so that figures are isolated.

    compare-library      v1, v2-compiler, v2-runtime
    compare-reference    reference
    compare-malloc       glibc; mimalloc and jemalloc take malloc's place by LD_PRELOAD
    compare-pmr          pmr
    compare-boehm        boehm

A worker prints one JSON object a line: {"sample": {...}}, {"timeline": [...]} or {"error": "...",
"status": "..."}, and exits with 0, or 3 when memory ran out. Whatever else it does (crashes, hangs,
prints something else or too much) becomes a status and a message of its row.
"""

import dataclasses
import os
import pathlib
import resource
import signal
import subprocess
import tempfile

import results

PROGRAMS = {"v1": "library", "v2-compiler": "library", "v2-runtime": "library",
            "reference": "reference", "glibc": "malloc", "mimalloc": "malloc",
            "jemalloc": "malloc", "pmr": "pmr", "boehm": "boehm"}
PRELOAD = {"mimalloc": "libmimalloc.so.2", "jemalloc": "libjemalloc.so.2"}
ROOT = pathlib.Path(__file__).resolve().parents[2]   # workers find the sources of Fox from here
GRACE_SECONDS = 2.0            # a worker that knows its time limit may end by itself
OUTPUT_BYTES_MAX = 64 << 20   # RLIMIT_FSIZE: output goes to a file
MESSAGE_MAX = 300
EXIT_OUT_OF_MEMORY = 3
# Figures of a sample, and whether they must be there.
FIGURES = {"seconds": True, "allocating_seconds": False, "teardown_seconds": False,
           "peak_resident": False, "peak_asked": False, "objects": True, "payload": True,
           "collections": False, "longest_pause_ns": False}
REAL = {"seconds", "allocating_seconds", "teardown_seconds"}


@dataclasses.dataclass
class Run:
    """What a worker gave."""

    status: str
    message: str = ""
    samples: list = dataclasses.field(default_factory=list)
    timeline: list | None = None
    missing: bool = False   # the program is not there: somebody has to build it


class Garbage(Exception):
    """A line that no worker should print."""


def program(build, cell, sampled=False):
    """The worker of a cell. Time in allocation calls of the front end is sampled by a timer, in
    programs that are linked for it."""
    suffix = "-sampled" if sampled else ""
    return (build / "bin").resolve() / f"compare-{PROGRAMS[cell.system]}{suffix}"


def command(build, cell, seconds, allocating=False, timeline=False):
    """The worker's command line."""
    sampled = allocating and cell.workload.startswith("fox")
    words = [str(program(build, cell, sampled)), "--system", cell.system,
             "--workload", cell.workload, "--lines", str(cell.lines), "--samples", "1",
             "--time-limit", f"{seconds:g}"]
    if cell.threshold:
        words += ["--threshold", str(cell.threshold)]
    if allocating:
        words.append("--allocating")
    if timeline:
        words.append("--timeline")
    return words


def environment(cell):
    """The caller's, without what would change the memory systems from outside."""
    kept = {name: value for name, value in os.environ.items()
            if name != "LD_PRELOAD" and not name.startswith(
                ("MORPH_", "MALLOC_", "MIMALLOC_", "GC_", "GLIBC_TUNABLES"))}
    if cell.system in PRELOAD:
        kept["LD_PRELOAD"] = PRELOAD[cell.system]
    return kept


def limits(cell):
    """Set in the child, before it becomes the worker."""
    def apply():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES_MAX, OUTPUT_BYTES_MAX))
        if cell.limit_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (cell.limit_bytes, cell.limit_bytes))
    return apply


def execute(words, cell, seconds):
    """(exit status, or None when it was out of time; standard output; standard error)."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                              env=environment(cell), preexec_fn=limits(cell), cwd=ROOT,
                              start_new_session=True) as process:
            try:
                status = process.wait(seconds + GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                stop(process)
        output.seek(0)
        errors.seek(0)
        return status, output.read(OUTPUT_BYTES_MAX), errors.read(1 << 16)


def stop(process):
    """The worker and whatever it has started; it has a session of its own."""
    if process.returncode is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()  # it has left its session
        process.wait()


def run(build, cell, seconds, allocating=False, timeline=False):
    """Runs the worker of a cell once."""
    words = command(build, cell, seconds, allocating, timeline)
    try:
        status, output, errors = execute(words, cell, seconds)
    except FileNotFoundError:
        return Run(results.FAILED, f"{words[0]} is missing: make bench builds it", missing=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Run(results.FAILED, f"{words[0]} cannot be started: {error}")
    done = Run(results.FINISHED)
    try:
        claimed = gather(output, done)
    except Garbage as problem:
        claimed = None
        done.status, done.message = results.FAILED, str(problem)
    judge_end(done, status, claimed, errors)
    if done.status == results.FINISHED and not (done.timeline if timeline else done.samples):
        done.status, done.message = results.FAILED, "ended well without a figure"
    return done


def judge_end(done, status, claimed, errors):
    """Status and message of a run from how it ended and what it said of that."""
    said = errors.decode(errors="replace").strip()
    if status is None:
        done.status, done.message = results.TIME_LIMIT, "stopped by the driver"
    elif claimed is not None:
        done.status, done.message = claimed
    elif status == EXIT_OUT_OF_MEMORY:
        done.status, done.message = results.OUT_OF_MEMORY, said
    elif status != 0 and done.status == results.FINISHED:
        how = f"ended by {signal_name(-status)}" if status < 0 else f"exit status {status}"
        done.status, done.message = results.FAILED, f"{how}: {said}" if said else how
    done.message = done.message[-MESSAGE_MAX:]


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def gather(output, done):
    """Puts what a worker printed into `done`; (status, message) of its error line, or None."""
    claimed = None
    for line in output.decode(errors="replace").splitlines():
        try:
            found = results.parse(line)
        except (ValueError, RecursionError):
            raise Garbage(f"printed what is not JSON: {line[:80]!r}") from None
        if not isinstance(found, dict):
            raise Garbage(f"printed no object: {line[:80]!r}")
        if "sample" in found:
            done.samples.append(checked_sample(found["sample"]))
        elif "timeline" in found:
            done.timeline = checked_timeline(found["timeline"])
        elif "error" in found:
            status = found.get("status")
            known = status in results.STATUSES and status != results.FINISHED
            claimed = (status if known else results.FAILED, str(found["error"]))
    return claimed


def checked_sample(sample):
    """The figures of a sample, each of its type; others are kept when they are numbers."""
    if not isinstance(sample, dict):
        raise Garbage("a sample that is no object")
    kept = {}
    for field, needed in FIGURES.items():
        value = sample.get(field)
        if value is None and not needed:
            kept[field] = None
        elif not results.is_number(value) or value < 0 or value > 1e18:
            raise Garbage(f"a sample whose {field} is {value!r}")
        else:
            kept[field] = float(value) if field in REAL else int(value)
    pauses = sample.get("pauses_ns")
    if pauses is not None and (not isinstance(pauses, list) or
                               not all(results.is_number(one) for one in pauses)):
        raise Garbage("a sample whose pauses_ns is no list of numbers")
    kept["pauses_ns"] = pauses or None
    checksum = sample.get("checksum")
    if not isinstance(checksum, str) or not checksum:
        raise Garbage("a sample without checksum")
    kept["checksum"] = checksum
    for field, value in sample.items():
        if field not in kept and results.is_number(value) and abs(value) < 1e18:
            kept[field] = value
    return kept


def checked_timeline(points):
    if not isinstance(points, list) or not all(
            isinstance(point, dict) and all(value is None or results.is_number(value)
                                            for value in point.values()) for point in points):
        raise Garbage("a timeline that is no list of points")
    return points
