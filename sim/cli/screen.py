"""Consoles that print data as it is, and that do not mind when the reader has gone."""

from __future__ import annotations

import os
import sys

from rich.console import Console


class Screen(Console):
    """Standard output or standard error, without markup, highlighting or emoji.

    When the other end of a pipe is closed (``| head``), what is left is dropped in silence.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Drop everything from now on; the interpreter flushes once more when it ends."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, (sys.stderr if self.stderr else sys.stdout).fileno())
        os.close(nowhere)

    def write(self, text: str) -> None:
        """Print *text* exactly, without wrapping it to the width."""
        if self.quiet:
            return
        try:
            self.file.write(text)
            self.file.flush()
        except BrokenPipeError:
            self.on_broken_pipe()
