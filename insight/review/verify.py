"""The check that a review says nothing that its sources do not say, word for word."""

from collections.abc import Sequence
from itertools import zip_longest

from baocao.errors import BaocaoError
from baocao.insight.review.openings import Shown, self_subject, stand_alone, without_lead
from baocao.insight.review.wording import Wording, wording, words


class UnfaithfulError(BaocaoError):
    """A statement of a review differs from a sentence that it rests on."""

    code = "BC500"


_KINDS = (("figures", "the figure"), ("names", "the name"), ("turns", "the word"))


def verify(shown: Shown, sources: Sequence[str], *, reporter: str | None) -> None:
    """Raise UnfaithfulError unless each source sentence says what is shown.

    The first source is the sentence shown: word for word, but for its lead and for "Đơn vị" where `reporter`, the
    body that issued the report, stands for it. The others must agree in every figure, name and turning word.
    """
    rest = _without_name(shown, sources[0], reporter)
    said = " ".join(without_lead(" ".join(sources[0].split()))[len(shown.replaced) :].split())
    _same(wording(rest), wording(said), shown.text)
    if _told(rest) != _told(said):
        raise UnfaithfulError(f"The review says “{shown.text}”, which is not what its source says: “{said}”.")
    for other in sources[1:]:
        _same(wording(shown.text), wording(stand_alone(other).text), shown.text, first=True)


def agree(one: str, other: str) -> bool:
    """Tell whether two sentences that stand alone are the same in every figure, name and turning word."""
    return wording(one) == wording(other)


def _without_name(shown: Shown, source: str, reporter: str | None) -> str:
    """Return what is shown without the body's name that was put in, once it is certain that it was put in rightly."""
    if not shown.named:
        return shown.text
    body = without_lead(" ".join(source.split()))
    if shown.named != reporter or self_subject(body) != shown.replaced or not shown.text.startswith(shown.named):
        raise UnfaithfulError(f"“{shown.named}” does not stand for “{shown.replaced}” in “{source}”.")
    return shown.text[len(shown.named) :].strip()


def _told(text: str) -> list[str]:
    """Return the words as compared: the first without regard to case."""
    found = words(text)
    return [found[0].casefold(), *found[1:]] if found else []


def _same(shown: Wording, said: Wording, text: str, *, first: bool = False) -> None:
    for kind, called in _KINDS:
        for mine, theirs in zip_longest(getattr(shown, kind), getattr(said, kind)):
            if mine != theirs:
                raise UnfaithfulError(
                    f"In “{text}” {called} “{mine or '(none)'}” stands where the source says “{theirs or '(none)'}”."
                )
    if first and shown.first != said.first:
        raise UnfaithfulError(f"“{text}” begins with another word than its source.")
