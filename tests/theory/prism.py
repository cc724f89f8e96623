"""Reads as much of PRISM's language as `bounded_retransmission.pm` needs, and walks through it.

Modules of integers and truth values, commands that happen together where they have a name in
common, constants. Probabilities are fractions. A state in which more than one thing can happen is
refused: the language would throw a die there.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product
from typing import NamedTuple

_WORDS = (("!=", " ~ "), ("!", " not "), ("&", " and "), ("|", " or "))
_EQUALS = re.compile(r"(?<![<>=])=(?!=)")


class Command(NamedTuple):
    guard: object
    ways: list


class Model:
    """A program in the text *source*; *constants* are those that it leaves open."""

    def __init__(self, source, **constants):
        source = re.sub(r"//.*", "", source)
        self.constants = dict(constants)
        for name, value in re.findall(r"const \w+ (\w+) = ([\d.]+);", source):
            self.constants[name] = Fraction(value)
        bodies = re.findall(r"module \w+(.*?)endmodule", source, re.DOTALL)
        found = [
            pair
            for body in bodies
            for pair in re.findall(r"(\w+) : (?:bool|\[[^]]*\]) init (\w+);", body)
        ]
        self.names = [name for name, _ in found]
        self.first = tuple(_python(value).evaluate({}) for _, value in found)
        self.modules = [self._commands(body) for body in bodies]
        self.actions = sorted({action for module in self.modules for action in module})

    def _commands(self, body):
        """The commands of one module by their actions."""
        commands = {}
        for action, guard, right in re.findall(r"\[(\w+)\](.*?)->(.*?);", body, re.DOTALL):
            ways = []
            for way in right.split("+ ") if ":" in right else [f"1 : {right}"]:
                weight, changes = way.split(":")
                pairs = re.findall(r"\((\w+)'=([^()]*)\)", changes)
                ways.append((_python(weight), [(name, _python(value)) for name, value in pairs]))
            commands.setdefault(action, []).append(Command(_python(guard), ways))
        return commands

    def values(self, state):
        return dict(zip(self.names, state, strict=True))

    def steps(self, state):
        """What can happen in *state*: pairs of a probability and the next state."""
        known = {**self.constants, **self.values(state)}
        happening = [
            commands for action in self.actions if (commands := self._together(action, known))
        ]
        if len(happening) > 1:
            raise ValueError(f"more than one thing can happen in {self.values(state)}")
        for commands in happening:
            for ways in product(*(command.ways for command in commands)):
                weight, then = Fraction(1), dict(self.values(state))
                for chance, changes in ways:
                    weight *= chance.evaluate(known)
                    then.update((name, value.evaluate(known)) for name, value in changes)
                yield weight, tuple(then.values())

    def _together(self, action, known):
        """The commands that *action* is made of just now; empty if somebody is not ready for it."""
        found = []
        for module in self.modules:
            if action in module:
                ready = [one for one in module[action] if one.guard.evaluate(known)]
                if not ready:
                    return []
                (command,) = ready
                found.append(command)
        return found


class _Expression:
    def __init__(self, code):
        self._code = code

    def evaluate(self, known):
        return eval(self._code, {"__builtins__": {}}, known)  # noqa: S307 - a text of our own


def _python(text):
    """*text*, an expression of PRISM, as one of Python."""
    for theirs, ours in _WORDS:
        text = text.replace(theirs, ours)
    text = _EQUALS.sub("==", text).replace("~", "!=")
    text = text.replace("true", "True").replace("false", "False")
    return _Expression(compile(text.strip(), "<prism>", "eval"))
