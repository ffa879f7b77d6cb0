"""`index`, `archive`: the search index, a projection of the record; and an archive as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from baocao.commands.options import ARCHIVE, ArchiveOption, JsonOption, say, say_json

app = typer.Typer(help="The search index, a projection of the record.", no_args_is_help=True)


@app.command("rebuild")
def index_rebuild(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Make the search index anew from the record."""
    from baocao.index.archive import rebuild

    count = rebuild(archive)
    say_json({"reports": count}) if as_json else say(f"The index was rebuilt with {count} reports.")


@app.command("status")
def index_status(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Tell whether the index holds what the record holds; exit code 1 where it does not."""
    from baocao.index.archive import agreement
    from baocao.index.lookup import counts

    known = counts(archive)
    missing, extra = agreement(archive)
    told = {**known, "missing": sorted(missing), "extra": sorted(extra), "agree": not missing and not extra}
    if as_json:
        say_json(told)
    elif told["agree"]:
        say(f"Index and record agree: {known['reports']} reports, {known['quarantined']} files in quarantine.")
    else:
        say(f"The index lacks {len(missing)} reports and has {len(extra)} too many; the next ingest repairs it, "
             "or `baocao index rebuild`.")  # fmt: skip
    raise typer.Exit(0 if told["agree"] else 1)


@app.command("verify")
def index_verify(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Compare the index with the record sentence by sentence; exit code 1 where they differ."""
    from baocao.index.verifying import verify

    told = verify(archive)
    if as_json:
        say_json(told.to_json())
    elif told.agree:
        say(f"Index and record hold the same: {told.reports} reports, {told.sentences} sentences.")
    else:
        say(f"The index lacks {len(told.missing)} reports, has {len(told.extra)} too many and holds "
            f"{len(told.different)} otherwise; `baocao index rebuild` makes it anew.")  # fmt: skip
    raise typer.Exit(0 if told.agree else 1)


@app.command("copy")
def index_copy(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Copy the index into the archive's folder, to answer while Elasticsearch is away (search_fallback)."""
    from baocao.index import open_archive

    with open_archive(archive) as opened:
        count = opened.copy_index()
    say_json({"reports": count}) if as_json else say(f"The copy holds {count} reports.")


archive_app = typer.Typer(help="An archive as a whole.", no_args_is_help=True)


@archive_app.command("copy")
def archive_copy(
    source: Annotated[Path, typer.Argument(help="The archive's folder.")],
    target: Annotated[Path, typer.Argument(help="The new one's; its baocao.toml says where its record is.")],
    as_json: JsonOption = False,
) -> None:
    """Copy an archive, with corrections, originals and queue: from SQLite to PostgreSQL, or back."""
    from baocao.index.copying import copy_archive

    told = copy_archive(source, target)
    if as_json:
        say_json({"reports": told.reports, "originals": told.originals, "corrections": told.corrections})
    else:
        say(f"{told.reports} reports, {told.originals} originals and {told.corrections} corrections were copied.")
