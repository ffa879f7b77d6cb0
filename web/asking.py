"""A search as an address has it: what a clerk asked, what the index is asked, and the addresses next to it."""

from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from baocao.index.search import Group, SearchRequest, Sort
from baocao.report import Kind, Label

PAGE = 20  # hits
LAST = 500  # pages; whoever wants more exports
_DAY = r"^\d{4}(-\d{2}(-\d{2})?)?$"
FACETS = ("unit", "year", "label", "kind", "docno", "person")
Short = Annotated[str, Field(max_length=300)]


class Asked(BaseModel):
    """A search as an address has it; filters of one kind are OR-ed, kinds are AND-ed."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    q: str = Field("", max_length=2_000, description='Words, "a phrase", OR, -not, prefix*, a document number.')
    unit: list[Short] = Field([], max_length=50, description="Sentences that name the unit, or of reports it issued.")
    person: list[Short] = Field([], max_length=50)
    label: list[Label] = Field([], max_length=4)
    year: list[int] = Field([], max_length=50, description="The report's year.")
    kind: list[Kind] = Field([], max_length=5)
    docno: list[Short] = Field([], max_length=50, description="Document numbers that the sentence names.")
    from_: str = Field("", alias="from", pattern=f"{_DAY}|^$", description="Issued on or after: 2017, 2017-06-22.")
    to: str = Field("", pattern=f"{_DAY}|^$", description="Issued on or before.")
    by: Group = Group.REPORT
    sort: Sort = Sort.RELEVANCE
    page: int = Field(1, ge=1, le=LAST)

    def request(self, *, size: int = PAGE, after: int | None = None, facets: tuple[str, ...] = FACETS) -> SearchRequest:
        """Return what the index is asked; `after` finds only what came after a report of this number."""
        return SearchRequest(
            query=self.q, units=tuple(self.unit), persons=tuple(self.person), labels=tuple(self.label),
            docnos=tuple(self.docno), kinds=tuple(self.kind), years=tuple(self.year), date_from=self.from_ or None,
            date_to=self.to or None, sort=self.sort, by=self.by, limit=size, offset=(self.page - 1) * size,
            after=after, facets=facets,
        )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked for at all."""
        return not self.q.strip() and not self._filters()

    def _filters(self) -> list[tuple[str, str]]:
        lists = {n: getattr(self, n) for n in ("unit", "person", "label", "year", "kind", "docno")}
        told = [(name, str(value)) for name, values in lists.items() for value in values]
        return told + [(name, value) for name, value in (("from", self.from_), ("to", self.to)) if value]

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the search as pairs of an address, what is usual left out; `changes` are put in its place."""
        usual = {"by": Group.REPORT.value, "sort": Sort.RELEVANCE.value, "page": "1"}
        told = [
            ("q", self.q),
            *self._filters(),
            ("by", self.by.value),
            ("sort", self.sort.value),
            ("page", str(self.page)),
        ]
        told = [(n, v) for n, v in told if n not in changes] + [(n, str(v)) for n, v in changes.items()]
        return [(name, value) for name, value in told if value and usual.get(name) != value]

    def address(self, **changes: Any) -> str:
        """Return the address of the search with some of it changed."""
        return "/?" + urlencode(self.pairs(**changes))

    def toggled(self, name: str, value: str) -> str:
        """Return the address with a filter put in, or taken out where it is in; from the first page."""
        pair = (name, value)
        if pair in self._kept:
            return "/?" + urlencode([p for p in self._kept if p != pair])
        return "/?" + "&".join(filter(None, (self._address, urlencode([pair]))))

    @cached_property
    def _kept(self) -> list[tuple[str, str]]:
        return [(n, v) for n, v in self.pairs() if n != "page"]

    @cached_property
    def _address(self) -> str:  # once for the many links that put a filter in
        return urlencode(self._kept)

    def has(self, name: str, value: str) -> bool:
        """Tell whether a filter is in."""
        return (name, value) in self._filters()

    def chips(self) -> list[tuple[str, str]]:
        """Return the filters that are in."""
        return self._filters()
