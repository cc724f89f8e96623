"""What of an experiment file a system has a place for, where the kind of system is varied.

A sweep over presets or shapes puts many systems under one load and the same faults. Not each of
them has every part that the file speaks of: without a broker there is no disk, and nothing of a
disk can fail. At such a point the file's keys of parts that are not there are left out, and the
point says which. In a file with one system they are refused instead (`sim.config.shapes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.config.paths import NOTHING, dotted, get, parse_path, remove
from sim.config.presets import layered
from sim.config.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.config.paths import Path
    from sim.config.shapes import Shape

_KINDS_OF_SYSTEM = {("preset",), ("broker", "shape")}


def fitted(
    written: Mapping[str, Any], parameters: Mapping[str, object]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return the file *written* of one point as far as its system has a place for it.

    And the dotted paths of what was left out. A key that *parameters* name is never left out.
    """
    named = {parse_path(name) for name in parameters}
    shape = SHAPES.get(get(layered(written), ("broker", "shape")))
    if shape is None or not named & _KINDS_OF_SYSTEM:
        return written, ()
    left_out = []
    # From the back, so that the places of what is still to be removed stay as they are.
    for path in sorted(_misplaced(shape, written), key=dotted, reverse=True):
        if not any(name[: len(path)] == path for name in named):
            written = remove(written, path)
            left_out.append(dotted(path))
    return written, tuple(reversed(left_out))


def _misplaced(shape: Shape, written: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the paths of what *written* says of parts that *shape* has not."""
    for key in shape.without:
        path = parse_path(key)
        if get(written, path) is not NOTHING:
            yield path
    for key, (values, _) in shape.only.items():
        path = parse_path(key)
        value = get(written, path)
        if value is not NOTHING and value not in values:
            yield path
    faults = get(written, ("faults",))
    if shape.faults is None or not isinstance(faults, list | tuple):
        return
    for place, fault in enumerate(faults):
        if get(fault, ("kind",)) not in shape.faults.get(get(fault, ("target",)), ()):
            yield ("faults", place)
