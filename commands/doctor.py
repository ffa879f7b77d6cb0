"""`doctor`: which parts are there."""

import sys

import typer

from baocao import __version__
from baocao.commands.options import JsonOption, say, say_json


def doctor(as_json: JsonOption = False) -> None:
    """Tell which parts are there, and the command that installs each missing one; exit code 1 where a needed one is."""
    parts = [(name, purpose, f"pip install {name}", _version(name)) for name, purpose in _NEEDED]
    others = [(name, purpose, how, _version(name)) for name, purpose, how in _EXTRAS]
    others += [(name, purpose, how, _program(name)) for name, purpose, how in _PROGRAMS]
    told = [
        {"part": part, "for": purpose, "present": found is not None, "version": found, "needed": needed, "install": how}
        for needed, some in ((True, parts), (False, others))
        for part, purpose, how, found in some
    ]
    if as_json:
        say_json(told)
    else:
        say(f"baocao {__version__}, Python {sys.version.split()[0]}")
    for row in told if not as_json else ():
        state = "ok     " if row["present"] else "missing" if row["needed"] else "absent "
        version = f" {row['version']}" if row["needed"] and row["present"] else ""
        say(
            f"{state} {row['part']}{version}: {row['for']}" + ("" if row["present"] else f"; install: {row['install']}")
        )
    raise typer.Exit(1 if any(row["needed"] and not row["present"] for row in told) else 0)


_NEEDED = (
    ("pdfplumber", "PDF files"),
    ("pypdfium2", "damaged PDF files"),
    ("python-docx", "Word files"),
    ("trafilatura", "web pages"),
    ("lxml_html_clean", "web pages"),
    ("spacy", "the pipeline"),
    ("underthesea", "words and sentences"),
    ("scikit-learn", "labels of sentences"),
    ("skops", "reading the classifier"),
    ("sqlalchemy", "the record"),
    ("tantivy", "the embedded search index"),
    ("xlsxwriter", "XLSX export"),
)
_EXTRAS = (
    ("fastapi", "the page", "pip install 'baocao[web]'"),
    ("authlib", "the office's own login", "pip install 'baocao[oidc]'"),
    ("onnxruntime", "a sentence model of your own", "pip install 'baocao[embedding]'"),
    ("elasticsearch", "an index beyond one machine", "pip install 'baocao[elasticsearch]'"),
    ("psycopg", "a record beyond one machine", "pip install 'baocao[postgres]'"),
)
_PROGRAMS = (("tesseract", "scans, in Vietnamese", "apt-get install tesseract-ocr tesseract-ocr-vie"),)


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _program(name: str) -> str | None:
    from shutil import which

    if name == "tesseract":
        from baocao.pipeline.ingest.ocr import reads_vietnamese

        return which(name) if reads_vietnamese() else None
    return which(name)
