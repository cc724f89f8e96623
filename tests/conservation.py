"""What must hold in every ledger, whatever happened: nothing comes from nowhere, nothing vanishes.

`check(ledger)` reads nothing but the ledger. Facts of one instant may stand in any order, so
"before" means "not after".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from itertools import pairwise

from models.broker import ConfirmWhen
from models.ledger import Cause, Ledger

BELIEFS = ("confirmed", "failed", "unknown")
CONFIRM_POINTS = {
    ConfirmWhen.RECEIVED: "stored",
    ConfirmWhen.WRITTEN: "written",
    ConfirmWhen.SYNCED: "synced",
    ConfirmWhen.PROCESSED: "removed",
}
NEVER_SENT = (Cause.PRODUCER_BUFFER, Cause.PRODUCER_CRASH)
"""Causes of drops of what never left its producer."""
ROUNDING_S = 1e-6


class Story:
    """The facts of one message: `times[kind]` ascending, in seconds."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.drops: list[tuple[float, Cause]] = []
        self.ends: list[tuple[float, float, int]] = []  # time, service, delivery

    def count(self, *kinds: str) -> int:
        return sum(len(self.times[kind]) for kind in kinds)

    def until(self, time_s: float, *kinds: str) -> int:
        """How many facts of *kinds* there are up to and at *time_s*."""
        return sum(bisect_right(self.times[kind], time_s) for kind in kinds)

    def before(self, time_s: float, *kinds: str) -> int:
        return sum(bisect_left(self.times[kind], time_s) for kind in kinds)

    @property
    def alive(self) -> int:
        """Packets and copies that are neither dropped nor parked; telling without an effect."""
        # What a socket holds was sent, although it has not left the process.
        never_sent = sum(cause in NEVER_SENT for _, cause in self.drops if not self.times["sent"])
        return (
            self.count("sent", "doubled", "recovered")
            - self.count("dropped", "parked")
            + never_sent
        )


def stories(ledger: Ledger) -> list[Story]:
    """The facts of each message, in the order of `created`; for one group, if there are several."""
    told = [Story() for _ in range(len(ledger.created))]
    kinds = [*ledger.kinds.items()]
    drops = [ledger.dropped]
    if ledger.whole is not None:
        kinds += [(kind, ledger.whole.kinds[kind]) for kind in ("doubled", "dropped")]
        drops.append(ledger.whole.dropped)
    for kind, facts in kinds:
        for row, time_s in zip(facts.messages().tolist(), facts.times_s().tolist(), strict=True):
            assert 0 <= row < len(told), f"{kind}: message {row} was never created"
            told[row].times[kind].append(time_s)
    for story in told:
        for kind in ("doubled", "dropped"):
            story.times[kind].sort()
    for dropped in drops:
        for row, time_s, cause in zip(
            dropped.messages(), dropped.times_s(), dropped.column("cause"), strict=True
        ):
            told[row].drops.append((float(time_s), Cause(cause)))
    for facts in (ledger.effected, ledger.raised):
        columns = (facts.column("service_s"), facts.column("delivery"))
        for row, time_s, service_s, number in zip(
            facts.messages(), facts.times_s(), *columns, strict=True
        ):
            told[row].ends.append((float(time_s), float(service_s), int(number)))
    return told


def check(
    ledger: Ledger,
    *,
    confirm_when: ConfirmWhen = ConfirmWhen.RECEIVED,
    confirms_drops: bool = False,
    pipes: bool = False,
    decided: range = range(0),
) -> None:
    """Assert all of it. *confirm_when* is what the broker did, transient messages considered.

    *confirms_drops*: a full queue acknowledges what it drops. *pipes*: there is no broker, and what
    was sent may still be in the producer's socket when that dies. *decided* are the messages whose
    fate can change no more, because the run ended by itself.
    """
    if len(ledger.groups) > 1:
        for group in ledger.groups:
            check(
                group,
                confirm_when=confirm_when,
                confirms_drops=confirms_drops,
                pipes=pipes,
                decided=decided,
            )
        return
    times_are_in_order(ledger)
    created = ledger.created.messages().tolist()
    assert created == list(range(len(created))), "messages are not numbered as they are created"
    for row, story in enumerate(stories(ledger)):
        try:
            belief_is_decided_once(story)
            everything_has_an_origin(story)
            deliveries_end_after_they_begin(story)
            copies_are_conserved(story)
            confirmed_after_its_point(story, CONFIRM_POINTS[confirm_when], confirms_drops)
            drops_have_their_place(story, pipes=pipes)
            repeats_repeat_something(story)
            if row in decided:
                nothing_is_left(story)
        except AssertionError as error:
            raise AssertionError(f"message {row}: {error} in {dict(story.times)}") from error


def times_are_in_order(ledger: Ledger) -> None:
    for kind, facts in ledger.kinds.items():
        times = facts.times_s().tolist()
        assert times == sorted(times), f"{kind} is not in the order of time"


def belief_is_decided_once(story: Story) -> None:
    assert story.count(*BELIEFS) <= 1, "more than one belief"
    first_s = min((times[0] for times in story.times.values() if times), default=0.0)
    assert story.times["created"] == [first_s], "not created first and once"


def follows(story: Story, kind: str, *sources: str) -> None:
    """Each fact of *kind* has one of *sources* to come from, not after it."""
    for place, time_s in enumerate(story.times[kind], start=1):
        assert place <= story.until(time_s, *sources), f"{kind} at {time_s} without {sources}"


def everything_has_an_origin(story: Story) -> None:
    follows(story, "arrived", "sent", "doubled")
    follows(story, "stored", "arrived")
    follows(story, "written", "arrived")  # stored perhaps in another group only
    follows(story, "synced", "written")
    follows(story, "effected", "delivered", "doubled")
    follows(story, "raised", "delivered", "doubled")
    follows(story, "returned", "delivered")
    if story.times["skipped"]:
        assert story.until(story.times["skipped"][0], "effected"), "skipped without an effect"
    follows(story, "parked", "removed")
    follows(story, "recovered", "removed")
    for time_s in story.times["delivered"]:
        there = story.until(time_s, "stored", "recovered") - story.before(time_s, "removed")
        assert there > 0, f"delivered at {time_s}, when no copy was there"


def deliveries_end_after_they_begin(story: Story) -> None:
    ended = Counter(number for _, _, number in story.ends)
    doubled = story.count("doubled")
    for time_s, service_s, number in story.ends:
        assert 1 <= number <= story.count("delivered"), f"delivery {number} was never made"
        assert ended[number] <= 1 + doubled, f"delivery {number} ended {ended[number]} times"
        begun_s = story.times["delivered"][number - 1]
        assert begun_s <= time_s - service_s + ROUNDING_S, f"delivery {number} ended too early"


def copies_are_conserved(story: Story) -> None:
    for kind in ("removed", "recovered"):
        for earlier_s, later_s in pairwise([*story.times[kind], float("inf")]):
            left = story.until(earlier_s, "stored", "recovered") - story.until(earlier_s, "removed")
            assert left >= 0 or earlier_s == later_s, f"{-left} removed twice at {earlier_s}"


def confirmed_after_its_point(story: Story, point: str, confirms_drops: bool) -> None:
    for time_s in story.times["confirmed"]:
        reached = story.until(time_s, point) > 0
        if confirms_drops:
            reached |= any(at <= time_s and cause is Cause.OVERFLOW for at, cause in story.drops)
        # What reaches no group is confirmed all the same.
        reached |= any(at <= time_s and cause is Cause.NO_SUBSCRIBER for at, cause in story.drops)
        assert reached, f"confirmed at {time_s}, but not {point}"


def drops_have_their_place(story: Story, *, pipes: bool) -> None:
    causes = {cause for _, cause in story.drops}
    if causes & {*NEVER_SENT} and not (pipes and story.times["sent"]):
        assert len(story.drops) == 1, "dropped at the producer, and elsewhere, too"
        assert not story.times["sent"], "sent, and yet dropped at the producer"
        belief = "failed" if Cause.PRODUCER_BUFFER in causes else "unknown"
        assert story.times[belief] == story.times["dropped"], "dropped at the producer otherwise"
    else:
        follows(story, "dropped", "sent", "doubled", "recovered")
    assert story.alive >= 0, "more dropped and parked than there was"


def repeats_repeat_something(story: Story) -> None:
    for time_s, cause in story.drops:
        if cause is Cause.DEDUPLICATED:
            assert story.until(time_s, "arrived") >= 2, f"a first arrival was a repeat at {time_s}"


def nothing_is_left(story: Story) -> None:
    assert story.count(*BELIEFS) == 1, "its producer has not made up its mind"
    copies = story.count("stored", "recovered") - story.count("removed")
    assert copies == 0, f"{copies} copies are still there"
    if not story.times["effected"]:
        assert story.alive == 0, f"{story.alive} packets or copies vanished without a cause"
        assert story.count("dropped", "parked"), "lost without a cause"
