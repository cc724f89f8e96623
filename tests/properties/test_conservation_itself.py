"""The check of conservation must see every way in which a ledger can be wrong."""

from __future__ import annotations

import pytest

from models.broker import ConfirmWhen
from models.ledger import ACKNOWLEDGED, Cause, Ledger
from tests import conservation

NETWORK, LIMIT = Cause.NETWORK, Cause.DELIVERY_LIMIT
BUFFER, CRASH = Cause.PRODUCER_BUFFER, Cause.PRODUCER_CRASH

# A message with a life as it should be: sent twice, lost once, delivered twice, one effect.
GOOD = {
    "created": [(0, 1.0, 0)],
    "sent": [(0, 1.0), (0, 2.0)],
    "dropped": [(0, 1.0, NETWORK)],
    "arrived": [(0, 2.5)],
    "stored": [(0, 2.5)],
    "written": [(0, 2.75)],
    "delivered": [(0, 2.5, 0, False), (0, 4.0, 0, True)],
    "raised": [(0, 4.0, 1.0, 1)],
    "returned": [(0, 4.0)],
    "effected": [(0, 5.0, 1.0, 2)],
    "removed": [(0, 5.0, ACKNOWLEDGED)],
    "confirmed": [(0, 3.0)],
}

NOTHING = dict.fromkeys(GOOD, ())


def ledger(**changes):
    """The good ledger, some kinds of its facts replaced."""
    made = Ledger()
    for kind, rows in (GOOD | changes).items():
        for row in rows:
            made.kinds[kind].add(*row)
    return made


def parked(at_s, reason=LIMIT):
    """The good ledger, but parked instead of an effect."""
    return {
        "effected": [],
        "removed": [(0, at_s, reason)],
        "parked": [(0, at_s, reason)],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        parked(5.0),
        {"confirmed": [], "failed": [(0, 9.0, 0)]},
        {"removed": [(0, 5.0, ACKNOWLEDGED), (0, 7.0, ACKNOWLEDGED)], "recovered": [(0, 6.0)]},
        {
            **NOTHING,
            "created": GOOD["created"],
            "failed": [(0, 1.0, 3)],
            "dropped": [(0, 1.0, BUFFER)],
        },
        {
            **NOTHING,
            "created": GOOD["created"],
            "unknown": [(0, 2.0)],
            "dropped": [(0, 2.0, CRASH)],
        },
    ],
    ids=["good", "parked", "false failure", "undone and done again", "never sent", "forgotten"],
)
def test_what_is_right_passes(changes):
    conservation.check(ledger(**changes), decided=range(1))


def test_a_copy_that_is_still_there_is_right_as_long_as_nothing_is_decided():
    conservation.check(ledger(removed=[], effected=[]))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"created": [(1, 1.0, 0)]}, "never created|not numbered"),
        ({"created": [(0, 1.5, 0)]}, "not created first"),
        ({"sent": [(0, 2.0), (0, 1.0)]}, "sent is not in the order of time"),
        ({"sent": [(0, 1.0), (7, 2.0)]}, "message 7 was never created"),
        ({"failed": [(0, 9.0, 0)]}, "more than one belief"),
        ({"arrived": [(0, 2.5)] * 3, "stored": []}, "arrived at 2.5 without"),
        ({"stored": [(0, 2.0)]}, "stored at 2.0 without"),
        ({"written": [(0, 2.0)]}, "written at 2.0 without"),
        ({"synced": [(0, 2.6)]}, "synced at 2.6 without"),
        (
            {"delivered": [(0, 2.25, 0, False), (0, 4.0, 0, True)]},
            "delivered at 2.25, when no copy",
        ),
        ({"delivered": [(0, 2.5, 0, False), (0, 5.5, 0, True)]}, "no copy was there|without"),
        ({"effected": [(0, 5.0, 1.0, 2), (0, 5.0, 1.0, 2), (0, 5.0, 1.0, 1)]}, "effected at"),
        ({"effected": [(0, 5.0, 1.0, 3)]}, "delivery 3 was never made"),
        ({"effected": [(0, 5.0, 1.0, 1)]}, "delivery 1 ended 2 times"),
        ({"effected": [(0, 5.0, 2.0, 2)]}, "delivery 2 ended too early"),
        ({"returned": [(0, 2.0)]}, "returned at 2.0 without"),
        ({"parked": [(0, 4.5, LIMIT)]}, "parked at 4.5 without"),
        ({"removed": [(0, 5.0, ACKNOWLEDGED)] * 2}, "removed twice"),
        ({"recovered": [(0, 4.5)]}, "recovered at 4.5 without"),
        ({"confirmed": [(0, 2.25)]}, "confirmed at 2.25, but not stored"),
        ({"dropped": [(0, 0.5, NETWORK)]}, "not created first"),
        ({"dropped": [(0, 1.0, NETWORK), (0, 2.0, NETWORK), (0, 3.0, NETWORK)]}, "dropped at 3.0"),
        ({"dropped": [(0, 1.0, BUFFER)]}, "sent, and yet dropped at the producer"),
        ({"dropped": [(0, 1.0, CRASH)]}, "sent, and yet dropped at the producer"),
        ({"dropped": [(0, 1.0, CRASH), (0, 1.0, NETWORK)]}, "at the producer, and elsewhere"),
        (
            {**NOTHING, "created": GOOD["created"], "dropped": [(0, 1.0, CRASH)]},
            "dropped at the producer otherwise",
        ),
        ({"dropped": [(0, 2.5, Cause.DEDUPLICATED)]}, "a first arrival was a repeat at 2.5"),
        (
            parked(5.0) | {"dropped": [(0, 1.0, NETWORK), (0, 5.0, LIMIT)]},
            "more dropped and parked",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_is_seen(changes, complaint):
    with pytest.raises(AssertionError, match=complaint):
        conservation.check(ledger(**changes))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"confirmed": []}, "has not made up its mind"),
        ({"removed": []}, "1 copies are still there"),
        ({"effected": []}, "1 packets or copies vanished without a cause"),
        ({"effected": [], "dropped": []}, "2 packets or copies vanished"),
        (
            {**NOTHING, "created": GOOD["created"], "unknown": [(0, 1.0)]},
            "lost without a cause",
        ),
    ],
    ids=str,
)
def test_what_is_left_over_is_seen_when_the_message_is_decided(changes, complaint):
    conservation.check(ledger(**changes))
    with pytest.raises(AssertionError, match=complaint):
        conservation.check(ledger(**changes), decided=range(1))


@pytest.mark.parametrize(
    ("confirm_when", "complaint"),
    [(ConfirmWhen.WRITTEN, None), (ConfirmWhen.SYNCED, "confirmed at 3.0, but not synced")],
)
def test_the_confirm_point_counts(confirm_when, complaint):
    if complaint is None:
        conservation.check(ledger(), confirm_when=confirm_when)
    else:
        with pytest.raises(AssertionError, match=complaint):
            conservation.check(ledger(), confirm_when=confirm_when)


def test_a_drop_of_an_overflow_may_be_confirmed_if_the_policy_is_to_do_so():
    overflow = {
        **NOTHING,
        "created": GOOD["created"],
        "sent": [(0, 1.0)],
        "arrived": [(0, 2.0)],
        "dropped": [(0, 2.0, Cause.OVERFLOW)],
        "confirmed": [(0, 3.0)],
    }
    conservation.check(ledger(**overflow), confirms_drops=True, decided=range(1))
    with pytest.raises(AssertionError, match=r"confirmed at 3\.0, but not stored"):
        conservation.check(ledger(**overflow))
