#!/usr/bin/env python3
"""Plants a violation of each rule of ci/tidy.py in a small tree, expects exactly that finding."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from cpp_text import functions

TIDY = pathlib.Path(__file__).with_name("tidy.py")
CLEAN = {
    "README.md": "See [pools](docs/pool.md).\n",
    "Makefile": "# runs ci/job.py over corpora/seeds\n",
    "ci/job.py": "print('corpora/seeds')\n",
    "docs/pool.md": "Back to [the start](../README.md).\n",
    "corpora/seeds/one.morph": "allocate size=1\n",
    "impl/include/morph/pool.h": "int morph_pool(void);\n",
    "impl/os/pages.h": "int pages();\n",
    "impl/pool/pool.h": '#include "os/pages.h"\n',
    "impl/pool/pool.cpp": '#include "pool/pool.h"\n\n#include "morph/pool.h"\n',
    "reference/model.h": '#include "morph/pool.h"\n',
    "fuzz/runner.cpp": '#include "reference/model.h"\n',
}
SOURCES = "impl/pool/pool.cpp fuzz/runner.cpp"


def tidy(files):
    """Findings of ci/tidy.py over a tree of these files, as lines; and its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "tree"
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
        sources = pathlib.Path(folder) / "sources"
        sources.write_text(SOURCES)
        run = subprocess.run([sys.executable, str(TIDY), "--root", str(root), "--sources",
                              str(sources)], capture_output=True, text=True, check=False)
        assert run.stderr == "", run.stderr
        return run.stdout.splitlines(), run.returncode


class Planted(unittest.TestCase):
    """Each test changes the clean tree in one way."""

    def finds(self, start, changes):
        lines, status = tidy({**CLEAN, **changes})
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(start), lines)
        self.assertGreater(len(lines[0]), len(start) + 10, "says nothing")
        self.assertEqual(status, 1)

    def silent(self, changes):
        self.assertEqual(tidy({**CLEAN, **changes}), ([], 0))

    def test_clean_tree_is_silent(self):
        self.silent({})

    def test_line_of_101_columns(self):
        self.finds("fuzz/runner.cpp:2: TIDY-COLUMNS",
                   {"fuzz/runner.cpp": CLEAN["fuzz/runner.cpp"] + "//" + "x" * 99 + "\n"})

    def test_line_of_100_columns_in_two_byte_characters(self):
        self.silent({"fuzz/runner.cpp": CLEAN["fuzz/runner.cpp"] + "//" + "é" * 98 + "\n"})

    def test_function_of_71_lines(self):
        body = "void f() {\n" + "    g();\n" * 69 + "}\n"
        self.finds("fuzz/runner.cpp:3: TIDY-FUNCTION: f has 71",
                   {"fuzz/runner.cpp": CLEAN["fuzz/runner.cpp"] + "\n" + body})

    def test_function_of_70_lines(self):
        body = "void f() {\n" + "    g();\n" * 68 + "}\n"
        self.silent({"fuzz/runner.cpp": CLEAN["fuzz/runner.cpp"] + "\n" + body})

    def test_function_of_71_lines_in_a_script(self):
        self.finds("ci/job.py:2: TIDY-FUNCTION: f has 71",
                   {"ci/job.py": "print('corpora/seeds')\ndef f():\n" + "    print()\n" * 70})

    def test_include_upwards(self):
        self.finds("impl/os/pages.h:1: TIDY-INCLUDE: impl/os may not include impl/chunk",
                   {"impl/os/pages.h": '#include "chunk/a.h"\n', "impl/chunk/a.h": "\n"})

    def test_include_of_a_sister(self):
        self.finds("impl/arena/a_test.cpp:1: TIDY-INCLUDE: impl/arena may not include impl/pool",
                   {"impl/arena/a_test.cpp": '#include "pool/pool.h"\n',
                    "Makefile": CLEAN["Makefile"] + "# a_test.cpp\n"})

    def test_include_of_the_library_by_the_reference(self):
        self.finds("reference/model.h:2: TIDY-INCLUDE: reference may not include impl/pool",
                   {"reference/model.h": '#include "morph/pool.h"\n#include "pool/pool.h"\n'})

    def test_include_of_the_library_by_the_suite(self):
        self.finds("fuzz/runner.cpp:2: TIDY-INCLUDE: fuzz may not include impl/pool",
                   {"fuzz/runner.cpp": CLEAN["fuzz/runner.cpp"] + '#include "pool/pool.h"\n'})

    def test_include_of_the_suite_by_the_library(self):
        self.finds("impl/pool/pool.cpp:2: TIDY-INCLUDE: impl/pool may not include reference",
                   {"impl/pool/pool.cpp": '#include "pool/pool.h"\n#include "reference/model.h"\n'})

    def test_include_without_its_root(self):
        self.finds("impl/pool/pool.cpp:3: TIDY-INCLUDE: \"pages.h\" is no file",
                   {"impl/pool/pool.cpp": '#include "pool/pool.h"\n\n#include "pages.h"\n'})

    def test_cycle_of_includes(self):
        self.finds("impl/os/pages.h:1: TIDY-CYCLE",
                   {"impl/os/pages.h": '#include "os/more.h"\n',
                    "impl/os/more.h": '#include "os/pages.h"\n'})

    def test_header_that_nobody_includes(self):
        self.finds("fuzz/lonely.h:1: TIDY-UNUSED", {"fuzz/lonely.h": "int lonely();\n"})

    def test_source_in_no_target(self):
        self.finds("fuzz/lonely.cpp:1: TIDY-UNUSED", {"fuzz/lonely.cpp": "int lonely() {}\n"})

    def test_page_that_nobody_links(self):
        self.finds("docs/lonely.md:1: TIDY-UNUSED", {"docs/lonely.md": "Lonely.\n"})

    def test_link_to_a_page_that_is_not_there(self):
        self.finds("docs/pool.md:2: TIDY-LINK: docs/lost.md",
                   {"docs/pool.md": CLEAN["docs/pool.md"] + "See [that](lost.md#part).\n"})

    def test_links_to_elsewhere_are_not_looked_at(self):
        self.silent({"docs/pool.md": CLEAN["docs/pool.md"] + "[a](https://a.b/c.md) [b](#part)\n"})

    def test_script_that_nobody_names(self):
        self.finds("ci/lonely:1: TIDY-UNUSED", {"ci/lonely": "#!/bin/sh\n"})

    def test_notes_left_in_a_room(self):
        self.finds("fuzz/NOTES:1: TIDY-UNUSED", {"fuzz/NOTES": "link with this\n"})

    def test_corpus_that_nobody_reads(self):
        self.finds("corpora/lost/a.morph:1: TIDY-UNUSED: nothing reads corpora/lost",
                   {"corpora/lost/a.morph": "reset\n"})

    def test_trailing_white_space(self):
        self.finds("docs/pool.md:2: TIDY-SPACE",
                   {"docs/pool.md": CLEAN["docs/pool.md"] + "word \n"})

    def test_no_newline_at_the_end(self):
        self.finds("docs/pool.md:1: TIDY-SPACE", {"docs/pool.md": "word"})

    def test_leftover(self):
        self.finds("fuzz/runner.cpp:2: TIDY-LEFTOVER",
                   {"fuzz/runner.cpp": CLEAN["fuzz/runner.cpp"] + "// TO" + "DO: more\n"})

    def test_machine_path(self):
        self.finds("docs/pool.md:2: TIDY-PATH",
                   {"docs/pool.md": CLEAN["docs/pool.md"] + "See /ho" + "me/me/notes.\n"})

    def test_binary_input_is_left_alone(self):
        self.silent({"corpora/seeds/raw": b"\xff\xfe\r\n \n"})


class Functions(unittest.TestCase):
    """Where functions begin and end."""

    def expect(self, text, *wanted):
        self.assertEqual(functions(text), list(wanted))

    def test_in_namespaces_and_classes(self):
        self.expect("namespace a {\nclass B final : public C<int> {\n"
                    " public:\n    int f() const {\n"
                    "        return 1;\n    }\n};\n}\n", ("f", 4, 6))

    def test_constructor_with_braced_members(self):
        self.expect("A::A(int x)\n    : b_{x}, c_{\n          2} {\n    g();\n}\n", ("A", 1, 5))

    def test_tests_have_their_names(self):
        self.expect("TEST(Pool, Works) {\n}\n", ("TEST(Pool, Works)", 1, 2))

    def test_braces_in_strings_and_comments_do_not_count(self):
        self.expect('void f() {\n    g("}{{"); // {{{\n    /* { */\n    h(\'{\');\n}\n',
                    ("f", 1, 5))

    def test_initialisers_are_no_functions(self):
        self.expect("const int a[] = {\n    g(1),\n    2,\n};\nint b{3};\n")

    def test_extern_c(self):
        self.expect('extern "C" {\nvoid f(void) {\n}\n}\n', ("f", 2, 3))

    def test_macros_do_not_count(self):
        self.expect("#define X { \\\n    {\nvoid f() {\n}\n", ("f", 3, 4))

    def test_operators_and_trailing_types(self):
        self.expect("bool operator==(A a, A b) {\n}\nauto f() -> int {\n}\n",
                    ("operator==", 1, 2), ("f", 3, 4))


if __name__ == "__main__":
    unittest.main()
