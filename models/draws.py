"""Named random numbers: luck belongs to what it decides, not to when it is asked for.

A number is named by (seed, replication, component, purpose, message, attempt). Whoever asks for
it, in whatever order and however often, gets the same number. Hence the same seed gives the same
ledger on any number of workers; two policies compared under one seed meet the same luck (common
random numbers); and one message can be replayed alone.

Each (seed, replication, component, purpose) is the key of a Philox 4x64 generator, message and
attempt are its counter (J. K. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11;
numpy.random.Philox). Numbers are made for `BLOCK` neighbouring messages at once, since a numpy
call costs far more than a number: `Rows` makes them, and whoever needs one at a time gets a
function of (message, attempt) that keeps some rows for later.

Every value uses exactly one uniform number, through the inverse cdf of its law. So a law with a
longer tail or a link with more loss never re-deals the luck of anything else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.laws import Law

BLOCK_BITS = 8
BLOCK = 1 << BLOCK_BITS
_MASK = BLOCK - 1
_BLOCKS_BACK = 8  # how far back among one producer's messages blocks are kept
_BLOCKS_KEPT = 2048  # in all, per function; a forgotten block is made again, the same

T = TypeVar("T")
Trial: TypeAlias = "Callable[[int, int, int, float], bool]"
"""What says of (number, attempt, message, chance) whether it comes true."""
Row: TypeAlias = npt.NDArray[Any]
Draw: TypeAlias = "Callable[[int, int], T]"
"""What gives the number of (message, attempt), integers >= 0 (below 2**63)."""


class Rows:
    """All numbers of one purpose, whole blocks at a time.

    *shape* makes of uniform numbers in [0, 1) what is wanted of them, one by one, in any shape.
    """

    __slots__ = ("_generator", "_shape", "_state")

    def __init__(self, key: int, shape: Callable[[npt.NDArray[np.float64]], Row]) -> None:
        bits = np.random.Philox(key=key)
        self._generator = np.random.Generator(bits)
        self._state: Any = bits.state  # numpy types it as a bare mapping
        self._shape = shape

    def span(self, attempt: int, block: int, blocks: int = 1) -> Row:
        """Return the values of *attempt* for messages block * BLOCK and on.

        The shape is (blocks * BLOCK,).
        """
        state = self._state
        # Philox yields four numbers per counter value.
        state["state"]["counter"][:] = (block << (BLOCK_BITS - 2), attempt, 0, 0)
        state["buffer_pos"] = 4  # nothing buffered
        self._generator.bit_generator.state = state
        return self._shape(self._generator.random(blocks << BLOCK_BITS))


def look_up(rows: Rows, attempt: int, keys: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Return the values of *attempt* for *keys*, ascending and of one producer, in their shape."""
    if not len(keys):
        return rows.span(attempt, 0)[:0]
    blocks = keys >> BLOCK_BITS
    first, last = int(blocks[0]), int(blocks[-1])
    if last - first < len(keys):
        table = rows.span(attempt, first, last - first + 1)
        places = keys - (first << BLOCK_BITS)
    else:  # few and far between: only the blocks that are needed
        needed, which = np.unique(blocks, return_inverse=True)
        table = np.concatenate([rows.span(attempt, block) for block in needed.tolist()])
        places = which * BLOCK + (keys & (BLOCK - 1))
    values: npt.NDArray[Any] = table[places]
    return values


def one_by_one(rows: Rows) -> Draw[Any]:
    """Return the function of (message, attempt) that looks a value up in *rows*."""
    # A closure with plain dictionaries, by attempt and by block: this is called several times per
    # message, and an object with a method, or a pair as the key, would take twice as long.
    # The values are tuples, which the garbage collector leaves alone.
    kept: dict[int, dict[int, tuple[Any, ...]]] = {}
    made = 0

    def make(message: int, attempt: int) -> Any:
        nonlocal made
        if made >= _BLOCKS_KEPT:
            kept.clear()
            made = 0
        block = message >> BLOCK_BITS
        blocks = kept.setdefault(attempt, {})
        made += 1 - (blocks.pop(block - _BLOCKS_BACK, None) is not None)
        values = blocks[block] = tuple(rows.span(attempt, block).tolist())
        return values[message & _MASK]

    def draw(message: int, attempt: int) -> Any:
        try:
            return kept[attempt][message >> BLOCK_BITS][message & _MASK]
        except KeyError:
            return make(message, attempt)

    return draw


class Draws:
    """The luck of one replication of one experiment.

    `in_time`: no number is to be asked for before its time, since it may not be known yet.
    """

    in_time = False

    def __init__(self, seed: int, replication: int) -> None:
        self.seed = seed
        self.replication = replication

    def uniform(self, component: str, purpose: str) -> Draw[float]:
        """Return the uniform numbers in [0, 1) of that name, one by one."""
        return one_by_one(self.uniform_rows(component, purpose))

    def coin(self, component: str, purpose: str, probability: float) -> Draw[bool] | None:
        """Return coins that are true with *probability*; None if they never are."""
        rows = self.coin_rows(component, purpose, probability)
        return None if rows is None else one_by_one(rows)

    def law(self, component: str, purpose: str, law: Law) -> Draw[float]:
        """Return times in seconds that follow *law*; a constant needs no luck."""
        if law.is_constant:
            constant = law.bounds_s[0]
            return lambda _message, _attempt: constant
        return one_by_one(self.law_rows(component, purpose, law))

    def trial(self, component: str, purpose: str, *, lasting: bool = False) -> Trial:
        """Return coins of that name whose chance is known only when they are tossed.

        The third number says for whose sake, the message's name; it is no part of the coin's.
        *lasting*: what comes of it is met by the producer's next messages, too.
        """
        del lasting  # here all luck is as it is
        luck = self.uniform(component, purpose)
        return lambda number, attempt, _message, chance: luck(number, attempt) < chance

    def uniform_rows(self, component: str, purpose: str) -> Rows:
        """Return the uniform numbers of that name: `uniform`, in rows."""
        return Rows(self._key(component, purpose), lambda u: u)

    def coin_rows(self, component: str, purpose: str, probability: float) -> Rows | None:
        """Return the coins of that name: `coin`, in rows."""
        if probability <= 0.0:
            return None
        return Rows(self._key(component, purpose), lambda u: u < probability)

    def law_rows(self, component: str, purpose: str, law: Law) -> Rows:
        """Return the times of that name in seconds: `law`, in rows."""
        return Rows(self._key(component, purpose), law.quantile)

    def _key(self, component: str, purpose: str) -> int:
        name = f"{self.seed}/{self.replication}/{component}/{purpose}"
        return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest(), "little")
