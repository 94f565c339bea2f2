#!/usr/bin/env python3
"""Runs clang-tidy over the library, the reference and the suite; what is clean is remembered.

    ci/clang_tidy.py [--cache DIR] [--jobs N] [--deep] [--seconds N] [--seed N] [SOURCE...]

--deep  each source by itself, and with the path-sensitive analyser (clang-analyzer-*), which takes
        most of the time: `make analyse`, every night. Without it: `make test`.
--seconds, --seed  sources that do not end in that time are left out, and that is said; the seed
        says with which to begin, so that short nights get round to all

Most of the time goes into the standard library's headers, which each source includes. So without
--deep and --seconds many sources are looked at as one that includes them all. Those that cannot be
compiled together (two that name something alike) are put into another one. Where there is a
finding, each is looked at by itself, and what is said then counts. What a check looks for only in
the file that is named (misc-unused-using-decls does), the night alone finds.

What is remembered is a hash of all that the result depends on: the preprocessed source with its
headers, the configuration, the flags, the checks and the tool's version. Last line
`clang-tidy: N sources, F with findings`.
"""

import argparse
import concurrent.futures
import dataclasses
import hashlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

import tree

TOOL = "clang-tidy-19"
COMPILER = "clang++-19"
FOLDERS = ("impl/", "reference/", "fuzz/")
FLAGS = ("-std=c++20 -Iimpl/include -Iimpl -I. -DMORPH_API_TABLE=library_api "
         "-DMORPH_API_NAME='\"library\"' -DMORPH_CANARY_SUBJECT='\"canary\"'")
CONFIGURATION = ".clang-tidy"
QUICK = "--checks=-clang-analyzer-*"
# Of sources that are looked at as one: they are included, and not the file that is named.
TOGETHER = ("--checks=-clang-analyzer-*,-bugprone-suspicious-include", "--header-filter=.*")
CLEAN, FINDINGS = "clean", "findings"
TOGETHER_MOST = 32  # more gains little, and all processors shall have work
ERROR = re.compile(r"^(?:\./)?(.+?):\d+:\d+: (?:fatal )?error: ", re.MULTILINE)


def sources_of_tree():
    return [path for path in tree.files() if path.startswith(FOLDERS) and
            path.endswith(".cpp") and not path.endswith("_test.cpp")]


@dataclasses.dataclass
class Tidy:
    """How sources are looked at, and until when."""

    flags: list
    checks: list
    cache: pathlib.Path
    deadline: float | None
    constant: bytes

    def mark(self, source, checks):
        """The file that keeps what is known of it; None when the source does not preprocess."""
        done = subprocess.run([COMPILER, *self.flags, "-E", "-C", "-P", source],
                              capture_output=True, check=False)
        if done.returncode != 0:
            return None
        return self.cache / hashlib.sha256(self.constant + repr(checks).encode() +
                                           source.encode() + b"\0" + done.stdout).hexdigest()

    def alone(self, source):
        """What is said of one source; "" when it is clean, None when the time was over."""
        if self.deadline and time.monotonic() > self.deadline:
            return None
        mark = self.mark(source, self.checks)
        if mark and mark.exists():
            return ""
        try:
            left = max(0.1, self.deadline - time.monotonic()) if self.deadline else None
            done = self.tool(source, self.checks, left)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode == 0:
            if mark:
                mark.touch()
            return ""
        return done.stdout.strip() or done.stderr.strip() or f"{source}: {TOOL} failed"

    def tool(self, source, checks, seconds=None):
        return subprocess.run([TOOL, "--quiet", f"--config-file={CONFIGURATION}",
                               "--warnings-as-errors=*", *checks, source, "--", *self.flags],
                              capture_output=True, text=True, check=False, timeout=seconds)

    def together(self, sources):
        """What is said of each of these, and which of them cannot be compiled with the others."""
        others = []
        while len(sources) > 1:
            verdict = self.verdict(sources)
            if verdict == CLEAN:
                return [""] * len(sources), others
            strangers = verdict.splitlines()
            if verdict == FINDINGS or 2 * len(strangers) > len(sources):
                break
            others += strangers
            sources = [source for source in sources if source not in strangers]
        return [self.alone(source) for source in sources], others

    def verdict(self, sources):
        """Of sources that are looked at as one: CLEAN, FINDINGS, or the names of the strangers."""
        text = "".join(f'#include "{source}"\n' for source in sources)
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        whole = self.cache / f"together-{name}.cpp"
        whole.write_text(text, encoding="utf-8")
        try:
            mark = self.mark(str(whole), TOGETHER)
            known = mark.read_text(encoding="utf-8") if mark and mark.exists() else ""
            if known:  # not what a kill left half written
                return known
            verdict = "\n".join(self.strangers(whole, sources))
            if not verdict:
                clean = self.tool(str(whole), TOGETHER).returncode == 0
                verdict = CLEAN if clean else FINDINGS
            if mark:
                mark.with_suffix(".new").write_text(verdict, encoding="utf-8")
                mark.with_suffix(".new").replace(mark)
            return verdict
        finally:
            whole.unlink()

    def strangers(self, whole, sources):
        """Which of the sources have errors when all are compiled as one; the last, when a header
        has one."""
        done = subprocess.run([COMPILER, *self.flags, "-w", "-fsyntax-only", "-ferror-limit=0",
                               whole], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return []
        named = set(ERROR.findall(done.stderr)) & set(sources)
        return sorted(named - {sources[0]}) or sources[-1:]


def lists(sources):
    """Sources of one folder, in as few lists as may be, of about one length."""
    for folder in sorted({pathlib.Path(source).parent for source in sources}):
        inside = [source for source in sources if pathlib.Path(source).parent == folder]
        count = -(-len(inside) // TOGETHER_MOST)
        yield from (inside[first::count] for first in range(count))


def looked_at(tidy, sources, jobs, each):
    """What is said of each source, as soon as it is known."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        while not each and len(sources) > 1:
            left = []
            for said, others in pool.map(tidy.together, list(lists(sources))):
                yield from said
                left += others
            assert len(left) < len(sources)
            sources = left
        yield from pool.map(tidy.alone, sources)


def main():
    parser = argparse.ArgumentParser(description="Runs clang-tidy in parallel, with a cache.")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path("build/clang-tidy"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--deep", action="store_true", help="with the path-sensitive analyser")
    parser.add_argument("--seconds", type=float, default=0, help="0: as long as it takes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("sources", nargs="*", help="(default: all of " + " ".join(FOLDERS) + ")")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    sources = arguments.sources or sources_of_tree()
    flags, checks = shlex.split(FLAGS), [] if arguments.deep else [QUICK]
    version = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    constant = version + pathlib.Path(CONFIGURATION).read_bytes() + FLAGS.encode()
    turn = arguments.seed % len(sources) if sources else 0
    deadline = time.monotonic() + arguments.seconds if arguments.seconds else None
    tidy = Tidy(flags, checks, arguments.cache, deadline, constant)
    failed = left = 0
    each = arguments.deep or deadline is not None
    for said in looked_at(tidy, sources[turn:] + sources[:turn], arguments.jobs, each):
        left += said is None
        if said:
            failed += 1
            print(said, flush=True)
    if left:
        print(f"{left} sources were not done within {arguments.seconds:g} s")
    print(f"clang-tidy: {len(sources) - left} sources, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
