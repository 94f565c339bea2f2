"""A place of the sources that can be mutated, and what stands there instead.

    a place       a range of bytes of a file: one expression, or one statement with its semicolon
    a mutation    one of the alternatives of a place: `form` says how schema.py writes it

Offsets count bytes; texts are decoded as latin-1, so that a character is a byte.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Alternative:
    """form and its arguments; about says it for people, e.g. `< becomes <=`."""

    form: str
    about: str
    arguments: tuple = ()


@dataclasses.dataclass
class Place:
    """Where, in which function, and what it can become."""

    path: str
    start: int
    end: int
    line: int
    function: str
    guarded: bool  # in a constexpr function: mutated when it runs, not when it is compiled
    alternatives: list = dataclasses.field(default_factory=list)

    @property
    def key(self):
        return self.path, self.start, self.end

    def to_json(self):
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(fields):
        alternatives = [Alternative(entry["form"], entry["about"], freeze(entry["arguments"]))
                        for entry in fields["alternatives"]]
        return Place(**{**fields, "alternatives": alternatives})


def freeze(value):
    return tuple(freeze(one) for one in value) if isinstance(value, (list, tuple)) else value


@dataclasses.dataclass(frozen=True)
class Mutation:
    """What is built: a place with one of its alternatives, under a number from 1 on."""

    number: int
    place: Place
    alternative: Alternative

    @property
    def title(self):
        place = self.place
        return f"{place.path}:{place.line} {place.function}: {self.alternative.about}"

    def __hash__(self):
        return self.number


RAW_STRING_OR_COMMENT = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z_])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def one_line(text):
    """The text without comments and line breaks, so that copies of it move no other line."""
    plain = RAW_STRING_OR_COMMENT.sub(
        lambda match: " " if match.group(0).startswith("/") else match.group(0), text)
    return re.sub(r"\s*\n\s*", " ", plain).strip()
