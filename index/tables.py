"""The record's tables, the same on SQLite and PostgreSQL, and how an older archive comes to have them.

The log of changes is the index's outbox too: a change is `indexed` once the engine has made it lasting.
"""

import json
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from baocao.errors import NewerArchiveError

SCHEMA_VERSION = 4

# Ids and times are compared letter by letter, as SQLite does; PostgreSQL would follow the database's language.
_Plain = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

metadata = sa.MetaData()
report_numbers = sa.Sequence("report_numbers", metadata=metadata)  # where there are sequences; SQLite has one writer
settings = sa.Table("setting", metadata, sa.Column("name", _Plain, primary_key=True), sa.Column("value", sa.Text))
reports = sa.Table(
    "report",
    metadata,
    sa.Column("id", _Plain, primary_key=True),
    sa.Column("sha256", _Plain, nullable=False, unique=True),
    sa.Column("path", _Plain, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("docno", _Plain, index=True),
    sa.Column("issuer", sa.Text),
    sa.Column("issued", _Plain, index=True),
    sa.Column("added_at", _Plain, nullable=False),
    sa.Column("latest", sa.Boolean, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("number", sa.Integer),
    sa.Index("report_path", "path", "latest"),
)
_numbered = sa.Index("report_number", reports.c.number, unique=True)
changes = sa.Table(
    "change",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("report", _Plain, sa.ForeignKey("report.id"), nullable=False),
    sa.Column("indexed", sa.Boolean, nullable=False, server_default=sa.false()),
)
_outbox = sa.Index(
    "change_outbox",
    changes.c.seq,
    sqlite_where=changes.c.indexed.is_(sa.false()),
    postgresql_where=changes.c.indexed.is_(sa.false()),
)
refusals = sa.Table(
    "refusal",
    metadata,
    sa.Column("path", _Plain, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("at", _Plain, nullable=False),
)
corrections = sa.Table(
    "correction",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("report", _Plain, sa.ForeignKey("report.id"), index=True),  # none: of all reports
    sa.Column("path", _Plain, index=True),  # the file's, so that its next version is corrected too
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", _Plain, nullable=False),
    sa.Column("undone_by", sa.Text),
    sa.Column("undone_at", _Plain),
)
names = sa.Table(
    "unit_name",
    metadata,
    sa.Column("alias", _Plain, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("correction", sa.Integer, sa.ForeignKey("correction.number"), nullable=False),
)
jobs = sa.Table(
    "job",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sha256", _Plain, nullable=False),
    sa.Column("path", _Plain, nullable=False),
    sa.Column("again", sa.Boolean, nullable=False),
    sa.Column("at", _Plain, nullable=False),
    sa.Column("worker", sa.Text),
    sa.Column("until", sa.Float),  # the second since 1970 at which the claim lapses
    sa.Column("claims", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("sha256", "path"),
)
follow_ups = sa.Table(
    "follow_up",
    metadata,
    sa.Column("item", _Plain, primary_key=True),  # the recommendation's report and where it begins: "id:start"
    sa.Column("year", sa.Integer, nullable=False, index=True),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", _Plain, nullable=False),
)
# What insight keeps of the difficulties that come back; rows as `baocao.insight.difficulties` has them.
difficulty_groups = sa.Table(
    "difficulty_group",
    metadata,
    sa.Column("id", _Plain, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("into", _Plain),
    sa.Column("dismissed", sa.Boolean, nullable=False),
    sa.Column("decided", sa.Boolean, nullable=False),
)
difficulty_members = sa.Table(
    "difficulty_member",
    metadata,
    sa.Column("report", _Plain, primary_key=True),
    sa.Column("start", sa.Integer, primary_key=True),
    sa.Column("group", _Plain, nullable=False),
    sa.Column("counted", sa.Boolean, nullable=False),
)
difficulty_seen = sa.Table(
    "difficulty_seen",
    metadata,
    sa.Column("report", _Plain, primary_key=True),
    sa.Column("unit", sa.Text),
    sa.Column("year", sa.Integer),
    sa.Column("period", _Plain),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Column("copy_of", _Plain),
)
difficulty_faces = sa.Table(
    "difficulty_face",
    metadata,
    sa.Column("group", _Plain, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("report", _Plain, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("mentions", sa.Integer, nullable=False),
)

# What the page keeps: who may use it, what they did, and what they have under way.
users = sa.Table(
    "page_user",
    metadata,
    sa.Column("name", _Plain, primary_key=True),
    sa.Column("password", sa.Text, nullable=False),  # as argon2 writes it; or who it is at the OpenID provider
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("at", _Plain, nullable=False),
)
sessions = sa.Table(
    "page_session",
    metadata,
    sa.Column("token", _Plain, primary_key=True),  # its SHA-256: whoever reads the record cannot log in with it
    sa.Column("user", _Plain, nullable=False, index=True),
    sa.Column("began", sa.Float, nullable=False),  # the second since 1970
    sa.Column("until", sa.Float, nullable=False),  # when it ends, if nothing is asked before
)
failed_logins = sa.Table(
    "page_failed_login",
    metadata,
    sa.Column("who", _Plain, primary_key=True),  # the SHA-256 of a name or an address
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("until", sa.Float, nullable=False),  # before which none more is tried
)
audit = sa.Table(
    "page_audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", _Plain, nullable=False, index=True),
    sa.Column("who", _Plain, nullable=False),
    sa.Column("address", _Plain, nullable=False),  # none: at the machine itself
    sa.Column("did", _Plain, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
)
saved_searches = sa.Table(
    "page_search",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user", _Plain, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),  # as the address of the search has it
    sa.Column("seen", sa.Integer, nullable=False),  # the last report's number when it was looked at
    sa.Column("at", _Plain, nullable=False),
)
drafts = sa.Table(
    "page_draft",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("units", sa.Text, nullable=False),  # a JSON list; empty: all
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # counts the changes, so that none is made on an older state
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", _Plain, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", _Plain, nullable=False),
)
uploads = sa.Table(
    "page_upload",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("batch", _Plain, nullable=False, index=True),
    sa.Column("part_of", sa.Integer, index=True),  # the upload that held it: a ZIP's or a mail's
    sa.Column("name", sa.Text, nullable=False),  # as the clerk's machine named it
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("place", _Plain, nullable=False),  # where its bytes wait, below the archive's folder
    sa.Column("kept", _Plain, nullable=False, index=True),  # the path under which the record knows it
    sa.Column("state", _Plain, nullable=False, index=True),
    sa.Column("code", sa.Text),  # of the refusal, as is the reason
    sa.Column("reason", sa.Text),
    sa.Column("report", _Plain),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", _Plain, nullable=False),
    sa.Column("ended_at", _Plain),
)
tasks = sa.Table(
    "page_task",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", _Plain, nullable=False),
    sa.Column("ended_at", _Plain),
)
# Reports that are one report in several files: what tells them, and which one stands for it (none: it does itself).
variants = sa.Table(
    "variant",
    metadata,
    sa.Column("report", _Plain, primary_key=True),
    sa.Column("signature", sa.Text, nullable=False),  # of its MinHash eight hexadecimal digits a function
    sa.Column("figures", sa.Text, nullable=False),  # the same of its figures
    sa.Column("unit", sa.Text),
    sa.Column("period", _Plain),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("of", _Plain, index=True),
)
variant_bands = sa.Table(
    "variant_band",
    metadata,
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("report", _Plain, primary_key=True, index=True),
)


def migrate(connection: sa.Connection, folder: Path) -> None:
    """Bring the tables to the form that this version knows, in one transaction; `folder` is the archive's.

    Raises NewerArchiveError for tables of a later form.
    """
    version = 0
    if sa.inspect(connection).has_table(settings.name):
        version = int(setting(connection, "schema") or 0)
    if version > SCHEMA_VERSION:
        raise NewerArchiveError(
            f"The archive was made by a newer baocao (form {version}, this one knows {SCHEMA_VERSION}); "
            "install the newer version to open it."
        )
    if version == SCHEMA_VERSION:
        return
    # A crash may have left a part: SQLite makes a table outside of the transaction. So nothing is made twice.
    columns = {name: _columns(connection, name) for name in ("report", "change")}
    if version and "number" not in columns["report"]:
        connection.execute(sa.text("ALTER TABLE report ADD COLUMN number INTEGER"))
    if version and "indexed" not in columns["change"]:
        connection.execute(sa.text("ALTER TABLE change ADD COLUMN indexed BOOLEAN DEFAULT 0 NOT NULL"))
    metadata.create_all(connection)
    if 0 < version < 3:
        connection.execute(sa.text("UPDATE report SET number = rowid WHERE number IS NULL"))
        for index in (_numbered, _outbox):
            index.create(connection, checkfirst=True)
        mark = int(setting(connection, "mark") or 0)
        connection.execute(sa.update(changes).where(changes.c.seq <= mark).values(indexed=True))
        _take_in_index_json(connection, folder)
    set_setting(connection, "schema", str(SCHEMA_VERSION))


def _columns(connection: sa.Connection, table: str) -> set[str]:
    inspector = sa.inspect(connection)
    return {c["name"] for c in inspector.get_columns(table)} if inspector.has_table(table) else set()


def _take_in_index_json(connection: sa.Connection, folder: Path) -> None:
    """Take in what stood in a file of its own up to form 2: which index the log speaks of, and the archive's name."""
    try:
        told = json.loads((folder / "index.json").read_bytes())
        set_setting(connection, "archive", str(told["archive"]))
        set_setting(connection, "index", str(told["index"]))
    except (OSError, ValueError, KeyError, TypeError):
        set_setting(connection, "index", "embedded")


def setting(connection: sa.Connection, name: str) -> str | None:
    """Return what is kept under a name, or None."""
    found: str | None = connection.scalar(sa.select(settings.c.value).where(settings.c.name == name))
    return found


def set_setting(connection: sa.Connection, name: str, value: str) -> None:
    """Keep a value under a name, in place of the one before."""
    connection.execute(sa.delete(settings).where(settings.c.name == name))
    connection.execute(sa.insert(settings).values(name=name, value=value))
