"""What a configuration promises, on a screen: sentences, promises, and what breaks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from sim.tables.style import BAD, GOOD, QUIET, WARN, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.table import Table

    from sim.explain import Explanation, Promise, Witness
    from sim.explain.explanation import Break

_MEANS = {
    "at least once": "no confirmed message is lost",
    "at most once": "no publication has two effects",
    "in order": "first effects come in the order of creation, per producer and key",
}


def explanation_blocks(explanation: Explanation) -> Iterator[RenderableType]:
    """Yield what is to be printed of *explanation*, block by block."""
    yield Text(f"{explanation.confirmation} {explanation.acknowledgement}")
    yield promise_table(explanation)
    for title, would in (("What breaks it here", False), ("What would break it", True)):
        shown = break_table(explanation, title, would=would)
        if shown is not None:
            yield shown
    yield _formulas(explanation)


def promise_table(explanation: Explanation) -> Table:
    """Return the promises, each with its verdict."""
    shown = table("Promises")
    shown.add_column("promise")
    shown.add_column("as configured", no_wrap=True)
    shown.add_column("it means")
    for promise in explanation.promises:
        words, style = _verdict(promise)
        meaning = _MEANS[promise.guarantee]
        shown.add_row(promise.guarantee, Text(words, style=style), Text(meaning, style=QUIET))
    both = [explanation.promises[place] for place in (0, 1)]
    kept = all(promise.kept and not promise.empty for promise in both)
    words, style = ("kept", GOOD) if kept else ("not kept", BAD)
    shown.add_row(
        "effectively once",
        Text(words, style=style),
        Text("both of the first two, for confirmed messages", style=QUIET),
    )
    return shown


def _verdict(promise: Promise) -> tuple[str, str]:
    if promise.empty:
        return "nothing is promised", WARN
    return ("kept", GOOD) if promise.kept else ("not kept", BAD)


def break_table(explanation: Explanation, title: str, *, would: bool) -> Table | None:
    """Return the weaknesses, those that reach a promise here or those that *would*."""
    shown = table(title)
    shown.add_column("promise")
    shown.add_column("if", max_width=34)
    shown.add_column("why, and what cures it")
    for promise in explanation.promises:
        for found in promise.would if would else promise.breaks:
            why = Text(found.weakness.why)
            why.append(f"\nCure: {found.weakness.cure}", style=QUIET)
            shown.add_row(promise.guarantee, _hazards(found), why)
    return shown if shown.row_count else None


def _hazards(found: Break) -> str:
    return "; ".join(found.hazards)


def _formulas(explanation: Explanation) -> Text:
    if not explanation.formulas:
        return Text("No closed form holds here; only the simulation tells.")
    return Text(f"Closed forms that hold here: {', '.join(explanation.formulas)}.")


def witness_block(found: Break, guarantee: str, witness: Witness | None) -> RenderableType:
    """Return the story of one publication that broke *guarantee*."""
    heading = Text(f"{guarantee}: {found.weakness.name}", style="bold")
    if witness is None:
        return heading.append("\n  not seen in a few small runs", style=QUIET)
    shown = table(None)
    shown.add_column("time, s", justify="right")
    shown.add_column(f"message {witness.row}, if {witness.hazard}")
    for event in witness.story:
        shown.add_row(f"{event.time_s:.6f}", Text(event.words))
    return Padding.indent(_stacked(heading, shown), 0)


def _stacked(heading: Text, shown: Table) -> Table:
    stack = table(None)
    stack.box = None
    stack.show_header = False
    stack.add_column()
    stack.add_row(heading)
    stack.add_row(shown)
    return stack
