"""What `llvm-cov export` says about impl/, counted once per place in the source.

    export (JSON)                    per file
      segments  --- wrap rule --->   lines     line -> times run        } how much is covered:
                --- entries ----->   regions   (line, column) -> times  } Figure(covered, all)
      branches  --- union ------->   branches  place -> [true, false]   }

One source is compiled as library and as tiny, a template many times, an inline function in every
file that includes it: llvm-cov's segments add their counts up, its branches are one entry each.
Here a direction of a branch counts as taken when any of them took it.

What is no branch (RULES): a condition that the compiler knows (it exports 0 and 0 although the code
around was run), a condition of MORPH_CHECK (impl/chunk/check.h: its false side traps), a condition
whose side is __builtin_unreachable().

Markers: `// unreachable: why` marks its line; on a line of its own, the next line of code. When
that ends with `{`, the block to its `}` is marked. A marker raises no figure: it explains lines
that never ran. It is wrong when nothing in its lines is left to explain, when a line inside its
block ran, or when it gives no reason.
"""

import bisect
import dataclasses
import pathlib
import re

from cpp_text import blank_comments_and_strings

MARKER = re.compile(r"//\s*unreachable\b(?P<colon>:?)\s*(?P<reason>.*)$")
CHECK = re.compile(r"\bMORPH_CHECK\s*\(")
RULES = ("known to the compiler", "in MORPH_CHECK", "before __builtin_unreachable")
CHECK_HEADER = "impl/chunk/check.h"
FOR_TESTS = re.compile(r"_test\.cpp$|_for_tests\.h$|/test_\w+\.h$|^impl/context/testing\.h$")


@dataclasses.dataclass
class Figure:
    covered: int = 0
    all: int = 0

    def add(self, counts):
        counts = list(counts)
        self.covered += sum(count > 0 for count in counts)
        self.all += len(counts)

    def percent(self):
        return 100 * self.covered / self.all if self.all else 100.0


@dataclasses.dataclass
class Marker:
    line: int     # where it stands
    first: int    # what it marks
    last: int
    reason: str


class Counts:
    """Counts of one file."""

    def __init__(self, name, exported, text):
        self.name = name
        self.left_out = dict.fromkeys(RULES, 0)
        self.lines = line_counts(exported["segments"])
        self.regions = {(line, column): count for line, column, count, has_count, entry, gap
                        in exported["segments"] if has_count and entry and not gap}
        self.branches = self.judged(exported, text)
        self.markers = markers(text)

    def judged(self, exported, text):
        """Branches without those that a rule leaves out."""
        checks, unreachable = check_spans(text), {
            number for number, line in enumerate(text.split("\n"), 1)
            if "__builtin_unreachable()" in line}
        self.left_out[RULES[1]] = 2 * len(checks)  # llvm-cov has the macro's own branch elsewhere
        segments = [(segment[0], segment[1]) for segment in exported["segments"]]
        found = {}
        for place, taken in branch_union(exported["branches"]).items():
            at = bisect.bisect_right(segments, place[:2]) - 1
            around = exported["segments"][at][2] if at >= 0 else 0
            if not any(taken) and around > 0:
                self.left_out[RULES[0]] += 2
            elif any(first <= place[:2] < last for first, last in checks):
                self.left_out[RULES[1]] += 2
            elif place[0] in unreachable:
                self.left_out[RULES[2]] += 2
            else:
                found[place] = taken
        return found

    def marked(self, line):
        return any(marker.first <= line <= marker.last for marker in self.markers)

    def never_run(self):
        """Lines that never ran and are not marked."""
        return [line for line, count in sorted(self.lines.items())
                if count == 0 and not self.marked(line)]

    def marked_lines(self):
        """Lines that never ran and are marked."""
        return [line for line, count in self.lines.items() if count == 0 and self.marked(line)]

    def complaints(self):
        """Markers that are wrong, as (line, text)."""
        found = []
        for marker in self.markers:
            if not marker.reason:
                found.append((marker.line, "the marker gives no reason: // unreachable: reason"))
            inside = range(marker.first + 1, marker.last)
            ran = [line for line in inside if self.lines.get(line, 0) > 0]
            explained = any(self.lines.get(line) == 0
                            for line in range(marker.first, marker.last + 1)) or any(
                0 in taken for place, taken in self.branches.items()
                if marker.first <= place[0] <= marker.last)
            if ran:
                found.append((marker.line, f"marked unreachable, but line {ran[0]} was run"))
            elif not explained:
                found.append((marker.line, "marked unreachable, but all of it was run"))
        return found


def line_counts(segments):
    """Line -> how often it ran, by llvm-cov's own rule, but for lines behind a gap.

    A line has a count when a region with one begins in it or reaches into it; its count is the
    largest of these. Where a gap (what lies between two statements) reaches into it, what goes on
    behind the gap counts as well: llvm-cov says 0 of a line behind a block that may return.
    A segment is (line, column, count, has count, region entry, gap).
    """
    by_line = {}
    for segment in segments:
        by_line.setdefault(segment[0], []).append(segment)
    counts, wrapped = {}, None
    last = segments[-1][0] if segments else 0
    for line in range(segments[0][0] if segments else 1, last + 1):
        here = by_line.get(line, [])
        starts = [s for s in here if s[3] and s[4] and not s[5]]
        skipped = here and not here[0][3] and here[0][4]
        if not skipped and (starts or (wrapped and wrapped[3])):
            after_gap = [s[2] for s in here[:1] if s[3] and wrapped and wrapped[5]]
            counts[line] = max([s[2] for s in starts] + after_gap +
                               ([wrapped[2]] if wrapped and wrapped[3] else []))
        wrapped = here[-1] if here else wrapped
    return counts


def branch_union(branches):
    """Place (line, column, end line, end column) -> [times true, times false] over all copies."""
    found = {}
    for branch in branches:
        taken = found.setdefault(tuple(branch[:4]), [0, 0])
        taken[0] += branch[4]
        taken[1] += branch[5]
    return found


def closing(text, position, pair):
    """Where the parenthesis or brace at a position is closed."""
    depth = 0
    for at in range(position, len(text)):
        depth += (text[at] == pair[0]) - (text[at] == pair[1])
        if depth == 0:
            return at
    return len(text)


def place_of(text, position):
    """(line, column) of a position, both from 1."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def check_spans(text):
    """Pairs of places between which the conditions of MORPH_CHECK stand."""
    text = blank_comments_and_strings(text)
    return [(place_of(text, match.end() - 1),
             place_of(text, closing(text, match.end() - 1, "()")))
            for match in CHECK.finditer(text)]


def markers(text):
    lines, code = text.split("\n"), blank_comments_and_strings(text).split("\n")
    starts = [0]
    for line in code:
        starts.append(starts[-1] + len(line) + 1)
    blank, found = "\n".join(code), []
    for number, line in enumerate(lines):
        match = MARKER.search(line)
        if not match or line[:match.start()].count('"') % 2:
            continue
        first = number
        while first < len(code) - 1 and not code[first].strip():
            first += 1
        last = first
        if code[first].rstrip().endswith("{"):
            brace = starts[first] + code[first].rindex("{")
            last = place_of(blank, closing(blank, brace, "{}"))[0] - 1
        found.append(Marker(number + 1, first + 1, last + 1,
                            match["reason"].strip() if match["colon"] else ""))
    return found


def counted(name):
    """Whether a file is the library's: not its tests, not what only they include."""
    return name.startswith("impl/") and name != CHECK_HEADER and not FOR_TESTS.search(name)


def name_of(path):
    """The name of a file in the tree; its objects may have been compiled in another copy of it."""
    return path[path.rindex("impl/"):] if "impl/" in path else path


def read(export, root):
    """Counts of the library's files, by name, of an export."""
    found, root = {}, pathlib.Path(root)
    for entry in export["data"][0]["files"]:
        name = name_of(entry["filename"])
        if counted(name) and (root / name).is_file():
            found[name] = Counts(name, entry, (root / name).read_text())
    return dict(sorted(found.items()))


def figures(files):
    """The three figures of some files together."""
    total = {"lines": Figure(), "branches": Figure(), "regions": Figure()}
    for counts in files:
        total["lines"].add(counts.lines.values())
        total["branches"].add(side for taken in counts.branches.values() for side in taken)
        total["regions"].add(counts.regions.values())
    return total
