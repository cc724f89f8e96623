"""What takes a broker is refused where there is none."""

from __future__ import annotations

import pytest

from models.consumer import OnFailure
from tests.models.brokerless.peers import push, request


def test_there_is_nobody_to_commit_to():
    world = request(1.0, consumer={"transactional": True})
    with pytest.raises(ValueError, match="transactional must be False without a broker, got True"):
        world.run()


def test_there_is_nobody_to_publish_to_again():
    world = push(1.0, consumer={"on_failure": OnFailure.REPUBLISH})
    with pytest.raises(ValueError, match="on_failure must not be republish unless there is one"):
        world.run()
