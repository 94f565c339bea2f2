"""Mutants: planted bugs, one small text file each (fuzz/mutants/ID.mutant, docs/mutants.md).

    field: value        id class cites what "caught by" subjects requests; one line each
    --- replace FILE    then the exact text, which stands in FILE once
    --- with            then what stands there instead; at least one of these holds a probe
    --- end

Everything that is wrong with such a file is said as FILE:LINE: what.
"""

import dataclasses
import pathlib
import re

FOLDER = "fuzz/mutants"
IMPL_CLASSES = ("arena", "pool", "chunk", "context", "general", "heap", "barrier", "promotion",
                "marking", "sweeping", "weak", "finalizers", "metrics", "out-of-memory", "v1")
SUITE_CLASSES = ("reference", "checkers", "generator", "shrinker")
CLASSES = IMPL_CLASSES + SUITE_CLASSES
# One of each class, which `make test` plants: in one source file each, and found at once.
SUBSET = ("arena-half-zeroed", "pool-realloc-copies-half", "source-return-not-told",
          "context-pool-not-zeroed", "general-moved-bytes-lost", "heap-forgets-flags-on-resize",
          "barrier-never-logs", "ages-not-counted", "marking-children-of-young-skipped",
          "large-object-keeps-mark", "weak-never-cleared", "finalizer-old-list-skipped",
          "context-resize-not-counted", "context-failed-move-frees", "v1-reused-not-zeroed",
          "model-forgets-a-free", "ledger-adds-what-is-returned", "generator-keeps-few-alive",
          "shrinker-takes-what-passes")
# Not checkers, but also something that gives a bug away.
OTHER_WITNESSES = ("crash", "timeout", "tests")
REQUIRED = ("id", "class", "what", "caught by", "subjects")
OPTIONAL = ("cites", "requests")
PROBE = re.compile(r"\bMUTANT_(PICK|PROBE)\(")
FIELD = re.compile(r"([a-z][a-z ]*): (\S.*)")
MARKER = re.compile(r"--- (replace|with|end)(?: (\S+))?")


class MutantError(Exception):
    """FILE:LINE: what is wrong."""


@dataclasses.dataclass(frozen=True)
class Replacement:
    path: str  # relative to the tree
    old: str
    new: str
    line: int  # of its marker, for errors


@dataclasses.dataclass(frozen=True)
class Mutant:
    id: str
    kind: str         # the class
    what: str
    cites: str        # real bugs of that kind; "": none is named
    witnesses: tuple  # checkers and others of which any one is expected to find it
    subjects: tuple   # of morphcheck, to be tried in this order
    sweep: bool       # it takes refused requests for memory
    replacements: tuple
    text: str         # of the whole file

    @property
    def of_suite(self):
        return self.kind in SUITE_CLASSES

    @property
    def paths(self):
        return sorted({replacement.path for replacement in self.replacements})


class Parser:
    """One file, line by line."""

    def __init__(self, text, name):
        self.name = name
        self.text = text
        self.fields = {}
        self.replacements = []

    def fail(self, line, problem):
        raise MutantError(f"{self.name}:{line}: {problem}")

    def field(self, number, line):
        match = FIELD.fullmatch(line)
        if not match:
            self.fail(number, "neither a field (name: value), nor --- replace FILE, nor empty")
        name, value = match.groups()
        if name not in REQUIRED + OPTIONAL:
            self.fail(number, f"unknown field '{name}'; there are {', '.join(REQUIRED + OPTIONAL)}")
        if name in self.fields:
            self.fail(number, f"field '{name}' is given twice")
        if self.replacements:
            self.fail(number, "fields stand before the first replacement")
        self.fields[name] = value

    def block(self, lines, start, wanted):
        """Lines from index start up to the marker that is wanted; its index."""
        for index in range(start, len(lines)):
            match = MARKER.fullmatch(lines[index])
            if not match:
                continue
            if match.group(1) != wanted or match.group(2):
                self.fail(index + 1, f"expected --- {wanted}")
            return "\n".join(lines[start:index]), index
        return self.fail(start, f"--- {wanted} is missing behind this line")

    def replacement(self, lines, index):
        match = MARKER.fullmatch(lines[index])
        if not match or match.group(1) != "replace" or not match.group(2):
            self.fail(index + 1, "expected --- replace FILE")
        old, middle = self.block(lines, index + 1, "with")
        new, end = self.block(lines, middle + 1, "end")
        if not old:
            self.fail(index + 1, "the text to replace is empty")
        if old == new:
            self.fail(middle + 1, "the replacement is the text itself")
        self.replacements.append(Replacement(match.group(2), old, new, index + 1))
        return end

    def run(self):
        lines = self.text.split("\n")
        index = 0
        while index < len(lines):
            if lines[index].startswith("---"):
                index = self.replacement(lines, index)
            elif lines[index]:
                self.field(index + 1, lines[index])
            index += 1
        return self.mutant()

    def mutant(self):
        missing = [name for name in REQUIRED if name not in self.fields]
        if missing:
            self.fail(1, f"field '{missing[0]}' is missing")
        if self.fields.get("requests", "refused") != "refused":
            self.fail(1, "requests: only 'refused' has a meaning")
        if not self.replacements:
            self.fail(1, "nothing is replaced")
        if not any(PROBE.search(one.new) for one in self.replacements):
            self.fail(self.replacements[0].line, "no replacement has a probe: MUTANT_PICK or "
                      "MUTANT_PROBE of fuzz/mutants/probe.h")
        return Mutant(self.fields["id"], self.fields["class"], self.fields["what"],
                      self.fields.get("cites", ""), tuple(self.fields["caught by"].split()),
                      tuple(self.fields["subjects"].split()), "requests" in self.fields,
                      tuple(self.replacements), self.text)


def parse(text, name):
    return Parser(text, name).run()


def load_file(path):
    return parse(path.read_text(), str(path))


def load(root, ids=()):
    """All mutants of the tree, or those of these ids, by id; MutantError when one is wrong."""
    paths = sorted((pathlib.Path(root) / FOLDER).glob("*.mutant"))
    known = {path.stem: path for path in paths}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise MutantError(f"{FOLDER}: no mutant {', '.join(unknown)}; there are "
                          f"{', '.join(sorted(known))}")
    return [load_file(known[name]) for name in sorted(set(ids) or known)]


def planted(root, mutant):
    """{path: text} of what the mutant changes; MutantError when it no longer fits the tree."""
    texts = {}
    for one in mutant.replacements:
        path = pathlib.Path(root) / one.path
        where = f"{FOLDER}/{mutant.id}.mutant:{one.line}"
        if one.path not in texts and not path.is_file():
            raise MutantError(f"{where}: {one.path} is not there")
        text = texts.get(one.path) or path.read_text()
        if text.count(one.old) != 1:
            raise MutantError(f"{where}: its text stands {text.count(one.old)} times in "
                              f"{one.path}; mend it, or retire the mutant")
        texts[one.path] = text.replace(one.old, one.new)
    return texts


def checkers(root):
    """Names of the suite's checkers, from fuzz/runner.h."""
    header = (pathlib.Path(root) / "fuzz/runner.h").read_text()
    body = header[header.index("enum class Checker"):]
    return re.findall(r"^    ([a-z]\w*),", body[:body.index("count_")], re.MULTILINE)


def subjects(root):
    """Names of the built-in subjects that mutants use, from fuzz/subjects.cpp."""
    text = (pathlib.Path(root) / "fuzz/subjects.cpp").read_text()
    return re.findall(r'_entry\(\w+_api\(\), "([\w.]+)"', text) + ["malloc"]


def problems(root, mutant):
    """What is wrong with a mutant that parses, as FILE:LINE: what."""
    where = f"{FOLDER}/{mutant.id}.mutant"
    found = []
    if mutant.kind not in CLASSES:
        found.append(f"{where}:1: class '{mutant.kind}' is none of {' '.join(CLASSES)}")
    known = set(checkers(root)) | set(OTHER_WITNESSES)
    found += [f"{where}:1: caught by: there is no checker '{name}'"
              for name in mutant.witnesses if name not in known]
    there = set(subjects(root))
    found += [f"{where}:1: subjects: there is no subject '{name}'"
              for name in mutant.subjects if name not in there]
    try:
        planted(root, mutant)
    except MutantError as error:
        found.append(str(error))
    for one in mutant.replacements:
        suite = not one.path.startswith("impl/")
        if suite != mutant.of_suite:
            found.append(f"{where}:{one.line}: class {mutant.kind} and {one.path} do not fit")
    return found
