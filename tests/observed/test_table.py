"""The table of the rules tells the truth about this folder."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
RULES = range(1, 16)
TEST = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def table():
    """(rule, what was seen, where) of each line."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    lines = [line.strip("| ") for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [(int(rule), seen, where) for rule, seen, where in cells]


def written():
    """(file, test) of each test in this folder, except those of this file."""
    files = set(HERE.glob("test_*.py")) - {Path(__file__)}
    return {
        (file.name, node.name)
        for file in files
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_rule_has_a_line_and_a_test():
    assert sorted({rule for rule, *_ in table()}) == list(RULES)
    tested = {rule for rule, _, where in table() if TEST.search(where)}
    assert sorted(tested) == list(RULES)


def test_every_line_names_a_test_or_says_why_not():
    for rule, seen, where in table():
        assert seen, rule
        if where.startswith("not:"):
            assert len(where) > len("not: why"), seen
        else:
            assert TEST.fullmatch(where), seen


def test_the_named_tests_are_those_that_exist():
    named = [test for *_, where in table() for test in TEST.findall(where)]
    assert len(named) == len(set(named))
    assert set(named) == written()
