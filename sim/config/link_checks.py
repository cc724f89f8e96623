"""What the keys of a link get wrong together, and what its packets may suffer.

*name* is "publish" or "deliver".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.network import loses_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.config.experiment import Experiment
    from sim.config.network import Link

Found = tuple[str, str] | None


def cut_without_connection(name: str, experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find a cut where there is nothing to be cut."""
    if _link(name, experiment).connection:
        return None
    for place, fault in enumerate(experiment.faults):
        if fault.target == name and fault.kind == "cut":
            key = f"network.{name}.connection"
            message = f'{key} = false leaves no connection for faults.{place}.kind = "cut" to break'
            return message, f'set {key} = true, or kind = "partition"'
    return None


def doubled_connection(name: str, experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find doubles that a connection never lets through."""
    link = _link(name, experiment)
    if not (link.connection and link.duplication):
        return None
    message = (
        f"network.{name}.duplication must be 0 with network.{name}.connection = true, got "
        f"{link.duplication:g}: a connection drops doubles"
    )
    return message, f"leave out network.{name}.duplication, or set connection = false"


def dead_connection(name: str, experiment: Experiment, _written: Mapping[str, Any]) -> Found:
    """Find a connection that sends everything again for ever."""
    link = _link(name, experiment)
    if not link.connection:
        return None
    bursts = link.burst_options()
    for key, loss in (("loss", link.loss), ("ack_loss", link.ack_loss)):
        if loses_all(loss, bursts):
            bad = "" if bursts is None else f" and bursts.bad_loss = {bursts.bad_loss:g}"
            message = (
                f"network.{name}.{key} = {loss:g}{bad} lets nothing through "
                f"network.{name}.connection = true"
            )
            return message, f"network.{name}.{key} must be < 1"
    return None


def vanishing(experiment: Experiment, *, answers: bool = True) -> list[str]:
    """Return what makes deliveries, or their *answers* too, vanish, in words."""
    link = experiment.network.deliver
    if link.connection:  # then a cut brings them back
        return []
    bursts = link.burst_options()
    chances = [("loss", link.loss), ("ack_loss", link.ack_loss)][: 1 + answers]
    if bursts is not None and bursts.bad_share:
        chances.append(("bursts.bad_loss", bursts.bad_loss))
    found = [f"network.deliver.{name} = {chance:g}" for name, chance in chances if chance > 0]
    if any(fault.target == "deliver" for fault in experiment.faults):
        found.append('a "partition" of target "deliver"')
    return found


def always_lost(experiment: Experiment, *, answers: bool = True) -> list[str]:
    """Return what makes every delivery, or its *answer* too, vanish, in words."""
    link = experiment.network.deliver
    if link.connection:  # refused for that already
        return []
    bursts = link.burst_options()
    chances = [("loss", link.loss), ("ack_loss", link.ack_loss)][: 1 + answers]
    return [
        f"network.deliver.{name} = {chance:g}"
        for name, chance in chances
        if loses_all(chance, bursts)
    ]


def _link(name: str, experiment: Experiment) -> Link:
    link: Link = getattr(experiment.network, name)
    return link
