#!/usr/bin/env python3
"""House rules that no other tool checks. Each finding: file:line: what is wrong and how to mend it.

    ci/tidy.py [--root DIR] [--sources FILE]

TIDY-COLUMNS    lines have at most 100 columns (prose in Markdown excepted)
TIDY-FUNCTION   functions have at most 70 lines
TIDY-INCLUDE    includes are written from the roots and point downwards only (ROOMS below)
TIDY-CYCLE      no header includes itself by way of others
TIDY-UNUSED     every file is used: a header is included (or the Makefile's), a source is in a
                target of the Makefile (--sources: its list), a page is reachable from README.md,
                a script or other file is named somewhere, a directory of corpora/ has a reader
TIDY-LINK       pages link to files that are there
TIDY-SPACE      no trailing white space, no carriage returns, a newline at the end
TIDY-LEFTOVER   no notes about work to be done: do it, or file an issue
TIDY-PATH       no path of one machine

Exit status: 0 without findings, 1 with, 2 when it cannot run.
"""

import argparse
import ast
import pathlib
import posixpath
import re
import sys

import tree
from cpp_text import functions

COLUMNS = 100
FUNCTION_LINES = 70

# Room -> rooms it may include; "public" is impl/include/morph. Longest prefix of the path decides.
IMPL = ["public"]
ROOMS = {
    "impl/include": ["public"],
    "impl/os": IMPL + ["impl/os"],
    "impl/chunk": IMPL + ["impl/os", "impl/chunk"],
    "impl/arena": IMPL + ["impl/os", "impl/chunk", "impl/arena"],
    "impl/pool": IMPL + ["impl/os", "impl/chunk", "impl/pool"],
    "impl/general": IMPL + ["impl/os", "impl/chunk", "impl/pool", "impl/general"],
    "impl/heap": IMPL + ["impl/os", "impl/chunk", "impl/heap"],
    "impl/v1": IMPL + ["impl/os", "impl/chunk", "impl/heap", "impl/v1"],
    "impl/context": IMPL + ["impl/os", "impl/chunk", "impl/arena", "impl/pool", "impl/heap",
                            "impl/v1", "impl/context"],
    "reference": ["public", "reference"],
    "fuzz": ["public", "reference", "fuzz"],
    "fuzz/targets": ["public", "reference", "fuzz", "stress"],
    "stress": ["public", "reference", "fuzz", "stress"],
    "bench": ["public", "reference", "fuzz", "stress", "bench"],
    "ci": ["public", "ci"],
}
CODE = {".h", ".hpp", ".c", ".cpp"}
INCLUDE_ROOTS = ["impl/include", "impl", "."]
# The example is built as its user builds it, with -Ifuzz.
EXTRA_ROOTS = {"fuzz/example/": "fuzz"}
TEXT = CODE | {".py", ".md", ".sh", ".txt", ".in", ".cmake", ""}
LEFTOVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w./$)}~-])/(?:work|home|root|Users|tmp/brief)/\w")
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
# Read by git, the compilers and tools under these very names.
KNOWN_BY_NAME = {".gitignore", ".gitattributes", ".clang-format", ".clang-tidy", "Makefile",
                 "README.md", "LICENSE", ".ci/run"}


class Tree:
    """The files of the tree, read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = tree.files(root)
        self.text = {}
        for path in self.paths:
            data = (self.root / path).read_bytes()
            try:
                self.text[path] = data.decode()
            except UnicodeDecodeError:
                pass  # binary: raw inputs of the corpora

    def code(self):
        return [path for path in self.paths if suffix(path) in CODE and path in self.text
                and not path.startswith("corpora/")]

    def resolve(self, path, name):
        """The file that an include in `path` names, or None."""
        extra = [root for folder, root in EXTRA_ROOTS.items() if path.startswith(folder)]
        for base in INCLUDE_ROOTS + extra:
            path = name if base == "." else f"{base}/{name}"
            if path in self.text:
                return path
        return None


def suffix(path):
    return pathlib.PurePosixPath(path).suffix


def room_of(path):
    matching = [room for room in ROOMS if path.startswith(room + "/")]
    room = max(matching, key=len, default=None)
    return "public" if room == "impl/include" else room


def check_lines(files, report):
    for path, text in files.text.items():
        if path.startswith("corpora/") or suffix(path) not in TEXT:
            continue
        if "\r" in text:
            report(path, 1, "TIDY-SPACE", "carriage return; save with Unix line ends")
        if text and not text.endswith("\n"):
            report(path, text.count("\n") + 1, "TIDY-SPACE", "no newline at the end; add one")
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > COLUMNS and suffix(path) != ".md":
                report(path, number, "TIDY-COLUMNS",
                       f"{len(line)} columns; break the line at {COLUMNS}")
            if line != line.rstrip():
                report(path, number, "TIDY-SPACE", "trailing white space; remove it")
            if LEFTOVER.search(line):
                report(path, number, "TIDY-LEFTOVER",
                       "a note about work to be done; do it, or file an issue")
            if MACHINE_PATH.search(line):
                report(path, number, "TIDY-PATH",
                       "a path of one machine; make it relative to the tree")


def check_functions(files, report):
    for path in files.code():
        for name, first, last in functions(files.text[path]):
            too_long(report, path, name, first, last)
    for path, text in files.text.items():
        if suffix(path) != ".py":
            continue
        for node in ast.walk(ast.parse(text, path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                too_long(report, path, node.name, node.lineno, node.end_lineno)


def too_long(report, path, name, first, last):
    lines = last - first + 1
    if lines > FUNCTION_LINES:
        report(path, first, "TIDY-FUNCTION",
               f"{name} has {lines} lines; split it into parts of at most {FUNCTION_LINES}")


def includes_of(files, path):
    """Pairs of line number and included name, in quotes only."""
    for number, line in enumerate(files.text[path].splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def check_includes(files, report):
    graph = {}
    for path in files.code():
        room = room_of(path)
        allowed = ROOMS["impl/include" if room == "public" else room] if room else None
        if allowed is None:
            report(path, 1, "TIDY-INCLUDE", "a source outside every room; see ROOMS in ci/tidy.py")
            continue
        for number, name in includes_of(files, path):
            target = files.resolve(path, name)
            if target is None:
                report(path, number, "TIDY-INCLUDE", f'"{name}" is no file seen from the roots '
                       f"{' '.join(INCLUDE_ROOTS)}; write the whole path from one of them")
                continue
            graph.setdefault(path, []).append((number, target))
            if room_of(target) not in allowed:
                report(path, number, "TIDY-INCLUDE",
                       f"{room} may not include {room_of(target)} ({target}); allowed are: "
                       f"{', '.join(allowed)}")
    check_cycles(graph, report)


def check_cycles(graph, report):
    state = {}  # absent: not seen, "open": on the stack, "done"

    def visit(path):
        state[path] = "open"
        for number, target in graph.get(path, []):
            if state.get(target) == "open":
                report(path, number, "TIDY-CYCLE",
                       f"{target} includes this file again; move what both need to a third")
            elif target not in state:
                visit(target)
        state[path] = "done"

    for path in sorted(graph):
        if path not in state:
            visit(path)


def check_unused(files, sources, report):
    included = {target for path in files.code() for _, name in includes_of(files, path)
                if (target := files.resolve(path, name))}
    linked = reachable_pages(files)
    for path in files.paths:
        kind = suffix(path)
        if path in KNOWN_BY_NAME or path.startswith("impl/include/morph/"):
            continue
        if path.startswith("fuzz/mutants/") and (kind == ".mutant" or path.endswith("/probe.h")):
            continue  # ci/mutants.py reads them; the compiler is told to include the probe
        if path.startswith("corpora/"):
            check_corpus_file(files, path, report)
        elif kind in {".h", ".hpp"}:
            if path not in included and path not in files.text.get("Makefile", ""):
                report(path, 1, "TIDY-UNUSED", "no file includes this header; remove it")
        elif kind in {".c", ".cpp"}:
            if sources is not None and path not in sources and not named(files, path):
                report(path, 1, "TIDY-UNUSED",
                       "in no target of the Makefile; name it *_test.cpp, or add it to one")
        elif kind == ".md":
            if path not in linked:
                report(path, 1, "TIDY-UNUSED", "no page links to this one; link it or remove it")
        elif not named(files, path):
            report(path, 1, "TIDY-UNUSED", "named nowhere in the tree; use it or remove it")


def named(files, path):
    """Whether some other file names this one, by its path or by its last part."""
    if path.startswith(("ci/", "bench/")) and path.endswith("_test.py"):
        return True  # ci/test.py runs all of them
    pure = pathlib.PurePosixPath(path.removesuffix(".in"))  # templates go by what they become
    needle = re.compile(r"(?<![\w-])" + re.escape(pure.name) + r"(?![\w-])")
    stem = re.compile(r"^\s*(?:from|import) " + re.escape(pure.stem) + r"\b", re.MULTILINE)
    return any(other != path and not other.startswith("corpora/") and
               (needle.search(text) or suffix(path) == ".py" and stem.search(text))
               for other, text in files.text.items())


def check_corpus_file(files, path, report):
    """A directory of corpora/ is read when code or a script spells its name."""
    directory = "/".join(path.split("/")[:2])
    if not any(directory in text for other, text in files.text.items()
               if not other.startswith("corpora/") and suffix(other) != ".md"):
        report(path, 1, "TIDY-UNUSED", f"nothing reads {directory}; replay it or remove it")


def links_of(files, path):
    """Pairs of line number and file that a page links to, as a path of the tree."""
    code = False
    for number, line in enumerate(files.text[path].splitlines(), 1):
        code ^= line.startswith("```")
        if code:
            continue
        for link in LINK.findall(line):
            joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
            yield number, joined


def check_links(files, report):
    folders = {str(parent) for path in files.paths
               for parent in pathlib.PurePosixPath(path).parents}
    for path in files.text:
        if suffix(path) != ".md":
            continue
        for number, target in links_of(files, path):
            if target not in files.paths and target not in folders:
                report(path, number, "TIDY-LINK", f"{target} is not there; mend the link")


def reachable_pages(files):
    """Markdown pages that links lead to, from README.md on."""
    seen, pending = set(), ["README.md"]
    while pending:
        path = pending.pop()
        if path in seen or path not in files.text or suffix(path) != ".md":
            continue
        seen.add(path)
        pending += [target for _, target in links_of(files, path)]
    return seen


def main():
    parser = argparse.ArgumentParser(description="Checks the house rules of this tree.")
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--sources", help="file that lists the sources which the Makefile builds")
    arguments = parser.parse_args()
    try:
        files = Tree(arguments.root)
        sources = None
        if arguments.sources:
            sources = set(pathlib.Path(arguments.sources).read_text().split())
    except OSError as error:
        print(f"ci/tidy.py: {error}", file=sys.stderr)
        return 2
    findings = []
    report = lambda path, line, rule, text: findings.append((path, line, rule, text))
    check_lines(files, report)
    check_functions(files, report)
    check_includes(files, report)
    check_unused(files, sources, report)
    check_links(files, report)
    for path, line, rule, text in sorted(findings):
        print(f"{path}:{line}: {rule}: {text}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
