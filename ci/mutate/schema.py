"""Writes sources in which every chosen mutation stands beside the original.

    a < b      (MORPH_MUTATION(7) ? mutation_schema::binary<7>((a), (b), ...) : (a < b))

The original keeps its line breaks and may hold further mutations. So may the copies of it that
serve the mutation: one at a time is mutated, but all are surveyed together, and then the copy is
what is evaluated. Copies are one line, so a line of the mutated source is the line of the original
one, and what the compiler says of it names the mutation.
"""

from place import one_line

NAMESPACE = "mutation_schema::"
CHANGES = {"negate": "negate", "always": "always", "never": "never"}


def functor(sign, assigns=False):
    kept = "auto& a" if assigns else "const auto& a"
    body = f"a {sign} b;" if assigns else f"return a {sign} b;"
    return f"[]({kept}, const auto& b) {{ {body} }}"


class Writer:
    """Writes one file."""

    def __init__(self, text, mutations):
        self.text = text
        self.mutations = sorted(mutations, key=lambda one: (one.place.start, -one.place.end))
        self.nested = []  # in the place that is being written

    def raw(self, start, end):
        """A copy of a part of the place that is being written."""
        return one_line(self.render(start, end, [
            one for one in self.nested if start <= one.place.start and one.place.end <= end]))

    def write(self):
        return self.render(0, len(self.text), self.mutations)

    def render(self, start, end, inside):
        """The text from start to end with the mutations inside it, which are in order."""
        written, position = [], start
        while inside:
            first, *inside = inside
            nested = [one for one in inside if one.place.start < first.place.end]
            inside = inside[len(nested):]
            original = self.render(first.place.start, first.place.end, nested)
            written += [self.text[position:first.place.start],
                        self.schema(first, original, nested)]
            position = first.place.end
        return "".join(written) + self.text[position:end]

    def schema(self, mutation, original, nested):
        place, number = mutation.place, mutation.number
        guard = f"MORPH_MUTATION{'_GUARDED' if place.guarded else ''}({number})"
        form = getattr(self, f"form_{mutation.alternative.form}")
        outer, self.nested = self.nested, nested
        written = form(guard, number, place, original, *mutation.alternative.arguments)
        self.nested = outer
        return written

    def operands(self, parts):
        return f"({self.raw(*parts[:2])}), ({self.raw(*parts[2:])})"

    def form_binary(self, guard, number, _place, original, sign, other, parts):
        call = "divided" if other in ("/", "%") else "binary"
        return (f"({guard} ? {NAMESPACE}{call}<{number}>({self.operands(parts)}, {functor(sign)}, "
                f"{functor(other)}) : ({original}))")

    def form_assignment(self, guard, number, _place, original, sign, other, parts):
        call = "assignment_divided" if other in ("/=", "%=") else "assignment"
        return (f"({guard} ? {NAMESPACE}{call}<{number}>({self.operands(parts)}, "
                f"{functor(sign, True)}, {functor(other, True)}) : ({original}))")

    def form_logical(self, guard, number, _place, original, sign, parts, harmless):
        sides = [f"[&]() -> bool {{ return static_cast<bool>({self.raw(*part)}); }}"
                 for part in (parts[:2], parts[2:])]
        options = f"{number}, {str(sign == '&&').lower()}, {str(harmless).lower()}"
        return (f"({guard} ? {NAMESPACE}logical<{options}>({', '.join(sides)}) : "
                f"static_cast<bool>({original}))")

    def form_condition(self, guard, number, place, original, change):
        return (f"({guard} ? {NAMESPACE}condition<{number}, {NAMESPACE}Change::{CHANGES[change]}>("
                f"static_cast<bool>({self.raw(place.start, place.end)})) : "
                f"static_cast<bool>({original}))")

    def form_certain(self, guard, number, _place, original, other):
        return f"({guard} && {NAMESPACE}certain<{number}>() ? ({one_line(other)}) : ({original}))"

    def form_literal(self, guard, number, place, original, other):
        kind = f"decltype({self.raw(place.start, place.end)})"
        return (f"({guard} && {NAMESPACE}certain<{number}>() ? static_cast<{kind}>({other}) : "
                f"{original})")

    def form_result(self, guard, number, place, original, what):
        return (f"({guard} ? {NAMESPACE}{what}<{number}>({self.raw(place.start, place.end)}) : "
                f"({original}))")

    def form_drop(self, guard, number, place, original, *changed):
        if not changed:
            return (f"{{ if ({guard} && {NAMESPACE}dropped<{number}>()) {{}} "
                    f"else {{ {original} }} }}")
        target = self.raw(*changed)
        watched = (f"const auto before = {target}; {self.raw(place.start, place.end)} "
                   f"{NAMESPACE}compare<{number}>(before, {target});")
        dropped = f"{NAMESPACE}dropped_change<{number}>()"
        return (f"{{ if ({guard}) {{ if (!{dropped}) {{ {watched} }} }} "
                f"else {{ {original} }} }}")


def lines_of(text, mutation):
    """First and last line of a mutation's place."""
    first = text.count("\n", 0, mutation.place.start) + 1
    return first, first + text.count("\n", mutation.place.start, mutation.place.end)


def mutated_text(text, mutation):
    """The place's text as the mutation has it, for people to read."""
    place, form = mutation.place, mutation.alternative.form
    arguments = mutation.alternative.arguments
    original = text[place.start:place.end]
    if form in ("binary", "assignment"):
        _, other, parts = arguments
        return f"{text[parts[0]:parts[1]]} {other} {text[parts[2]:parts[3]]}"
    if form == "logical":
        sign, parts, _ = arguments
        other = "||" if sign == "&&" else "&&"
        return f"{text[parts[0]:parts[1]]} {other} {text[parts[2]:parts[3]]}"
    if form == "condition":
        return {"negate": f"!({original})", "always": "true", "never": "false"}[arguments[0]]
    if form == "result":
        return f"({original}) + 1" if arguments[0] == "more" else "0"
    return arguments[0] if form in ("certain", "literal") else ";"


def difference(text, mutation):
    """The lines of the place, before and after."""
    place = mutation.place
    start = text.rfind("\n", 0, place.start) + 1
    end = text.find("\n", place.end)
    end = len(text) if end < 0 else end
    after = text[start:place.start] + mutated_text(text, mutation) + text[place.end:end]
    return [f"-{line}" for line in text[start:end].split("\n")] + \
        [f"+{line}" for line in after.split("\n")]
