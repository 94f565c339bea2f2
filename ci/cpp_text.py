"""Just enough reading of C and C++ for ci/tidy.py: where functions begin and end."""

import re

# What a statement head that opens a transparent block looks like: functions are sought inside.
TRANSPARENT = re.compile(
    r"^(?:inline\s+)?(?:namespace\b|extern\s*$|(?:typedef\s+|template\s*<.*>\s*|MORPH_API\s+)*"
    r"(?:class|struct|union|enum)\b(?!.*\)\s*(?:const)?\s*$))", re.DOTALL)
TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<delimiter>[^(\s]*)\(.*?\)(?P=delimiter)"|"(?:\\.|[^"\\\n])*"|"""
    r"""(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'""", re.DOTALL)

# What may stand between the previous statement and a function.
PREAMBLE = re.compile(r"\s*(?:(?:public|private|protected)\s*:\s*)*")


def blank_comments_and_strings(text):
    """The text with comments, strings and preprocessor lines blanked, line breaks kept."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    text = TOKEN.sub(blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", blank, text, flags=re.MULTILINE)


def functions(text):
    """Triples of name, first line and last line of every function (and lambda at file scope)."""
    text = blank_comments_and_strings(text)
    found = []
    scopes = []  # of open braces: (start of its statement, name) of a function; None otherwise
    inside = 0   # how many of them are functions
    start = 0    # of the current statement
    parentheses = 0
    for position, character in enumerate(text):
        if character == "(":
            parentheses += 1
        elif character == ")":
            parentheses -= 1
        elif character == "{":
            head = text[start:position]
            name = None if inside or parentheses else function_name(head)
            scopes.append((start + PREAMBLE.match(head).end(), name) if name else None)
            inside += name is not None
            if not inside and not parentheses and TRANSPARENT.match(head.strip()):
                start = position + 1
        elif character == "}":
            scope = scopes.pop() if scopes else None
            if scope and re.match(r"\s*[,{]", text[position + 1:position + 200]):
                inside -= 1  # a member's initialiser: the body is still to come
                continue
            if scope:
                inside -= 1
                found.append((scope[1], line_of(text, scope[0]), line_of(text, position)))
            if not inside and not parentheses:
                start = position + 1
        elif character == ";" and not inside and not parentheses:
            start = position + 1
    return found


def function_name(head):
    """The name of the function that this statement head opens, or None."""
    head = head[PREAMBLE.match(head).end():].strip()
    if TRANSPARENT.match(head) or "(" not in head:
        return None
    before = head[:head.index("(")]
    if re.search(r"(?<![=!<>])=(?!=)", before) and "operator" not in before:
        return None  # an initialiser
    match = re.search(r"(operator\s*\S+|~?\w+)\s*$", before)
    name = match.group(1) if match else before
    if name in {"TEST", "TEST_F", "TEST_P"}:
        name += head[head.index("("):].split(")")[0] + ")"
    return name


def line_of(text, position):
    return text.count("\n", 0, position) + 1
