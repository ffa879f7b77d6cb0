"""The engine beyond one machine: Elasticsearch, a document a sentence, fields of ready-made tokens split at blanks.

The queries are those of the embedded engine, clause by clause, and so are the scores: both weigh by BM25 with
k1 1.2 and b 0.75, and round the lengths of fields alike. A report's sentences lie in one shard (the report's id
routes them), so that counting and grouping by report stay exact.
An index has a name of its own behind an alias: a new one is filled beside it, and the alias goes over in one step.
Several processes may write at once, each at other reports: the record sees to that, and numbers the reports.
"""

import json
import logging
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import uuid4

from baocao.errors import ArchiveError, IndexBrokenError, UsageError
from baocao.index.analysis import docno_token, folded_tokens, whole_name
from baocao.index.prepare import Document, Prepared
from baocao.index.query import (
    All,
    Any_,
    DocNo,
    Node,
    Not,
    Phrase,
    Word,
    are_words,
    covering_pairs,
    marks,
    parse,
    plain_words,
)
from baocao.index.search import NAMED, Group, Hit, SearchDownError, SearchRequest, SearchResult, Sort, day_number
from baocao.index.settings import Elastic

try:
    import elasticsearch as es
    from elasticsearch.helpers import streaming_bulk
except ModuleNotFoundError as missing:
    raise ArchiveError(
        f"{missing.name} is not installed, and the archive is searched by Elasticsearch; "
        "run `pip install 'baocao[elasticsearch]'`."
    ) from missing

Query = dict[str, Any]

LAYOUT = 3  # counts up with every change of what the fields hold; an index of another layout is made anew
_FACET = 12  # values told of a facet
_NAMES = 480  # units, persons or numbers that a shard tells of, at first
_BLOCK = 160  # reports counted together: of so few distinct values Elasticsearch's estimate is exact
_SENTENCES = 5  # shown of a report
_WINDOW = 10_000  # hits that Elasticsearch pages through
_KEPT = "2m"  # how long a state of the index waits for its next page to be asked for
_PRIORITY = 200  # of our template: above those that match all names, which stand at 0 to 100 by custom
_BATCH = 1_000  # documents sent together
_SETTLE = 100_000  # sentences sent, after which is looked whether they are in, commit or no
_BULK_BYTES = 5 * 2**20
_AT_ONCE = 2  # batches on their way: one is made ready while the other is waited for
_PATIENCE = 30.0  # seconds within which a batch is sent again that finds no node, or one that cannot take it in
_PATIENCE_LEFT = 5.0  # where the batch before was given up
_WAITS = "10s"  # for which a node holds a batch back while nobody is elected or a shard is moving
_BUSY = (429, 502, 503, 504)  # answers after which the same may be asked again
_SHOWN = ("report", "start", "text", "label", "title", "issuer", "date")


def _mappings(owner: str) -> dict[str, Any]:
    def tokens(options: str, *, norms: bool) -> dict[str, Any]:
        return {"type": "text", "analyzer": "whitespace", "index_options": options, "norms": norms}

    shown = {"type": "text", "index": False, "norms": False}
    counted = {"type": "keyword", "ignore_above": 8_000}
    unasked = {**counted, "index": False}
    number = {"type": "integer"}
    unfound = {**number, "index": False}
    return {
        "dynamic": "strict",
        "_meta": {"layout": LAYOUT, "archive": owner},
        "_routing": {"required": True},
        "_source": {"includes": list(_SHOWN)},  # the record holds the rest
        "properties": {
            "body": tokens("positions", norms=True),
            "exact": tokens("freqs", norms=True),
            "around": tokens("freqs", norms=True),
            "above": tokens("docs", norms=False),
            "units": tokens("positions", norms=False),
            "persons": tokens("positions", norms=False),
            **dict.fromkeys(("report", "label", "kind", "year"), counted),
            "office": {**counted, "doc_values": False},
            **dict.fromkeys(NAMED, unasked),
            **dict.fromkeys(("issued", "ordinal"), number),
            **dict.fromkeys(("start", "slot"), unfound),
            **dict.fromkeys(("text", "title", "issuer", "date"), shown),
        },
    }


class ElasticEngine:
    """An index of an Elasticsearch; nothing is asked of it before the first call. `attach` before writing."""

    def __init__(self, where: Elastic) -> None:
        self._where = where
        logging.getLogger("elastic_transport").addHandler(logging.NullHandler())  # errors are told, once, by us
        tls: dict[str, Any] = {"ca_certs": str(where.ca_file)} if where.ca_file else {}
        self._client = es.Elasticsearch(
            list(where.hosts),
            api_key=where.api_key,
            basic_auth=_credentials(where.user, where.password) if where.user and where.password else None,
            request_timeout=where.timeout,
            max_retries=2,
            retry_on_status=_BUSY,
            **tls,
        )
        self._index = where.prefix  # an alias, to search and to write
        self._owner = ""
        self._waiting: dict[str, tuple[int, tuple[Document, ...]]] = {}
        self._sent: dict[str, set[int]] = {}  # where the sentences start of each report sent and not yet seen to be in
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._sending: deque[Future[None]] = deque()
        self._patience = _PATIENCE

    def attach(self, owner: str) -> str:
        """Make ready to write, with an empty index where there is none; return which index it is.

        `owner` is the archive: an index of another archive is left alone, and an ArchiveError raised.
        """
        with self._told():
            about = self._about() or self._made(owner)
            if about["mappings"].get("_meta", {}).get("archive") != owner:
                raise ArchiveError(
                    f"The index {self._where.prefix} at {self._hosts} is another archive's; "
                    "name another search_index_prefix."
                )
            self._keep_template(owner)
            self._index, self._owner = self._where.prefix, owner
            self._refresh()
        return f"{about['settings']['index']['provided_name']} {about['settings']['index']['uuid']}"

    def outdated(self) -> bool:
        """Tell whether the index is of another layout, as an older or newer baocao made it."""
        with self._told():
            return not self._of_our_layout(self._about())

    @staticmethod
    def _of_our_layout(about: dict[str, Any] | None) -> bool:
        return about is not None and about["mappings"].get("_meta", {}).get("layout") == LAYOUT

    def beside(self) -> "ElasticEngine":
        """Return an engine that fills a new index, which no search sees before `take_place`.

        One process at a time may do so: what another began and did not end is removed.
        """
        engine = ElasticEngine(self._where)
        with self._told():
            self._clear_away()
            self._create(f"{self._named}-{uuid4().hex[:12]}", self._filling, self._owner)
            engine._index, engine._owner = self._filling, self._owner
        return engine

    def take_place(self) -> None:
        """Let the alias point to this index, in one step, and remove those it takes the place of."""
        with self._told():
            (fresh,) = self._client.indices.get(index=self._filling)
            alias = self._where.prefix
            self._client.indices.update_aliases(
                actions=[
                    *({"remove": {"index": name, "alias": alias}} for name in self._behind(alias)),
                    {"remove": {"index": fresh, "alias": self._filling}},
                    {"add": {"index": fresh, "alias": alias}},
                ]
            )
            self._index = alias
            self._clear_away()

    @property
    def _named(self) -> str:
        """How the names of indices of our layout begin."""
        return f"{self._where.prefix}-v{LAYOUT}"

    @property
    def _filling(self) -> str:
        """The alias of an index that is filled beside the one that is searched."""
        return f"{self._where.prefix}-v-filling"

    def _made(self, owner: str) -> dict[str, Any]:
        """Make an empty index, and return what is known of it, or of the one that another process made just now."""
        self._owner = owner
        for _ in range(2):
            try:
                self._create(f"{self._named}-first", self._where.prefix, owner)
            except es.BadRequestError as error:
                if "resource_already_exists_exception" not in str(error):
                    raise
            if (about := self._about()) is not None:
                return about
            self._clear_away()  # one of this name, but no alias points to it: somebody removed that
        raise self._absent()

    def _create(self, name: str, alias: str, owner: str) -> None:
        # all is said here too: a template is not every user's to keep, and another may go before it
        self._client.indices.create(
            index=name, aliases={alias: {}}, mappings=_mappings(owner), settings=self._settings()
        )

    def _settings(self) -> dict[str, Any]:
        return {
            "number_of_shards": self._where.shards,
            "number_of_replicas": self._where.replicas,
            "refresh_interval": -1,  # `commit` refreshes: half a batch is not to be seen
        }

    def _keep_template(self, owner: str) -> None:
        """Let what comes about under our indices' names by another hand, say restored or made by a slip, be as ours.

        A user without the right to it gets along: our own indices do not need it.
        """
        name = f"{self._where.prefix}-template"
        template = {"mappings": _mappings(owner), "settings": self._settings()}
        made_of = sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()
        try:
            if self._template_made_of(name) == made_of:
                return
            self._client.indices.put_index_template(
                name=name,
                index_patterns=[f"{self._where.prefix}-v*"],
                priority=_PRIORITY,
                template=template,
                meta={"made_of": made_of},
            )
        except (es.AuthorizationException, es.BadRequestError):
            return  # not ours to keep, or one of the same names and priority stands

    def _template_made_of(self, name: str) -> str | None:
        try:
            (held,) = self._client.indices.get_index_template(name=name)["index_templates"]
        except es.NotFoundError:
            return None
        told: str | None = held["index_template"].get("_meta", {}).get("made_of")
        return told

    def _about(self) -> dict[str, Any] | None:
        """Return what is known of the index that is searched, or None where there is none."""
        found = self._behind(self._where.prefix)
        if len(found) > 1:
            raise ArchiveError(
                f"The alias {self._where.prefix} at {self._hosts} points to several indices ({', '.join(found)}); "
                "remove it from all but one."
            )
        return next(iter(found.values()), None)

    def _behind(self, alias: str) -> dict[str, Any]:
        try:
            return dict(self._client.indices.get(index=alias))
        except es.NotFoundError:
            return {}

    def _clear_away(self) -> None:
        """Remove what this archive's rebuilds left: its indices that are not the one that is searched."""
        for name, about in self._client.indices.get(index=f"{self._where.prefix}-v*").items():
            ours = about["mappings"].get("_meta", {}).get("archive") == self._owner
            if ours and not about["aliases"].keys() - {self._filling}:
                self._client.indices.delete(index=name, ignore_unavailable=True)

    def put(self, reports: Iterable[Prepared]) -> None:
        """Add reports, each in place of what the engine has under its id; visible after `commit` at the latest."""
        with self._or_nothing():
            for report in reports:
                if report.number < 1:
                    raise ValueError(f"The report {report.id} has no number of the record.")
                self._waiting[report.id] = report.number, report.documents
                if sum(len(documents) for _, documents in self._waiting.values()) >= _BATCH:
                    self._send()

    def drop(self, ids: Iterable[str]) -> None:
        """Take reports out; visible after `commit` at the latest."""
        self._waiting |= dict.fromkeys(ids, (0, ()))

    def commit(self) -> None:
        """Make what was put and dropped lasting and visible."""
        with self._or_nothing():
            self._send()
            self._settle()

    def forget(self) -> None:
        """Send nothing more of what was put and dropped since the last commit: its reports are others' to put now."""
        wait(self._sending)  # else it might come in behind what others put
        self._sending.clear()
        self._waiting.clear()
        self._sent.clear()

    @contextmanager
    def _or_nothing(self) -> Iterator[None]:
        """Forget all that was not committed where something fails: the record hands it over again."""
        try:
            with self._told():
                yield
        except BaseException:
            self.forget()
            raise

    def close(self) -> None:
        """Let the connections go."""
        self._pool.shutdown()
        self._client.close()

    def _refresh(self) -> None:
        done = self._client.options(request_timeout=60).indices.refresh(index=self._index)
        if done["_shards"]["failed"]:
            raise SearchDownError(f"Elasticsearch at {self._hosts} lacks a part of the index {self._where.prefix}.")

    def _send(self) -> None:
        """Send what waits, once few enough batches are on their way: the cluster sets the pace."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        if not self._sent:
            self._look_at_it()
        elif not self._sent.keys().isdisjoint(waiting):
            self._arrived()  # of one report one version after the other
        held = self._starts(waiting)
        actions = list(self._actions(waiting, held))
        self._sent |= {report: {f["start"] for f in documents} for report, (_, documents) in waiting.items()}
        self._arrived(_AT_ONCE - 1)
        self._sending.append(self._pool.submit(self._bulk, actions))
        if sum(map(len, self._sent.values())) >= _SETTLE:
            self._settle()

    def _look_at_it(self) -> None:
        """See that the index is one to write to: another process may have put another in its place."""
        (about,) = self._behind(self._index).values() or (None,)
        if about is None:
            raise self._absent()
        if not self._of_our_layout(about):
            raise ArchiveError(
                f"Another version of baocao made the index {self._where.prefix} at {self._hosts} anew; "
                "let this one go on from the start, or bring both to one version."
            )

    def _arrived(self, but: int = 0) -> None:
        """Wait until no more than `but` batches are on their way, and raise the error of one that failed."""
        while len(self._sending) > but:
            self._sending.popleft().result()

    def _settle(self) -> None:
        """Let all that was sent arrive and be seen, and see that the index holds it, and nothing else of its reports.

        A process that died may have left sentences that no search showed when ours were sent; and part of what was
        sent may have gone to an index that another took the place of.
        """
        self._arrived()
        self._refresh()
        sent, self._sent = self._sent, {}
        ids = list(sent)
        strays: list[dict[str, Any]] = []
        for at in range(0, len(ids), _BATCH):
            some = ids[at : at + _BATCH]
            if self._count(some) == {report: len(sent[report]) for report in some if sent[report]}:
                continue
            held = self._starts(some)
            if any(sent[report] - held.get(report, set()) for report in some):
                raise self._replaced()
            strays += (_gone(self._index, r, start) for r in some for start in held.get(r, set()) - sent[r])
        if strays:
            self._bulk(strays)
            self._refresh()

    def _count(self, reports: list[str]) -> dict[str, int]:
        """Return how many sentences the index has of each of these reports."""
        found = self._client.search(
            index=self._index, size=0, query={"terms": {"report": reports}}, allow_partial_search_results=False,
            aggs={"reports": {"terms": {"field": "report", "size": _BATCH, "execution_hint": "map"}}},
        )  # fmt: skip
        return {b["key"]: b["doc_count"] for b in found["aggregations"]["reports"]["buckets"]}

    def _bulk(self, actions: Iterable[dict[str, Any]]) -> None:
        """Send a batch, and again what was turned away for now, until it is all in or there is no patience left.

        The same again does no harm: a sentence has the same id each time.
        """
        left, until, pause = list(actions), time.monotonic() + self._patience, 0.5
        while left:
            left, why = self._tried(left)
            if why is not None:
                if time.monotonic() + pause > until:
                    self._patience = min(self._patience, _PATIENCE_LEFT)
                    raise why
                time.sleep(pause)
                pause = min(pause * 2, 8)
        self._patience = _PATIENCE

    def _tried(self, actions: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], Exception | None]:
        """Send sentences once; return those that were turned away for now, and why."""
        client = self._client.options(request_timeout=30, max_retries=1, retry_on_timeout=True, retry_on_status=())
        told, again = 0, []
        why: Exception | None = None
        try:
            for done, item in streaming_bulk(
                client, actions, chunk_size=_BATCH, max_chunk_bytes=_BULK_BYTES, raise_on_error=False,
                require_alias=True, timeout=_WAITS,
            ):  # fmt: skip
                if not done and (busy := self._refused(*item.popitem())):
                    again.append(actions[told])
                    why = busy
                told += 1
        except (es.ConnectionError, es.ConnectionTimeout) as error:
            why = error
        except es.ApiError as error:
            if error.status_code not in _BUSY:
                raise
            why = error
        return again + actions[told:], why

    def _actions(
        self, waiting: dict[str, tuple[int, tuple[Document, ...]]], held: dict[str, set[int]]
    ) -> Iterator[dict[str, Any]]:
        """Yield what puts these reports in place of those of their ids, sentence by sentence."""
        for report, (number, documents) in waiting.items():
            gone = held.get(report, set()) | self._sent.get(report, set())
            for fields in documents:
                gone.discard(fields["start"])
                source = {**fields, "ordinal": number, "slot": number % _BLOCK}
                yield {
                    "_index": self._index,
                    "routing": report,
                    "_id": f"{report}-{fields['start']}",
                    "_source": source,
                }
            yield from (_gone(self._index, report, start) for start in gone)

    def _starts(self, reports: Iterable[str]) -> dict[str, set[int]]:
        """Return where the sentences start that a search finds of these reports."""
        held: dict[str, set[int]] = {}
        after: dict[str, Any] = {}
        while True:
            found = self._client.search(
                index=self._index, query={"terms": {"report": list(reports)}}, source=False, size=_WINDOW,
                docvalue_fields=[{"field": f} for f in ("report", "start")], track_total_hits=False,
                sort=["ordinal", "start"], allow_partial_search_results=False, **after,
            )["hits"]["hits"]  # fmt: skip
            for hit in found:
                held.setdefault(hit["fields"]["report"][0], set()).add(hit["fields"]["start"][0])
            if len(found) < _WINDOW:
                return held
            after = {"search_after": found[-1]["sort"]}

    def _refused(self, act: str, item: dict[str, Any]) -> SearchDownError | None:
        """Return why a sentence is not taken in for now, raise why it never is; None if it was to go and had gone."""
        if act == "delete" and item["status"] == 404:
            return None
        error = item.get("error") or {}
        kind, reason = (error.get("type", ""), error.get("reason", "")) if isinstance(error, dict) else ("", error)
        if kind == "index_not_found_exception":
            raise self._absent()
        if item["status"] in _BUSY or kind == "cluster_block_exception":
            reason = (reason or kind).partition(" Timeout:")[0]
            down = SearchDownError(f"Elasticsearch at {self._hosts} takes nothing in for now ({reason}).")
            if item["status"] in _BUSY:
                return down
            raise down
        if kind == "security_exception":
            raise self._forbidden()
        raise ArchiveError(
            f"Elasticsearch at {self._hosts} refused the sentence {item.get('_id')} ({reason or kind}); "
            "the report is safe in the record. Please report this."
        )

    def ids(self) -> Iterator[str]:
        """Yield the id of every report that the engine holds."""
        pages: dict[str, Any] = {"size": _BATCH, "sources": [{"report": {"terms": {"field": "report"}}}]}
        while True:
            with self._told():
                found = self._client.search(
                    index=self._index, size=0, aggs={"ids": {"composite": pages}}, allow_partial_search_results=False
                )["aggregations"]["ids"]
            yield from (bucket["key"]["report"] for bucket in found["buckets"])
            if "after_key" not in found:
                return
            pages["after"] = found["after_key"]

    def frequencies(self, tokens: Sequence[str]) -> dict[str, int]:
        """Return in how many sentences each of these tokens of the main field stands, without those of none."""
        bodies: list[Query] = []
        for at in range(0, len(tokens), _BATCH):
            each = {token: {"term": {"body": token}} for token in tokens[at : at + _BATCH]}
            bodies.append({"size": 0, "track_total_hits": False, "aggs": {"each": {"filters": {"filters": each}}}})
        with self._told():
            answers = self._asked(*bodies) if bodies else []
        found = (item for answer in answers for item in answer["aggregations"]["each"]["buckets"].items())
        return {token: bucket["doc_count"] for token, bucket in found if bucket["doc_count"]}

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer a request.

        Raises QueryError where the query cannot be understood, UsageError for a date that is none.
        """
        started = time.perf_counter()
        node = parse(request.query)
        if request.limit + request.offset > _WINDOW:
            raise UsageError(f"Elasticsearch pages through {_WINDOW:,} hits; make the search narrower.")
        marked = marks(request, node)
        query = _query(request, node)
        with self._told():
            ranked, counted = self._asked(_wanted(request, query), _counting(request, query))
            total, facets = self._counts(request, query, counted)
        groups = [
            hit["inner_hits"]["sentences"]["hits"]["hits"] if request.by is Group.REPORT else [hit]
            for hit in ranked["hits"]["hits"]
        ]
        took = round((time.perf_counter() - started) * 1000, 1)
        return SearchResult(total, took, facets, tuple(_hit(group, marked) for group in groups))

    def every(self, request: SearchRequest) -> Iterator[Hit]:
        """Yield every sentence that a request finds, in its order, whatever limit and offset it tells.

        What is put or dropped meanwhile changes nothing. Raises what `search` raises.
        """
        node = parse(request.query)
        marked = marks(request, node)
        query = _query(request, node)["ranked"]
        return (_hit([hit], marked) for hit in self._paged(query, _order(request)))

    def stored(self) -> Iterator[tuple[str, list[Document]]]:
        """Yield each report's id with what is shown of its sentences, in the order of the text."""
        documents = (hit["_source"] for hit in self._paged({"match_all": {}}, ["ordinal", "start"]))
        for report, group in groupby(documents, key=lambda document: str(document["report"])):
            yield report, list(group)

    def _paged(self, query: Query, order: list[Any]) -> Iterator[dict[str, Any]]:
        """Yield every hit of a query, page by page, all of one state of the index."""
        with self._told():
            opened = self._client.open_point_in_time(index=self._index, keep_alive=_KEPT)
        state = opened["id"]
        more: dict[str, Any] = {"search_type": "dfs_query_then_fetch"} if self._where.shards > 1 else {}
        try:
            while True:
                with self._told():
                    found = self._client.search(
                        pit={"id": state, "keep_alive": _KEPT}, query=query, sort=order, size=_BATCH,
                        track_total_hits=False, allow_partial_search_results=False, **more,
                    )  # fmt: skip
                state, hits = found["pit_id"], found["hits"]["hits"]
                yield from hits
                if len(hits) < _BATCH:
                    return
                more["search_after"] = hits[-1]["sort"]
        finally:
            with suppress(es.ApiError, es.TransportError):  # it goes by itself soon
                self._client.close_point_in_time(id=state)

    def _asked(self, *bodies: Query) -> list[dict[str, Any]]:
        """Ask several searches at once; a part of the answer is none."""
        header: dict[str, Any] = {"index": self._index, "allow_partial_search_results": False}
        if self._where.shards > 1:
            header["search_type"] = "dfs_query_then_fetch"  # words are as rare as in the whole index
        found = self._client.msearch(searches=[part for body in bodies for part in (header, body)])
        for answer in found["responses"]:
            if "error" in answer:
                self._failed(answer["status"], answer["error"])
        return list(found["responses"])

    def _failed(self, status: int, error: dict[str, Any]) -> None:
        if error.get("type") == "index_not_found_exception":
            raise self._absent()
        if status == 403 and error.get("type") == "security_exception":
            raise self._forbidden()
        reason = (error.get("root_cause") or [error])[0].get("reason")
        if status >= 500 or status == 429:
            raise SearchDownError(
                f"Elasticsearch at {self._hosts} cannot search the whole index {self._where.prefix} now ({reason})."
            )
        raise ArchiveError(f"Elasticsearch at {self._hosts} refuses the search ({reason}).")

    def _counts(
        self, request: SearchRequest, query: Query, found: dict[str, Any]
    ) -> tuple[int, dict[str, list[tuple[str, int]]]]:
        """Return the exact number of reports or sentences that match, and of sentences for each facet's values."""
        told = found.get("aggregations", {})
        facets = {}
        for name in request.facets:
            buckets = self._names(query, name, told[name]) if name in NAMED else told[name]["buckets"]
            facets[name] = [(b["key"], b["doc_count"]) for b in buckets if b["key"]][:_FACET]
        if request.by is Group.REPORT:
            return sum(b["reports"]["value"] for b in told["blocks"]["buckets"]), facets
        return found["hits"]["total"]["value"], facets

    def _names(self, query: Query, field: str, found: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the names of most sentences with exact numbers, from what a first count found.

        Each shard tells only its own foremost names; how many sentences that may miss of a name is told too.
        Those that may yet be among the first are counted again, alone.
        """
        asked = _NAMES
        while missed := found["doc_count_error_upper_bound"]:
            least = found["buckets"][:_FACET][-1]["doc_count"]
            near = [b["key"] for b in found["buckets"] if b["doc_count"] + missed >= least]
            if len(near) < len(found["buckets"]):
                wanted = _names_of(field, len(near) + 1, size=len(near), include=near)
            else:
                asked *= 4
                wanted = _names_of(field, asked, size=_FACET * 8)
            (answer,) = self._asked({"query": query["counted"], "size": 0, "aggs": {field: wanted}})
            found = answer["aggregations"][field]
        return list(found["buckets"][:_FACET])

    @property
    def _hosts(self) -> str:
        return ", ".join(self._where.hosts)

    def _replaced(self) -> SearchDownError:
        return SearchDownError(f"The index {self._where.prefix} at {self._hosts} was made anew just now; try again.")

    def _forbidden(self) -> ArchiveError:
        return ArchiveError(
            f"Elasticsearch at {self._hosts} does not allow this key or user to use {self._where.prefix}."
        )

    def _absent(self) -> ArchiveError:
        """Return what tells that the index is missing, or that it only was while another took its place."""
        with suppress(es.ApiError, es.TransportError):
            if self._behind(self._where.prefix):
                return self._replaced()
        return IndexBrokenError(
            f"The search index {self._where.prefix} is missing at {self._hosts}; `baocao index rebuild` makes it anew."
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the client reports into one sentence for the user."""
        at = f"Elasticsearch at {self._hosts}"
        try:
            yield
        except es.SSLError as error:
            raise SearchDownError(
                f"{at} shows a certificate that cannot be trusted ({_short(error)}); {_mended(error)}."
            ) from error
        except es.ConnectionTimeout as error:
            raise SearchDownError(f"{at} does not answer in time; is it overloaded?") from error
        except es.ConnectionError as error:
            raise SearchDownError(f"{at} cannot be reached ({_short(error)}); is it running?") from error
        except es.AuthenticationException as error:
            raise ArchiveError(f"{at} refuses the key or password; set search_api_key or search_password.") from error
        except es.AuthorizationException as error:
            if "cluster_block_exception" in str(error):
                raise SearchDownError(f"{at} takes nothing in for now (is its disk full?).") from error
            raise self._forbidden() from error
        except es.NotFoundError as error:
            if "search_context_missing_exception" in str(error):
                raise SearchDownError(f"{at} lost its place in the index; try again.") from error
            raise self._absent() from error
        except es.UnsupportedProductError as error:
            raise ArchiveError(f"{self._hosts} is no Elasticsearch; correct `search`.") from error
        except es.ApiError as error:
            if error.status_code in _BUSY and "no master" in str(error):
                raise SearchDownError(
                    f"{at} takes nothing in for now: its nodes have elected no master; "
                    "are more than half of them running?"
                ) from error
            if error.status_code in _BUSY:
                raise SearchDownError(f"{at} is overloaded or not whole (answer {error.status_code}).") from error
            raise ArchiveError(f"{at} answers {error.status_code} ({_short(error)}).") from error


def _credentials(user: str, password: str) -> str:
    """Return user and password as they are sent; the client would take none that are not of ASCII."""
    return b64encode(f"{user}:{password}".encode()).decode()


def _gone(index: str, report: str, start: int) -> dict[str, Any]:
    return {"_op_type": "delete", "_index": index, "routing": report, "_id": f"{report}-{start}"}


def _short(error: Exception) -> str:
    """Return what a client's error says, without the parts that only speak of its insides."""
    told = str(getattr(error, "message", error))
    cause = told.rsplit("] ", 1)[-1] if "[Errno" in told or "[SSL: " in told else told
    cause = cause.partition(" (_ssl.c:")[0]
    return " ".join(cause.split())[:160].rstrip(")>")


def _mended(error: Exception) -> str:
    """Return what to do about a certificate."""
    told = str(error)
    if "doesn't match" in told or "not valid for" in told:
        return "have it made for the name that `search` says, or correct that"
    return "have it renewed" if "expired" in told else "name its authority's in search_ca_file, or have it renewed"


def _wanted(request: SearchRequest, query: Query) -> Query:
    """Return the search for the hits of a page."""
    order = _order(request)
    body: Query = {
        "query": query["ranked"],
        "from": request.offset,
        "size": request.limit,
        "sort": order,
        "track_total_hits": False,
    }
    if request.by is Group.REPORT:
        inner = {"name": "sentences", "size": _SENTENCES, "sort": order}
        body |= {"_source": False, "collapse": {"field": "ordinal", "inner_hits": inner}}
    return body


def _order(request: SearchRequest) -> list[Any]:
    first = {"issued": "desc"} if request.sort is Sort.NEWEST else {"_score": "desc"}
    return [first, {"ordinal": "asc"}, {"start": "asc"}]  # of equals the one stored first


def _counting(request: SearchRequest, query: Query) -> Query:
    """Return the search for the total and the facets."""
    aggs: dict[str, Any] = {
        name: _names_of(name, _NAMES) if name in NAMED else {"terms": {"field": name, "size": 1_000}}
        for name in request.facets
    }
    if request.by is Group.REPORT:
        distinct = {"reports": {"cardinality": {"field": "slot", "precision_threshold": 1_000}}}
        blocks = {"field": "ordinal", "interval": _BLOCK, "min_doc_count": 1}
        aggs["blocks"] = {"histogram": blocks, "aggs": distinct}
    return {"query": query["counted"], "size": 0, "track_total_hits": True, "aggs": aggs}


def _names_of(field: str, shard_size: int, size: int = _FACET, **more: Any) -> Query:
    return {"terms": {"field": field, "size": size, "shard_size": shard_size, **more}}


def _query(request: SearchRequest, node: Node | None) -> Query:
    """Return the query of a request twice: ranked, and counted, which leaves out what only ranks."""
    filters = list(_filters(request))
    must = [_or([_term("body", docno_token(docno)) for docno in request.docnos])] if request.docnos else []
    ranked: Query = {"must": must, "filter": filters}
    counted: Query = {"filter": [*must, *filters]}
    if isinstance(node, All) and are_words(node.parts):
        about = _about(node)
        ranked = {**about, "must": [*about["must"], *must], "filter": filters}
        counted = {"filter": [*about["must"], *must, *filters], "must_not": about["must_not"]}
    elif node is not None:
        ranked["must"] = [_node(node), *must]
        counted["filter"] = [_node(node), *must, *filters]
    if node is not None:
        ranked["should"] = [*ranked.get("should", ()), *_boosts(node)]
        ranked["minimum_should_match"] = 0
    elif not must and not filters:
        return {"ranked": {"match_all": {}}, "counted": {"match_all": {}}}
    return {"ranked": {"bool": ranked}, "counted": {"bool": counted}}


def _filters(request: SearchRequest) -> Iterator[Query]:
    for field, values in (("units", request.units), ("persons", request.persons)):
        if values:
            yield _or([_run(field, folded_tokens(v)) for v in values])
    for field, wanted in (("label", request.labels), ("kind", request.kinds), ("year", request.years)):
        if wanted:
            yield {"terms": {field: [str(value) for value in wanted]}}
    if request.issuer is not None:
        yield {"term": {"office": whole_name(request.issuer)}}
    if request.after is not None:
        yield {"range": {"ordinal": {"gt": request.after}}}
    if request.date_from or request.date_to:
        low, high = day_number(request.date_from, "00"), day_number(request.date_to, "99")
        yield {"range": {"issued": {"gte": low or 1} | ({"lte": high} if high is not None else {})}}


def _node(node: Node) -> Query:
    match node:
        case Word(folded, _, True):
            return {"regexp": {"body": {"value": f"{folded}[^_]*"}}}
        case Word(folded, _, _):
            return _term("body", folded)
        case Phrase(folded, _):
            return _phrase(folded)
        case DocNo(token):
            return _term("body", token)
        case Not(part):
            return {"bool": {"must": [{"match_all": {}}], "must_not": [_node(part)]}}
        case Any_(parts):
            return _or([_node(p) for p in parts])
        case All(parts) if are_words(parts):
            return {"bool": _about(node)}
        case All(parts):
            must = [_node(p) for p in parts if not isinstance(p, Not)]
            return {"bool": {"must": must, "must_not": [_node(p.part) for p in parts if isinstance(p, Not)]}}


def _about(node: All) -> Query:
    """Every word stands in the sentence or in the title and heading above it, one at least in the sentence.

    So the words may not all be of those that stand above it only.
    """
    words = [p.folded for p in node.parts if isinstance(p, Word)]
    return {
        "must": [_term("around", w, 0.3) for w in words],
        "must_not": [{"bool": {"filter": [_term("above", w) for w in words]}}],
        "should": [_term("body", w) for w in words],
    }


def _boosts(node: Node) -> list[Query]:
    """Rank the exact spelling above the folded one, and neighbours above words that stand apart."""
    words = list(plain_words(node))
    boosts = [_term("exact", w.exact, 0.6) for w in words if w.exact]
    pairs = zip(words, words[1:], strict=False)
    return boosts + [_term("body", f"{a.folded}_{b.folded}", 0.8) for a, b in pairs]


def _term(field: str, value: str, boost: float = 1.0) -> Query:
    return {"term": {field: {"value": value, "boost": boost}}}


def _run(field: str, words: str) -> Query:
    return {"match_phrase": {field: words}} if words else {"match_none": {}}


def _phrase(words: Sequence[str]) -> Query:
    """Words one after the other, by the pairs that cover them: pairs stand in order too, and are far rarer."""
    pairs = covering_pairs(words)
    if len(words) < 3:
        return _term("body", pairs[0][1] if pairs else words[0])
    clauses: list[Query] = []
    before = -1
    for at, pair in pairs:
        if at - before > 1:
            clauses.append({"span_gap": {"body": at - before - 1}})
        clauses.append({"span_term": {"body": pair}})
        before = at
    return {"span_near": {"clauses": clauses, "slop": 0, "in_order": True}}


def _or(parts: list[Query]) -> Query:
    return parts[0] if len(parts) == 1 else {"bool": {"should": parts, "minimum_should_match": 1}}


def _hit(group: Sequence[dict[str, Any]], marked: Sequence[tuple[str, ...]]) -> Hit:
    return Hit.of(group[0]["sort"][0], [hit["_source"] for hit in group], marked)
