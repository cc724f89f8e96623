"""The notebooks run from their first cell to their last, and were committed with what they show."""

import re
from pathlib import Path

import nbformat
import pytest

from notebooks import execute

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 1_000_000  # bytes
LONGEST = 20  # lines of a code cell

all_of_them = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def kinds(outputs):
    return {kind for out in outputs for kind in out.get("data", {})}


def test_there_are_notebooks():
    assert NOTEBOOKS


@all_of_them
def test_it_was_committed_with_outputs(path):
    cells = code(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    shown = kinds(out for cell in cells for out in cell.outputs)
    assert "image/png" in shown
    assert "text/html" in shown


@all_of_them
def test_a_page_without_a_kernel_can_show_what_was_committed(path):
    notebook = read(path)
    assert path.stat().st_size < LARGEST
    assert "widgets" not in notebook.metadata
    outputs = [out for cell in code(notebook) for out in cell.outputs]
    assert not any("widget" in kind for kind in kinds(outputs))
    # Neither errors nor warnings.
    assert {out.get("name", out.output_type) for out in outputs} <= {
        *("display_data", "execute_result", "stdout")
    }


@all_of_them
def test_something_is_seen_before_it_can_be_turned(path):
    cells = code(read(path))
    live = [place for place, cell in enumerate(cells) if execute.is_live(cell)]
    assert len(live) <= 2
    for place in live:
        assert kinds(cells[place].outputs) == set()
        before = [out for cell in cells[:place] for out in cell.outputs]
        assert kinds(before) & {"image/png", "text/html"}


@all_of_them
def test_it_asks_a_question_and_ends_with_what_it_cannot_know(path):
    first, *_ = written = text(read(path))
    assert first.startswith("# ")
    assert "?" in first
    headings = [line for cell in written for line in re.findall(r"^## .*", cell, re.MULTILINE)]
    assert headings[-2:] == ["## What to take away", "## What it cannot know"]


@all_of_them
def test_its_cells_are_short(path):
    assert max(len(cell.source.splitlines()) for cell in code(read(path))) <= LONGEST


@all_of_them
def test_its_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", "\n".join(text(read(path)))):
        assert target.startswith("http") or (FOLDER / target).exists(), target


# Jupyter's own sockets and event loops warn of things that are not ours to mend.
@pytest.mark.filterwarnings("default")
@all_of_them
def test_it_runs(path):
    notebook = execute.executed(path)
    outputs = [out for cell in code(notebook) for out in cell.outputs]
    turned = list(execute.of_widgets(notebook))
    assert not [out for out in [*outputs, *turned] if out.output_type == "error"]
    # Whatever can be turned shows something as it stands.
    live = [cell for cell in code(notebook) if execute.is_live(cell)]
    assert len(turned) >= len(live)
