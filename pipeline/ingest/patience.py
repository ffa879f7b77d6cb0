"""How a reader asks for more time: recognising a page takes seconds, and nobody knows before how many pages there are.

Where a pool runs the reader, the pool decides how much it grants; elsewhere nobody counts the time.
"""

from collections.abc import Callable


def _nobody(seconds: float) -> None:
    """Nobody counts the time."""


_asked: list[Callable[[float], None]] = [_nobody]


def ask_for(seconds: float) -> None:
    """Say that the file needs so much more time than other files."""
    _asked[0](seconds)


def ask_by(ask: Callable[[float], None]) -> None:
    """Let `ask` carry from now on what readers of this process ask for."""
    _asked[0] = ask
