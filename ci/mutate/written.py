"""Where clang's cursors are written: ranges of bytes, and the text in and around them."""

import re

import clang.cindex as clang

from place import one_line

ASSERTION = re.compile(r"\bMORPH_CHECK\s*\(")


class Source:
    """Text of a file, and which of its bytes are assertions or directives."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.text = file.read().decode("latin-1")
        self.closed = [(match.start(), self.closing(match.end()))
                       for match in ASSERTION.finditer(self.text)]
        self.closed += [match.span() for match in re.finditer(
            r"^[ \t]*#(?:[^\n\\]|\\.)*", self.text, re.MULTILINE | re.DOTALL)]

    def closing(self, position):
        depth = 1
        while depth and position < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[position], 0)
            position += 1
        return position

    def is_open(self, start, end):
        return not any(start < last and first < end for first, last in self.closed)


class Written:
    """Files of the pool, read once; wanted(path) says what belongs to it."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.sources = {}

    @staticmethod
    def position(location):
        file, line = clang.c_object_p(), clang.c_uint()
        column, offset = clang.c_uint(), clang.c_uint()
        clang.conf.lib.clang_getFileLocation(location, clang.byref(file), clang.byref(line),
                                             clang.byref(column), clang.byref(offset))
        return (clang.File(file).name if file else None), line.value, offset.value

    def range(self, cursor):
        """(path, start, end, line) where it is written; None when that is not one wanted file."""
        path, line, start = self.position(cursor.extent.start)
        other, _, end = self.position(cursor.extent.end)
        if path is None or path != other or end <= start or not self.wanted(path):
            return None
        return path, start, end, line

    def source(self, path):
        if path not in self.sources:
            self.sources[path] = Source(path)
        return self.sources[path]

    def text(self, cursor):
        where = self.range(cursor)
        return self.source(where[0]).text[where[1]:where[2]] if where else ""

    def around(self, cursor):
        """What is written before (since the last token) and after it, without white space."""
        where = self.range(cursor)
        if not where:
            return "", ""
        text = self.source(where[0]).text
        return text[max(0, where[1] - 200):where[1]].rstrip(), \
            text[where[2]:where[2] + 200].lstrip()

    def between(self, left, right):
        """The operator between two operands, if nothing else stands there."""
        one, other = self.range(left), self.range(right)
        if not one or not other or one[0] != other[0] or one[2] > other[1]:
            return ""
        return one_line(self.source(one[0]).text[one[2]:other[1]])
