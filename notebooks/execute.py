"""Execute the notebooks in place, and keep of their outputs what a page without a kernel can show.

A cell tagged ``live`` shows something to turn, which takes a kernel: its output is not kept. The
same versions give the same file, but for the pictures' last bits.

    python notebooks/execute.py                                  # all of them
    python notebooks/execute.py notebooks/02_retries.ipynb
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

FOLDER = Path(__file__).parent
LIVE = "live"


def executed(path: Path) -> NotebookNode:
    """Return the notebook at *path* after a run; raise a `CellExecutionError` if a cell fails.

    What its widgets hold is in ``metadata.widgets``.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    return notebook


def is_live(cell: NotebookNode) -> bool:
    """Return whether *cell* shows something that only a kernel brings to life."""
    return LIVE in cell.metadata.get("tags", ())


def of_widgets(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """Yield what the widgets of an executed *notebook* show: outputs, as cells have them."""
    states = notebook.metadata.get("widgets", {}).values()
    for state in states:
        for model in state["state"].values():
            yield from map(nbformat.from_dict, model["state"].get("outputs", ()))


def strip(notebook: NotebookNode) -> None:
    """Take from *notebook* what only a kernel could use, or what differs from run to run."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if is_live(cell):
            cell.outputs = []


def main(paths: list[str]) -> None:
    """Execute the notebooks at *paths*, by default all."""
    for path in map(Path, paths) if paths else sorted(FOLDER.glob("*.ipynb")):
        notebook = executed(path)
        strip(notebook)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main(sys.argv[1:])
