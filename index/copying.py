"""Copying an archive into another: from one machine to servers, and back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from baocao.errors import ArchiveError, UsageError
from baocao.index import tables
from baocao.index.archive import Archive, open_archive
from baocao.index.lookup import counts
from baocao.index.settings import Postgres

# The log and the settings are the archive's own: a copy is another archive, with an index of its own. Who is logged in
# and what is being uploaded belong to a page that is open.
_COPIED = (
    tables.reports, tables.refusals, tables.corrections, tables.names, tables.jobs, tables.follow_ups,
    tables.difficulty_groups, tables.difficulty_members, tables.difficulty_seen, tables.difficulty_faces,
    tables.users, tables.audit, tables.saved_searches, tables.drafts, tables.variants, tables.variant_bands,
)  # fmt: skip
_TOGETHER = 200  # rows


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied; `reports` counts all versions."""

    reports: int
    originals: int
    corrections: int


def copy_archive(source: Path, target: Path) -> Copied:
    """Copy the reports, corrections, quarantine, queue and originals of an archive into a new one, and index them.

    Nothing stays in the target's record if it breaks off. Raises UsageError where the target holds reports already,
    ArchiveError where what arrived is not what was sent.
    """
    counts(source)
    servers = Postgres.of(source), Postgres.of(target)
    if source.resolve() == target.resolve() or (servers[0] is not None and servers[0] == servers[1]):
        raise UsageError(
            "Source and target keep the same record; name another one in the target's baocao.toml, and leave "
            "BAOCAO_RECORD unset, which goes before both."
        )
    with open_archive(source) as sent, open_archive(target) as arrived:
        originals = _copy_originals(sent, arrived)
        with sent.record.reading() as reader, arrived.record.writing() as writer:
            if writer.scalar(sa.select(sa.func.count()).select_from(tables.reports)):
                raise UsageError(f"{target} holds reports already; copy into a new archive.")
            told = {table.name: _copy_table(reader, writer, table) for table in _COPIED}
            arrived.record.number_on(writer)
            if any(_rows(reader, table) != _rows(writer, table) for table in _COPIED):
                raise ArchiveError("What arrived differs from what was sent; nothing was kept. Please report this.")
        arrived.record.index_lost()
    with open_archive(target):  # the index takes all in
        pass
    return Copied(told["report"], originals, told["correction"])


def _copy_originals(sent: Archive, arrived: Archive) -> int:
    count = 0
    with sent.record.reading() as reader:
        hashes = set(reader.scalars(sa.select(tables.reports.c.sha256)))
        for sha256 in sorted(hashes | set(reader.scalars(sa.select(tables.jobs.c.sha256)))):
            arrived.originals.keep(sha256, sent.originals.read(sha256))
            count += 1
    return count


def _copy_table(reader: sa.Connection, writer: sa.Connection, table: sa.Table) -> int:
    count = 0
    for rows in _stream(reader, table).partitions(_TOGETHER):
        writer.execute(sa.insert(table), [dict(row) for row in rows])
        count += len(rows)
    return count


def _stream(connection: sa.Connection, table: sa.Table) -> Any:
    query = sa.select(table).order_by(*table.primary_key.columns)
    return connection.execution_options(yield_per=_TOGETHER).execute(query).mappings()


def _rows(connection: sa.Connection, table: sa.Table) -> int:
    """Return a number that tells the rows of a table from any others."""
    return hash(tuple(_digests(connection, table)))


def _digests(connection: sa.Connection, table: sa.Table) -> Iterator[int]:
    for row in _stream(connection, table):
        yield hash(tuple(row.values()))
