"""Passwords: kept as argon2 writes them, compared in the same time whether the account exists or not."""

import threading
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from baocao.errors import BaocaoError, UsageError

_P = ParamSpec("_P")
_T = TypeVar("_T")
SHORTEST, LONGEST = 10, 1_000
_AT_ONCE = 2  # each takes 64 MB and a core for as long as it takes
_WAITING = 8  # others wait in a thread; more would leave none for the rest of the page
_hasher = PasswordHasher()
_turns = threading.Semaphore(_AT_ONCE)
_places = threading.Semaphore(_AT_ONCE + _WAITING)


class WeakPasswordError(UsageError):
    """A password is too short, too long, or the name itself."""

    code = "BC621"


class BusyError(BaocaoError):
    """So many log in at once that one more has to come again."""

    code = "BC622"
    wait = 1


def hashed(password: str, name: str) -> str:
    """Return what is kept of a new password of an account.

    Raises WeakPasswordError for one that is too easy, BusyError where too many are at it.
    """
    if not SHORTEST <= len(_same(password)) <= LONGEST:
        raise WeakPasswordError(f"A password has from {SHORTEST} to {LONGEST} characters; take a longer one.")
    if _same(password).casefold() in (name, name[::-1]) or len(set(password)) < 4:
        raise WeakPasswordError("A password is neither the name nor a few letters over again; take another one.")
    return _in_turn(_hash, password)


def matches(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one kept; None is an account that does not exist, and takes as long.

    Raises BusyError where too many are at it.
    """
    nobody = _of_nobody()
    return _in_turn(_verify, nobody if kept is None else kept, password) and kept is not None


def stale(kept: str) -> bool:
    """Tell whether a password was kept in a way that is no longer the strongest known."""
    return _hasher.check_needs_rehash(kept)


def again(password: str) -> str:
    """Return what is kept of a password that is known to be right, in the way that is the strongest now."""
    return _in_turn(_hash, password)


@cache
def _of_nobody() -> str:
    return _hasher.hash("a password that nobody has, for the time it takes")


def _hash(password: str) -> str:
    return _hasher.hash(_bytes(password))


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, _bytes(password))
    except InvalidHashError:  # whoever logs in elsewhere has none here; that takes its time too
        _hasher.hash(_bytes(password))
        return False
    except VerificationError:
        return False


def _in_turn(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    if not _places.acquire(blocking=False):
        raise BusyError("Many are logging in just now; try again in a second.")
    try:
        with _turns:
            return work(*args, **kwargs)
    finally:
        _places.release()


def _same(password: str) -> str:
    """Return a password as every keyboard writes it: marked Vietnamese letters come in two forms."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _same(password)[: LONGEST + 1].encode("utf-8", "surrogatepass")
