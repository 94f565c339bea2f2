"""What operators, constants, conditions, results and statements can become."""

import re

from place import Alternative

RELATIONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
             "==": ("!=",), "!=": ("==",)}
ARITHMETIC = {"+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("*", "/"),
              "<<": (">>",), ">>": ("<<",)}
BITS = {"&": ("|", "^"), "|": ("&", "^"), "^": ("|", "&")}
BINARY = {**RELATIONS, **ARITHMETIC, **BITS}
ASSIGNMENTS = {f"{sign}=": tuple(f"{other}=" for other in others)
               for sign, others in {**ARITHMETIC, **BITS}.items()}
INTEGER = re.compile(r"(0[xX][0-9a-fA-F']+|0[bB][01']+|\d[\d']*)([uUlLzZ]*)")
FLOAT = re.compile(r"(\d+\.\d*(?:[eE][-+]?\d+)?)([fFlL]?)")


def binary(sign, parts):
    return [Alternative("binary", f"{sign} becomes {other}", (sign, other, parts))
            for other in BINARY[sign]]


def logical(sign, parts, harmless):
    """parts: start and end of both operands. harmless: the right one can always be evaluated."""
    other = "||" if sign == "&&" else "&&"
    return Alternative("logical", f"{sign} becomes {other}", (sign, parts, harmless))


def assignment(sign, parts):
    return [Alternative("assignment", f"{sign} becomes {other}", (sign, other, parts))
            for other in ASSIGNMENTS[sign]]


def unary(text):
    """++ and -- on either side; ~ and ! gone."""
    for sign, other in (("++", "--"), ("--", "++")):
        if text.startswith(sign):
            return [Alternative("certain", f"{text} becomes {other}{text[2:]}",
                                (other + text[2:],))]
        if text.endswith(sign):
            return [Alternative("certain", f"{text} becomes {text[:-2]}{other}",
                                (text[:-2] + other,))]
    if text.startswith("~"):
        return [Alternative("certain", "~ dropped", (text[1:],))]
    if text.startswith("!"):
        return [Alternative("condition", f"{text} negated", ("negate",))]
    return []


def literal(text):
    if text in ("true", "false"):
        other = "false" if text == "true" else "true"
        return [Alternative("certain", f"{text} becomes {other}", (other,))]
    if match := INTEGER.fullmatch(text):
        digits = match.group(1).replace("'", "")
        octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
        value = int(digits, 8 if octal else 0)
        others = {value + 1} | ({value - 1, 0} if value > 0 else set())
        return [Alternative("literal", f"{text} becomes {other}", (f"{other}{match.group(2)}",))
                for other in sorted(others)]
    if FLOAT.fullmatch(text):
        return [Alternative("literal", f"{text} becomes {change}", (change,))
                for change in (f"({text} + 1)", f"({text} - {text})")]
    return []


def condition(text, loop):
    """A loop whose condition is always true hangs, which every test notices: not worth its time."""
    return [Alternative("condition", f"condition `{short(text)}` {words}", (what,))
            for what, words in (("negate", "negated"), ("always", "is always true"),
                                ("never", "is always false")) if not (loop and what == "always")]


def returned(what, text):
    if what == "condition" and text not in ("true", "false"):
        return [Alternative("condition", f"returns not `{short(text)}`", ("negate",))]
    if what == "number" and not INTEGER.fullmatch(text):
        return [Alternative("result", f"returns `{short(text)}` + 1", ("more",)),
                Alternative("result", f"returns 0, not `{short(text)}`", ("zero",))]
    if what == "pointer" and text != "nullptr":
        return [Alternative("result", f"returns null, not `{short(text)}`", ("zero",))]
    return []


def short(text):
    plain = re.sub(r"\s+", " ", text)
    return plain if len(plain) <= 60 else f"{plain[:57]}..."
