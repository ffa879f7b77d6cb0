"""`demo`: the main job on the shipped samples."""

from pathlib import Path

from baocao.commands.finding import print_report, print_result
from baocao.commands.options import ArchiveOption, JsonOption, say, say_index_down, say_json
from baocao.errors import UsageError

_DEMO_SEARCHES: tuple[tuple[str, tuple[str, ...]], ...] = (("bien che thieu", ()), ("kinh phí", ("recommendation",)))


def demo(archive: ArchiveOption = Path("demo-archive"), as_json: JsonOption = False) -> None:
    """Ingest the shipped samples, print what was found, and answer two searches."""
    from baocao.index import open_archive
    from baocao.index.lookup import reports
    from baocao.index.search import SearchRequest
    from baocao.index.settings import open_engine
    from baocao.intake import take_in
    from baocao.pipeline.ingest import walk

    samples = Path(__file__).resolve().parent.parent / "samples" / "reports"
    if not samples.is_dir():
        raise UsageError("The samples come with the source; run `baocao demo` in a clone of the repository.")
    told = {"new": 0, "known": 0, "refused": 0}
    with open_archive(archive) as opened:
        for taken in take_in(opened, list(walk([samples])), jobs=2):
            told[taken.outcome.value] += 1
    say_index_down(opened)
    engine = open_engine(archive)
    results = [engine.search(SearchRequest(words, labels=labels, limit=3)) for words, labels in _DEMO_SEARCHES]
    if as_json:
        found = [report.to_json() for report in reports(archive)]
        say_json({"ingested": told, "reports": found, "searches": [result.to_json() for result in results]})
        return
    for report in reports(archive):
        print_report(report)
        say()
    for (words, labels), result in zip(_DEMO_SEARCHES, results, strict=True):
        shown = f'baocao search "{words}"' + "".join(f" --label {name}" for name in labels) + f" --archive {archive}"
        say(f"$ {shown}")
        print_result(result)
        say()
    say("Your own folder:  baocao ingest FOLDER --archive my-archive;  baocao search WORDS --archive my-archive")
    say(f"The same in a browser:  baocao serve --archive {archive}")
