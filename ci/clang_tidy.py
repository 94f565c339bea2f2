#!/usr/bin/env python3
"""Runs clang-tidy over the library, the reference and the suite; what is clean is remembered.

    ci/clang_tidy.py [--cache DIR] [--jobs N] [--deep] [--seconds N] [--seed N] [SOURCE...]

--deep  with the path-sensitive analyser (clang-analyzer-*), which takes most of the time: `make
        analyse`, every night. Without it: `make test`.
--seconds, --seed  sources that do not end in that time are left out, and that is said; the seed
        says with which to begin, so that short nights get round to all

What is remembered is a hash of all that the result depends on: the preprocessed source with its
headers, the configuration, the flags, the checks and the tool's version. Last line
`clang-tidy: N sources, F with findings`.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
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


def fingerprint(source, flags, constant):
    """Hash of everything that decides the result; None when the source does not preprocess."""
    done = subprocess.run([COMPILER, *flags, "-E", "-C", "-P", source], capture_output=True,
                          check=False)
    if done.returncode != 0:
        return None
    return hashlib.sha256(constant + source.encode() + b"\0" + done.stdout).hexdigest()


def sources_of_tree():
    return [path for path in tree.files() if path.startswith(FOLDERS) and
            path.endswith(".cpp") and not path.endswith("_test.cpp")]


def analyse(source, flags, checks, constant, cache, deadline):
    """What clang-tidy says of one source; "" when it is clean, None when the time was over."""
    if deadline and time.monotonic() > deadline:
        return None
    key = fingerprint(source, flags, constant)
    mark = cache / key if key else None
    if mark and mark.exists():
        return ""
    try:
        done = subprocess.run([TOOL, "--quiet", f"--config-file={CONFIGURATION}",
                               "--warnings-as-errors=*", *checks, source, "--", *flags],
                              capture_output=True, text=True, check=False,
                              timeout=max(0.1, deadline - time.monotonic()) if deadline else None)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode == 0:
        if mark:
            mark.touch()
        return ""
    return done.stdout.strip() or done.stderr.strip() or f"{source}: {TOOL} failed"


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
    constant = version + pathlib.Path(CONFIGURATION).read_bytes() + repr((FLAGS, checks)).encode()
    turn = arguments.seed % len(sources) if sources else 0
    deadline = time.monotonic() + arguments.seconds if arguments.seconds else None
    failed = left = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda source: analyse(source, flags, checks, constant, arguments.cache,
                                                  deadline), sources[turn:] + sources[:turn])
        for said in results:
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
