"""Makes damaged and hostile files from a fixed seed, and tells what an ingest of them must not do.

A kind is a function that yields names and bytes; `made` writes them, the same ones each time. Where one leads out of
its archive, or names a file to write, that file's name has ESCAPED in it.
"""

import base64
import gzip
import hashlib
import io
import os
import random
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outlook import compound, message
from PIL import Image

from baocao.index import lookup
from baocao.pipeline.ingest import printable
from baocao.pipeline.ingest.sniff import CONTAINERS

SAMPLES = Path(__file__).parent.parent / "samples" / "reports"
SEED = 8
_SMALL = 2**16  # bytes of the files of which few are drawn
ESCAPED = "escaped-from-baocao"
TEXT = (
    "UBND HUYỆN ĐẦM SEN\nBÁO CÁO\nKết quả công tác quý I năm 2019\nQuý vừa qua huyện đã sửa ba đoạn kè xung yếu.\n"
    "Khó khăn là thiếu kinh phí và biên chế; đề nghị Sở Tài chính xem xét, bổ sung trước ngày 30/6/2019.\n"
)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@dataclass(frozen=True, slots=True)
class Sparse:
    """A file that begins with some bytes and goes on with a hole up to a size."""

    head: bytes
    size: int


Files = Iterator[tuple[str, bytes | Sparse]]
Kind = Callable[[random.Random], Files]
KINDS: dict[str, Kind] = {}


def kind(make: Kind) -> Kind:
    KINDS[make.__name__] = make
    return make


def made(folder: Path, *, each: int | None = None) -> list[Path]:
    """Write the files, a folder a kind, and return their paths; with `each` so many of a kind, drawn by the seed."""
    paths: list[Path] = []
    for name, make in KINDS.items():
        place = folder / name
        place.mkdir(parents=True)
        found = list(make(random.Random(f"{SEED} {name}")))
        if each is not None:
            found = [f for f in found if not isinstance(f[1], Sparse) and len(f[1]) < _SMALL]
            found = random.Random(f"{SEED} few {name}").sample(found, min(each, len(found)))
        for title, data in found:
            path = place / title
            assert not path.is_file(), path
            with path.open("wb") as file:
                file.write(data.head if isinstance(data, Sparse) else data)
                if isinstance(data, Sparse):
                    file.truncate(data.size)
            paths.append(path)
    return paths


# What must hold afterwards


def is_sentence(reason: str) -> bool:
    """Tell whether a reason is one a person can be told: a line that ends, without what only a program says."""
    shown = reason.isprintable() and len(reason) < 1_500  # a name of 255 bytes may be told, written out
    return shown and reason.endswith((".", "`")) and not re.search(r"Traceback|Errno|object at 0x|\bNone\b", reason)


def refusals(archive: Path) -> dict[str, tuple[str, str]]:
    """Return the code and reason of each path in quarantine."""
    return {row["path"]: (row["code"], row["message"]) for row in lookup.refusals(archive)}


def faults(given: Sequence[Path], archive: Path) -> list[str]:
    """Return what is wrong after an ingest: files that ended nowhere, reasons that are no sentences."""
    refused, found = refusals(archive), []
    with lookup.reading(archive) as reader:
        stored = {str(row[0]) for row in reader.rows("SELECT path FROM report")}
        hashes = {str(row[0]) for row in reader.rows("SELECT sha256 FROM report")}
    ended = {path.split("!/")[0] for path in [*refused, *stored]}
    for path in given:
        if printable(path.resolve()) in ended or (path.stat().st_size < 2**28 and _sha256(path) in hashes):
            continue
        if path.suffix.lower() in CONTAINERS:  # what it holds may be known from elsewhere
            continue
        found.append(f"ended nowhere: {path}")
    return found + [
        f"no sentence: {path}: {reason}" for path, (_, reason) in refused.items() if not is_sentence(reason)
    ]


def differing(before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return which refusals are others at a second ingest; what passes a limit may pass another the second time."""
    limits = ("BC210", "BC220")
    return [
        f"not refused again: {path}: {before.get(path)}, {after.get(path)}"
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
        and not (path in before and path in after and before[path][0] in limits and after[path][0] in limits)
    ]


def outside(place: Path) -> set[str]:
    """Return what bears the name of an escape where one could lead, and what lies in a folder beside its own files."""
    looked = (Path("/tmp"), Path("/"), Path.home(), Path.cwd(), place, place.parent, place / "archive", place / "tmp")
    led = {str(entry) for folder in looked if folder.is_dir() for entry in folder.glob(f"*{ESCAPED}*")}
    beside = {entry.name for entry in place.iterdir()} - {"given", "archive", "tmp", "figures.json"}
    return led | beside


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# What files are made of


def zipped(members: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = archive.compression
            archive.writestr(info, data)
    return out.getvalue()


def docx(body: str, *, more: Mapping[str, bytes] = {}, head: str = "") -> bytes:
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    types = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return zipped({
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{types}"/></Types>'.encode(),
        "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r1" Type="{office}" '
        'Target="word/document.xml"/></Relationships>'.encode(),
        "word/document.xml": f"<?xml version='1.0'?>{head}<w:document {W}><w:body>{body}</w:body></w:document>".encode(),
        **more,
    })  # fmt: skip


def paragraph(text: str = TEXT) -> str:
    return "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.split("\n"))


def odt(body: str, *, head: str = "") -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "style")
    )
    content = f"<?xml version='1.0'?>{head}<office:document-content {spaces}><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    return zipped({
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": content.encode(),
        "META-INF/manifest.xml": b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
    })  # fmt: skip


def doc(
    text: str = TEXT,
    *,
    pieces: list[tuple[int, int]] | None = None,
    flags: int = 0x200,
    tables: Mapping[int, bytes] = {},
) -> bytes:
    """A DOC of Word 97; `pieces` are letters' ends and places in place of the true one, `tables` further tables."""
    raw = text.replace("\n", "\r").encode("utf-16-le")
    ends = pieces or [(len(raw) // 2, 2048)]
    plan = struct.pack(f"<{len(ends) + 1}I", 0, *(end & 0xFFFFFFFF for end, _ in ends))
    plan += b"".join(struct.pack("<HIH", 0, place & 0xFFFFFFFF, 0) for _, place in ends)
    table = b"\2" + struct.pack("<I", len(plan)) + plan
    fib = bytearray(2048)
    struct.pack_into("<HH6xH", fib, 0, 0xA5EC, 0xC1, flags)
    struct.pack_into("<i", fib, 0x4C, ends[-1][0] & 0x7FFFFFFF)
    struct.pack_into("<II", fib, 0x9A + 8 * 33, 0, len(table))
    for number, held in tables.items():
        struct.pack_into("<II", fib, 0x9A + 8 * number, len(table), len(held))
        table += held
    return compound({"WordDocument": (bytes(fib) + raw).ljust(8192, b"\0"), "1Table": table.ljust(4096, b"\0")})


def pdf(objects: Mapping[int, bytes], *, trailer: bytes = b"", xref: bool = True) -> bytes:
    """A PDF of these objects; the first is its root."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, held in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, held)
    at = len(out)
    if xref:
        out += b"xref\n0 1\n0000000000 65535 f \n"
        out += b"".join(b"%d 1\n%010d 00000 n \n" % (n, place) for n, place in places.items())
    out += b"trailer\n<</Root 1 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, trailer, at)
    return bytes(out)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), extra, data)


DRAWN = b"BT /F1 12 Tf 72 700 Td (Bao cao ket qua cong tac quy mot nam 2019 cua huyen) Tj ET"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def page_of(content: bytes = stream(DRAWN), *, page: bytes = b"", more: Mapping[int, bytes] = {}) -> bytes:
    """A PDF with one page; 4 is its content, 5 its font."""
    box = b"" if b"/MediaBox" in page else b"/MediaBox[0 0 595 842]"
    return pdf({
        1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</X 6 0 R>>>>%s%s>>" % (box, page),
        4: content, 5: FONT, **more,
    })  # fmt: skip


def eml(*parts: bytes, head: bytes = b"", subject: str = "Báo cáo") -> bytes:
    coded = base64.b64encode(subject.encode()).decode()
    top = f"From: a@b.vn\nTo: c@d.vn\nDate: Tue, 2 Apr 2019 08:00:00 +0700\nSubject: =?utf-8?b?{coded}?=\nMIME-Version: 1.0\n"
    body = b"".join(b"--X\n" + part + b"\n" for part in parts)
    return top.encode() + head + b'Content-Type: multipart/mixed; boundary="X"\n\n' + body + b"--X--\n"


PLAIN = b"Content-Type: text/plain; charset=utf-8\n\n" + TEXT.encode()


def attached(name: bytes, data: bytes = TEXT.encode()) -> bytes:
    return (
        b'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="' + name + b'"\n'
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(data)
    )


def rtf(body: str) -> bytes:
    return (r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times New Roman;}}" + body + "}").encode("latin-1")


RTF_TEXT = "".join(f"\\u{ord(c)}?" if ord(c) > 126 else c for c in TEXT.replace("\n", "\\par "))


def picture(form: str, size: tuple[int, int] = (400, 300), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, 255).save(out, form, **options)
    return out.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8, colour: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data)) for tag, data in parts
    )


def tiff(width: int, height: int, *, pages: int = 1, loop: bool = False, strip: int = 8) -> bytes:
    """A TIFF without true data: `pages` folders in a row, of which the last leads to the first with `loop`."""
    out = bytearray(b"II*\0" + struct.pack("<I", 8))
    for number in range(pages):
        tags = [
            (256, width),
            (257, height),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, 8),
            (277, 1),
            (278, height),
            (279, strip),
        ]
        out += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        last = 8 if loop else 0
        out += struct.pack("<I", len(out) + 4 if number < pages - 1 else last)
    return bytes(out)


@cache
def bases() -> dict[str, bytes]:
    """Sound files of every kind that is taken, by name."""
    found = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir())}
    page = f"<html><head><title>Báo cáo</title></head><body><p>{TEXT}</p></body></html>".encode()
    part = b'Content-Type: text/html; charset="utf-8"\nContent-Location: file:///a.html\n\n' + page
    return found | {
        "a.doc": doc(), "a.odt": odt("".join(f"<text:p>{line}</text:p>" for line in TEXT.split("\n"))),
        "a.rtf": rtf(RTF_TEXT), "a.eml": eml(PLAIN, attached(b"bao-cao.txt")),
        "a.msg": compound(message("Báo cáo", TEXT, {"bao-cao.txt": TEXT.encode()})),
        "a.mht": b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=X\n\n--X\n" + part + b"\n--X--\n",
        "a.zip": zipped({"2019/bao-cao.txt": TEXT.encode(), "b.docx": docx(paragraph())}),
        "a.png": picture("PNG"), "a.jpg": picture("JPEG"),
        "a.tif": picture("TIFF", save_all=True, append_images=[Image.new("L", (400, 300), 255)]),
    }  # fmt: skip


# The kinds


@kind
def cut_short(draw: random.Random) -> Files:
    for name, data in bases().items():
        for place in (draw.randrange(1, min(len(data), 2_000)), draw.randrange(len(data) // 2, len(data))):
            yield f"{place}-{name}", data[:place]


@kind
def flipped(draw: random.Random) -> Files:
    for name, data in bases().items():
        for number, count in enumerate((1, 20, len(data) // 50 + 1)):
            changed = bytearray(data)
            for _ in range(count):
                changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            yield f"{number}-{name}", bytes(changed)


@kind
def torn(draw: random.Random) -> Files:
    """A stretch is gone, is filled with noise, or stands twice, or the end comes first."""
    for name, data in bases().items():
        first, last = sorted(draw.sample(range(len(data)), 2))
        yield f"gap-{name}", data[:first] + data[last:]
        yield (
            f"noise-{name}",
            data[:first] + draw.randbytes(min(500, last - first)) + data[first + min(500, last - first) :],
        )
        yield f"twice-{name}", data[:last] + data[first:]
        yield f"turned-{name}", data[first:] + data[:first]


@kind
def misnamed(draw: random.Random) -> Files:
    suffixes = [
        ".txt",
        ".pdf",
        ".docx",
        ".doc",
        ".html",
        ".odt",
        ".rtf",
        ".eml",
        ".msg",
        ".zip",
        ".png",
        ".tif",
        ".mht",
    ]
    for name, data in bases().items():
        own = Path(name).suffix
        for suffix in draw.sample([s for s in suffixes if s != own], 2):
            yield f"{name}{suffix}", data


@kind
def disguised(draw: random.Random) -> Files:
    inside = draw.randbytes(300)
    heads = {
        "gzip": gzip.compress(TEXT.encode(), mtime=0), "gzip-bomb": gzip.compress(bytes(2**24), mtime=0),
        "rar": b"Rar!\x1a\x07\x01\0" + inside, "7z": b"7z\xbc\xaf\x27\x1c" + inside, "xz": b"\xfd7zXZ\0" + inside,
        "bz2": b"BZh91AY&SY" + inside, "elf": b"\x7fELF\2\1\1" + inside, "exe": b"MZ\x90\0" + inside,
        "gif": b"GIF89a" + inside, "sqlite": b"SQLite format 3\0" + inside, "noise": draw.randbytes(5_000),
        "script": b"#!/bin/sh\ntouch /tmp/" + ESCAPED.encode() + b"\n", "pickle": b"\x80\x04cposix\nsystem\n" + inside,
        "wmf": b"\xd7\xcd\xc6\x9a" + inside, "webp": b"RIFF\0\0\0\0WEBP" + inside, "ps": b"%!PS-Adobe-3.0\n" + inside,
    }  # fmt: skip
    for name, data in heads.items():
        yield f"{name}{draw.choice(['.txt', '.pdf', '.docx', '.png', '.zip', '.doc', '.html', '.eml'])}", data
        yield f"{name}2{draw.choice(['.rtf', '.odt', '.tif', '.jpg', '.msg', '.md', '.mht', '.gz', ''])}", data


@kind
def hollow(draw: random.Random) -> Files:
    for suffix in (".txt", ".pdf", ".docx", ".doc", ".html", ".odt", ".rtf", ".eml", ".msg", ".zip", ".png", ".mht"):
        yield f"empty{suffix}", b""
        yield f"blank{suffix}", b" \n\t\r\n" * draw.randrange(1, 50)
    yield "mark.txt", b"\xef\xbb\xbf"
    yield "mark16.txt", b"\xff\xfe"
    yield "unseen.txt", "\u200b\u202e\ufeff\u00ad".encode() * 100
    yield "signs.txt", b"-+*/=\n" * 100
    yield "nul.txt", bytes(5_000)


@kind
def names(draw: random.Random) -> Files:
    for number, name in enumerate((
        "hai\ndòng.txt", "tab\tđây.txt", "chuông\x07.txt", "\u202etxt.oac oab.txt", "a\u202ecod.txt", "xo\u0301a.txt",
        unicodedata.normalize("NFD", "Báo cáo số 5 của huyện.txt"), unicodedata.normalize("NFC", "Báo cáo số 5 của huyện.txt"),
        "e" + "\u0301" * 100 + ".txt", "ẩn\u200bnấp.txt", "báo cáo.txt.", "báo cáo .txt ", "-rf.txt", "--again.txt", "CON.txt",
        "a" * 251 + ".txt", "ổ" * 83 + ".txt", "%2e%2e%2f" + ESCAPED + ".txt", "..\\..\\" + ESCAPED + ".txt", "a!b.txt",
        "a.zip!", "$(touch " + ESCAPED + ").txt", "; touch " + ESCAPED + ".txt", "`x`.txt", "*.txt", "[a].txt", "{0}.txt",
        "%s%n.txt", "<script>alert(1)<.txt", "' OR 1=1 --.txt", '".txt', "рaport.txt", "😀.txt", "\x1b[31mđỏ.txt", "~$a.txt",
        ".ẩn.txt", "record.sqlite", "a.sqlite-wal.txt", os.fsdecode(b"b\xe1o c\xe1o \xff.txt"), os.fsdecode(b"\xc0\xae\xc0\xae.txt"),
    )):  # fmt: skip
        yield name, f"{TEXT}Phụ lục {number + draw.randrange(10**6)}\n".encode()


@kind
def texts(draw: random.Random) -> Files:
    yield "one-gigabyte.txt", Sparse(TEXT.encode(), 2**30)
    yield "hole.txt", Sparse(TEXT.encode() * 20, 150 * 2**20)
    yield "hole16.txt", Sparse("\ufeff".encode("utf-16-le") + TEXT.encode("utf-16-le"), 60 * 2**20)
    yield "one-line.txt", b"a" * 12_000_000
    yield "one-word.txt", ("khó" * 500_000).encode()
    yield "too-long.txt", ("Khó khăn về kinh phí. " * 1_000_000).encode()
    yield "long.txt", (TEXT * 4_000).encode()
    yield "marks.txt", ("e" + "\u0301\u0323" * 200_000).encode()
    yield "digits.txt", b"1" * 1_000_000
    yield "figures.txt", b"1.234.567,89 " * 60_000
    yield "numbers.txt", ("Số: 12/BC-UBND " * 20_000).encode()
    yield "slashes.txt", b"12/BC/" * 100_000
    yield "dates.txt", ("ngày 31/02/2019 " * 20_000).encode()
    yield "half-dates.txt", ("ngày " * 200_000).encode()
    yield "units.txt", ("UBND huyện " * 50_000).encode()
    yield "capitals.txt", ("Nguyễn Văn " * 50_000).encode()
    yield "shouts.txt", ("UBND-" * 200_000).encode()
    yield "brackets.txt", b"(" * 500_000
    yield "quotes.txt", ("“" * 300_000).encode()
    yield "items.txt", b"a) b\n" * 100_000
    yield "romans.txt", b"XVI. " * 100_000
    yield "lines.txt", b"a\n" * 400_000
    yield "breaks.txt", b"a" + b"\n" * 3_000_000 + b"b"
    yield "blanks.txt", b"a" + b" " * 3_000_000 + b"b"
    yield "dots.txt", b"." * 1_000_000 + b"a"
    yield "dashes.txt", b"- " * 500_000 + b"a"
    yield "commas.txt", ("Sở Y tế, " * 50_000).encode()
    yield "rules.txt", b"| a | b |\n" * 50_000
    yield "turned.txt", ("\u202e" + TEXT).encode() * 50
    yield "surrogates.txt", b"\xed\xa0\x80" * 1_000 + TEXT.encode() * 20
    yield "overlong.txt", b"\xc0\xaf\xe0\x80\xaf" * 500 + TEXT.encode()
    yield "odd16.txt", b"\xff\xfe" + TEXT.encode("utf-16-le")[:-1]
    yield "alone16.txt", b"\xff\xfe" + struct.pack("<H", 0xD800) * 500 + TEXT.encode("utf-16-le")
    yield "utf7.txt", TEXT.encode("utf-7")
    yield "controls.txt", bytes(range(1, 32)) * 500 + TEXT.encode()
    yield "mixed.txt", TEXT.encode() + TEXT.encode("utf-16-le") + draw.randbytes(200)
    yield "planes.txt", ("".join(chr(draw.randrange(0x10000, 0x2FA1F)) for _ in range(20_000)) + TEXT).encode()


@kind
def pages(draw: random.Random) -> Files:
    def page(body: str, head: str = "") -> bytes:
        return f"<html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode()

    told = "".join(f"<p>{line}</p>" for line in TEXT.split("\n"))
    yield "nested.html", page("<div>" * 200_000 + told)
    yield "nested-tables.html", page("<table><tr><td>" * 20_000 + told)
    yield "nested-spans.html", page("<span>" * 50_000 + told)
    yield "nested-lists.html", page("<ul><li>" * 30_000 + told)
    yield "nested-fonts.html", page("<font face=.VnTime>" * 20_000 + told)
    yield "unclosed.html", page("<p>a<b>b<i>c" * 30_000)
    yield "scripts.html", page(told + f"<script>document.write('<b>{ESCAPED}</b>')</script>" * 2_000)
    yield "handlers.html", page(f'<img src=x onerror="alert(1)"><a href="javascript:alert(1)">{told}</a>' * 20)
    yield "one-attribute.html", page(f'<p class="{"a" * 5_000_000}">{told}</p>')
    yield "attributes.html", page("<p " + " ".join(f"a{n}=1" for n in range(50_000)) + f">{told}</p>")
    yield "comment.html", page("<!--" + "-" * 2_000_000 + told)
    yield "entities.html", page("&amp;" * 200_000 + "&#x110000;&#0;&nosuch;" * 1_000 + told)
    yield (
        "doctype.html",
        b'<!DOCTYPE html [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><html><body>&c;' + told.encode(),
    )
    yield (
        "frames.html",
        page('<iframe src="file:///etc/passwd"></iframe><object data="file:///etc/passwd"></object>' + told),
    )
    yield (
        "refresh.html",
        page(told, '<meta http-equiv=refresh content="0;url=file:///etc/passwd"><base href="file:///">'),
    )
    yield "charset.html", page(told, '<meta charset="no-such"><meta charset="utf-16">')
    yield "charset2.html", b"<html><meta charset=idna><body>" + told.encode("cp1258", "replace")
    yield "charset3.html", b"<html><meta charset=rot13><body>" + told.encode("cp1258", "replace")
    yield "nul.html", page(told).replace(b"<p>", b"<\0p>")
    yield "picture.html", page("<svg>" + "<g>" * 20_000 + told + f'<img src="data:image/png;base64,{"A" * 2_000_000}">')
    yield "cells.html", page("<table>" + "<tr>" + "<td>a</td>" * 100 + "</tr>" * 1_000 + "</table>")
    yield "wide.html", page(f"<table><tr><td colspan=1000000000 rowspan=1000000000>{told}</table>")
    yield "links.html", page('<p><a href="/">Trang chủ</a></p>' * 40_000)
    yield "twins.html", page("<title>" * 5_000 + told + "<body>" * 5_000)
    yield (
        "dates.html",
        page(
            told,
            f'<meta name=date content="{"9" * 100_000}"><script type="application/ld+json">{"[" * 100_000}</script>',
        ),
    )
    yield "words.html", page("<p>" + "khó khăn " * 200_000 + "</p>")
    yield "noise.html", b"<html>" + draw.randbytes(50_000).replace(b"\0", b" ")


BOMB = (
    "<!DOCTYPE b [<!ENTITY a0 'ha ha ha'>"
    + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    + "]>"
)
OUTSIDE = '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "http://127.0.0.1:9/x">]>'
LOOP = "<!DOCTYPE b [<!ENTITY a '&b;'><!ENTITY b '&a;'>]>"
LARGE = f"<!DOCTYPE b [<!ENTITY a '{'a' * 100_000}'>]>"
DTD = '<!DOCTYPE b SYSTEM "file:///dev/zero">'


@kind
def word(draw: random.Random) -> Files:
    def run(text: str) -> str:
        return f"<w:r><w:t>{text}</w:t></w:r>"

    yield "bomb.docx", docx(f"<w:p>{run('&a9;')}</w:p>", head=BOMB)
    yield "outside.docx", docx(f"<w:p>{run('&x;&y;')}</w:p>{paragraph()}", head=OUTSIDE)
    yield "loop.docx", docx(f"<w:p>{run('&a;')}</w:p>", head=LOOP)
    yield "large.docx", docx(f"<w:p>{run('&a;' * 30_000)}</w:p>", head=LARGE)
    yield "dtd.docx", docx(paragraph(), head=DTD)
    yield "deep.docx", docx("<w:sdt><w:sdtContent>" * 200 + paragraph() + "</w:sdtContent></w:sdt>" * 200)
    yield "deeper.docx", docx("<w:sdt><w:sdtContent>" * 20_000 + paragraph() + "</w:sdtContent></w:sdt>" * 20_000)
    cell, end = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    yield "tables.docx", docx(cell * 80 + paragraph() + end * 80)
    yield "wide.docx", docx("<w:tbl><w:tr>" + "<w:tc><w:p/></w:tc>" * 40_000 + "</w:tr></w:tbl>" + paragraph())
    yield "boxes.docx", docx(("<w:p><w:r><w:txbxContent>" * 60) + paragraph() + "</w:txbxContent></w:r></w:p>" * 60)
    yield "runs.docx", docx("<w:p>" + run("a") * 150_000 + "</w:p>")
    yield "paragraphs.docx", docx("<w:p/>" * 200_000 + paragraph())
    yield "broken.docx", docx("<w:p>" * 50 + "</w:tbl>")
    yield "gone.docx", docx(f"<w:p><w:del>{run('a')}</w:del></w:p>")
    more = {
        "zeros.docx": {"word/media/a.bin": bytes(100 * 2**20)}, "parts.docx": {f"word/{n}.xml": b"<a/>" for n in range(1_500)},
        "../out.docx": {f"../../../../tmp/{ESCAPED}.txt": b"a", f"/tmp/{ESCAPED}2.txt": b"a"},
        "notes.docx": {"word/footnotes.xml": b"<a>" * 100_000, "docProps/core.xml": BOMB.encode() + b"<b>&a9;</b>"},
    }  # fmt: skip
    for name, members in more.items():
        yield name.replace("../", ""), docx(paragraph(), more=members)
    sound = bases()["02-thanh-tra-tinh-2017.docx"]
    parts = {
        i.filename: zipfile.ZipFile(io.BytesIO(sound)).read(i) for i in zipfile.ZipFile(io.BytesIO(sound)).infolist()
    }
    for name in (
        "[Content_Types].xml",
        "_rels/.rels",
        "word/document.xml",
        "word/styles.xml",
        "word/_rels/document.xml.rels",
    ):
        plain = re.sub(r"\W", "_", name)
        yield f"without-{plain}.docx", zipped({k: v for k, v in parts.items() if k != name})
        yield f"cut-{plain}.docx", zipped(parts | {name: parts[name][: draw.randrange(10, len(parts[name]))]})
        yield f"noise-{plain}.docx", zipped(parts | {name: draw.randbytes(1_000)})
    styles = parts["word/styles.xml"].decode()
    first = re.search(r'w:styleId="(\w+)"', styles)
    assert first is not None
    looped = re.sub(r"<w:basedOn [^>]*/>", f'<w:basedOn w:val="{first[1]}"/>', styles)
    yield "styles.docx", zipped(parts | {"word/styles.xml": looped.encode()})
    rels = parts["word/_rels/document.xml.rels"].replace(b"styles.xml", b"document.xml")
    yield "relations.docx", zipped(parts | {"word/_rels/document.xml.rels": rels})
    outer = parts["word/_rels/document.xml.rels"].replace(b'Target="styles.xml"', b'Target="../../../../etc/passwd"')
    yield "relations2.docx", zipped(parts | {"word/_rels/document.xml.rels": outer})


@kind
def open_document(draw: random.Random) -> Files:
    told = f"<text:p>{TEXT}</text:p>"
    yield "bomb.odt", odt("<text:p>&a9;</text:p>", head=BOMB)
    yield "outside.odt", odt(f"<text:p>&x;&y;</text:p>{told}", head=OUTSIDE)
    yield "loop.odt", odt("<text:p>&a;</text:p>", head=LOOP)
    yield "large.odt", odt("<text:p>" + "&a;" * 30_000 + "</text:p>", head=LARGE)
    yield "deep.odt", odt("<text:section>" * 200 + told + "</text:section>" * 200)
    yield "deeper.odt", odt("<text:section>" * 20_000 + told + "</text:section>" * 20_000)
    yield "spans.odt", odt("<text:p>" + "<text:span>" * 230 + TEXT + "</text:span>" * 230 + "</text:p>")
    table = "<table:table><table:table-row><table:table-cell>"
    yield "tables.odt", odt(table * 60 + told + "</table:table-cell></table:table-row></table:table>" * 60)
    yield "lists.odt", odt("<text:list><text:list-item>" * 90 + told + "</text:list-item></text:list>" * 90)
    yield "blanks.odt", odt('<text:p>a<text:s text:c="1000000000"/>b</text:p>' + told)
    yield (
        "repeated.odt",
        odt(
            '<table:table><table:table-row table:number-rows-repeated="1000000000"><table:table-cell table:number-columns-repeated="1000000000">'
            + told
            + "</table:table-cell></table:table-row></table:table>"
        ),
    )
    yield (
        "numbers.odt",
        odt(f'<text:list><text:list-item text:start-value="{"9" * 5_000}">{told}</text:list-item></text:list>'),
    )
    yield "roman.odt", odt(f'<text:h text:outline-level="{"9" * 5_000}">{TEXT}</text:h>')
    yield (
        "notes.odt",
        odt(
            "<text:p>"
            + "<text:note><text:note-body><text:p>" * 70
            + "a"
            + "</text:p></text:note-body></text:note>" * 70
            + "</text:p>"
            + told
        ),
    )
    yield "noise.odt", odt(told[: draw.randrange(5, len(told))])


@kind
def archives(draw: random.Random) -> Files:
    told = TEXT.encode()
    bomb = zipped({"a.txt": bytes(200 * 2**20)})
    yield "bomb.zip", bomb
    yield "bombs.zip", zipped({f"{n}.zip": bomb for n in range(16)})
    yield "many-zeros.zip", zipped({f"{n}.txt": bytes(9 * 2**20) for n in range(40)})
    inner = zipped({"a.txt": told})
    for depth in (3, 4, 12):
        held = inner
        for _ in range(depth):
            held = zipped({"a.zip": held})
        yield f"deep{depth}.zip", held
    yield "members.zip", zipped({f"{n}.txt": b"" for n in range(6_000)})
    yield "folders.zip", zipped({f"{n}/": b"" for n in range(3_000)} | {"a.txt": told})
    leading = (
        f"../{ESCAPED}.txt", f"../../../../../../tmp/{ESCAPED}.txt", f"/tmp/{ESCAPED}.txt", f"C:\\{ESCAPED}.txt", f"a/../../{ESCAPED}.txt",
        f"..\\..\\{ESCAPED}.txt", f"....//{ESCAPED}.txt", f"./{ESCAPED}.txt", f"//tmp/{ESCAPED}.txt", f"\\\\host\\{ESCAPED}.txt",
        f"%2e%2e/{ESCAPED}.txt", f"a/./b/..{ESCAPED}.txt",
    )  # fmt: skip
    for number, name in enumerate(leading):
        yield f"outside{number}.zip", zipped({name: told + bytes([48 + number]), "a.txt": told})
    odd = (
        "\u202etxt.gnod.txt",
        "xo\u0301a.txt",
        "hai\ndòng.txt",
        "a\0b.txt",
        "d" * 5_000 + ".txt",
        "\x1b[31m.txt",
        "..txt",
        " .txt",
        "CON.txt",
        "a/" * 2_000 + "b.txt",
    )
    for number, name in enumerate(odd):
        yield f"odd{number}.zip", zipped({name: told + bytes([48 + number])})
    yield "twins.zip", zipped({"a.txt": told})[:-22] + zipped({"a.txt": told + b"b"})
    for number, (mode, data) in enumerate(
        [(0o120777, b"/etc/passwd"), (0o020666, b""), (0o010666, b""), (0o104777, told)]
    ):
        info = zipfile.ZipInfo("a.txt")
        info.external_attr = mode << 16
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(info, data)
        yield f"mode{number}.zip", out.getvalue()
    central = inner.rindex(b"PK\1\2")
    for number, (place, value) in enumerate(
        {
            8: b"\1",
            10: b"\x63",
            16: b"\0\0\0\0",
            24: b"\1\0\0\0",
            20: b"\xff\xff\xff\x7f",
            42: b"\xff\xff\xff\x7f",
            28: b"\xff\xff",
        }.items()
    ):
        yield f"lies{number}.zip", inner[: central + place] + value + inner[central + place + len(value) :]
    overlapping = io.BytesIO()
    with zipfile.ZipFile(overlapping, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("0.txt"), bytes(2**20))
        first = archive.infolist()[0]
        for number in range(1, 900):
            twin = zipfile.ZipInfo(f"{number}.txt")
            for part in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(twin, part, getattr(first, part))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
    yield "overlapping.zip", overlapping.getvalue()
    yield "locked.zip", inner[:6] + b"\1" + inner[7 : central + 8] + b"\1" + inner[central + 9 :]
    yield "nothing.zip", zipped({})
    yield "strange.zip", zipped({"a.exe": b"MZ", "b.bin": draw.randbytes(100)})
    yield "before.zip", draw.randbytes(1_000) + inner
    yield "comment.zip", inner[:-2] + b"\xff\xff" + b"PK\5\6" * 1_000
    yield "mixed.zip", zipped({name: data for name, data in bases().items() if len(data) < 60_000})


@kind
def portable(draw: random.Random) -> Files:
    yield "10000-pages.pdf", pdf(
        {1: b"<</Type/Catalog/Pages 2 0 R>>",
         2: b"<</Type/Pages/Count 10000/Kids[" + b" ".join(b"%d 0 R" % n for n in range(3, 10_003)) + b"]>>"}
        | dict.fromkeys(range(3, 10_003), b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
    )  # fmt: skip
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
    yield (
        "one-page-10000-times.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Count 10000/Kids[" + b"3 0 R " * 10_000 + b"]>>",
                3: page,
                4: stream(DRAWN),
                5: FONT,
            }
        ),
    )
    yield (
        "4000-pages.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Count 4000/Kids[" + b"3 0 R " * 4_000 + b"]>>",
                3: page,
                4: stream(DRAWN),
                5: FONT,
            }
        ),
    )
    yield (
        "tree-in-itself.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Count 2/Kids[2 0 R 3 0 R]>>",
                3: page,
                4: stream(DRAWN),
                5: FONT,
            }
        ),
    )
    yield (
        "two-trees.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
                3: b"<</Type/Pages/Count 1/Kids[2 0 R]>>",
            }
        ),
    )
    yield (
        "doubling-tree.pdf",
        pdf(
            {1: b"<</Type/Catalog/Pages 2 0 R>>"}
            | {n: b"<</Type/Pages/Count 9/Kids[%d 0 R %d 0 R]>>" % (n + 1, n + 1) for n in range(2, 40)}
            | {40: page}
        ),
    )
    yield (
        "deep-tree.pdf",
        pdf(
            {1: b"<</Type/Catalog/Pages 2 0 R>>"}
            | {n: b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (n + 1) for n in range(2, 5_000)}
            | {5_000: page}
        ),
    )
    yield "root-is-itself.pdf", pdf({1: b"1 0 R"})
    yield "reference-loop.pdf", pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"3 0 R", 3: b"2 0 R"})
    yield "length-of-itself.pdf", page_of(b"<</Length 4 0 R>>\nstream\n" + DRAWN + b"\nendstream")
    yield "length-huge.pdf", page_of(b"<</Length 99999999999>>\nstream\n" + DRAWN + b"\nendstream")
    yield "length-below-zero.pdf", page_of(b"<</Length -5>>\nstream\n" + DRAWN + b"\nendstream")
    yield (
        "previous-is-itself.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
                3: page,
                4: stream(DRAWN),
                5: FONT,
            },
            trailer=b"/Prev 9",
        ),
    )
    yield (
        "no-xref.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
                3: page,
                4: stream(DRAWN),
                5: FONT,
            },
            xref=False,
        ),
    )
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"
    yield "form-in-itself.pdf", page_of(stream(DRAWN + b" /X Do"), more={6: stream(b"/X Do /X Do", form)})
    forms = {
        n: stream(
            b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (n + 1)
        )
        for n in range(6, 40)
    }
    yield "doubling-forms.pdf", page_of(stream(DRAWN + b" /X Do"), more=forms | {40: stream(b"")})
    flat = b"/Filter/FlateDecode"
    yield "bomb.pdf", page_of(stream(zlib.compress(bytes(400 * 2**20)), flat))
    yield "bomb-of-text.pdf", page_of(stream(zlib.compress(DRAWN * 300_000), flat))
    yield (
        "bomb-in-bomb.pdf",
        page_of(stream(zlib.compress(zlib.compress(b" " * (300 * 2**20))), b"/Filter[/FlateDecode/FlateDecode]")),
    )
    yield "filters.pdf", page_of(stream(DRAWN, b"/Filter[" + b"/ASCIIHexDecode" * 5_000 + b"]"))
    yield "hex.pdf", page_of(stream(b"4" * 3_000_000 + b">", b"/Filter/ASCIIHexDecode"))
    yield "lzw.pdf", page_of(stream(draw.randbytes(50_000), b"/Filter/LZWDecode"))
    yield "runs.pdf", page_of(stream(b"\x81a" * 300_000 + b"\x80", b"/Filter/RunLengthDecode"))
    yield (
        "predictor.pdf",
        page_of(
            stream(
                zlib.compress(bytes(10_000)),
                b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2000000000/Colors 2000000000>>",
            )
        ),
    )
    for number, box in enumerate(
        (b"0 0 1e30 1e30", b"0 0 0 0", b"9 9 -9 -9", b"a b c d", b"0 0 14400000 14400000", b"0", b"3 0 R")
    ):
        yield f"box{number}.pdf", page_of(page=b"/MediaBox[%s]" % box)
    yield "turned.pdf", page_of(page=b"/Rotate 1000000007")
    yield "deep-array.pdf", page_of(page=b"/A" + b"[" * 100_000 + b"]" * 100_000)
    yield "deep-dictionary.pdf", page_of(page=b"/A" + b"<</A" * 20_000 + b" 1" + b">>" * 20_000)
    yield "deep-content.pdf", page_of(stream(b"[" * 200_000 + DRAWN))
    yield "saved-states.pdf", page_of(stream(b"q " * 500_000 + DRAWN))
    yield (
        "rules.pdf",
        page_of(stream(b"".join(b"%d 0 m %d 800 l S " % (n % 590, n % 590) for n in range(50_000)) + DRAWN)),
    )
    yield (
        "grid.pdf",
        page_of(
            stream(b"".join(b"%d 0 m %d 800 l S 0 %d m 590 %d l S " % (n, n, n, n) for n in range(0, 590)) + DRAWN)
        ),
    )
    yield (
        "letters.pdf",
        page_of(stream(b"BT /F1 1 Tf 1 0 0 1 72 700 Tm " + b"(aaaaaaaaaaaaaaaaaaaaaaaaa) Tj " * 8_000 + b"ET")),
    )
    yield "far-letters.pdf", page_of(stream(b"BT /F1 1e20 Tf 1e30 1e30 Td (a b c) Tj ET " + DRAWN))
    yield "small-letters.pdf", page_of(stream(b"BT /F1 0 Tf (a b c) Tj ET BT /F1 1e-9 Tf 72 72 Td (mot hai ba) Tj ET"))
    yield "turned-letters.pdf", page_of(stream(b"BT /F1 12 Tf 0 1 -1 0 72 72 Tm (mot hai ba bon nam) Tj ET"))
    yield (
        "picture.pdf",
        page_of(
            stream(b"595 0 0 842 0 0 cm /X Do"),
            more={
                6: stream(b"\0", b"/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceGray")
            },
        ),
    )
    yield (
        "picture-bomb.pdf",
        page_of(
            stream(b"595 0 0 842 0 0 cm /X Do"),
            more={
                6: stream(
                    zlib.compress(bytes(200 * 2**20)),
                    b"/Subtype/Image/Width 14000/Height 14000/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode",
                )
            },
        ),
    )
    yield "inline.pdf", page_of(stream(b"BI /W 9999 /H 9999 ID " + bytes(1_000)))
    wide = b"<</Type/Font/Subtype/TrueType/BaseFont/A/FirstChar 0/LastChar 2000000000/Widths[1]/ToUnicode 6 0 R>>"
    cmap = b"/CIDInit begincmap 1 begincodespacerange <00> <FFFFFFFF> endcodespacerange 1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange endcmap"
    yield "cmap.pdf", page_of(more={5: wide, 6: stream(cmap)})
    yield "cmap-of-itself.pdf", page_of(more={5: wide, 6: stream(b"/A usecmap begincmap endcmap", b"/UseCMap 6 0 R")})
    kinds = b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 97/LastChar 97/Widths[1]/CharProcs<</a 6 0 R>>/Encoding<</Differences[97/a]>>/Resources<</Font<</F1 5 0 R>>>>>>"
    yield "font-in-itself.pdf", page_of(more={5: kinds, 6: stream(b"BT /F1 1 Tf (a) Tj ET")})
    yield (
        "descendants.pdf",
        page_of(more={5: b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[5 0 R]>>"}),
    )
    yield (
        "locked.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
                3: page,
                4: stream(DRAWN),
                5: FONT,
                6: b"<</Filter/Standard/V 2/R 3/Length 128/P -1/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>",
            },
            trailer=b"/Encrypt 6 0 R/ID[<41><41>]",
        ),
    )
    yield (
        "locked-unknown.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R>>",
                2: b"<</Type/Pages/Count 0/Kids[]>>",
                6: b"<</Filter/Nobody/V 99/R 99>>",
            },
            trailer=b"/Encrypt 6 0 R/ID[<41><41>]",
        ),
    )
    yield "no-pages.pdf", pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Count 0/Kids[]>>"})
    yield (
        "acting.pdf",
        pdf(
            {
                1: b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Launch/F(/bin/touch /tmp/"
                + ESCAPED.encode()
                + b")>>>>",
                2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
                3: page,
                4: stream(DRAWN),
                5: FONT,
            }
        ),
    )
    packed = stream(b"1 0 2 5 " + b"<</Type/ObjStm>>", b"/Type/ObjStm/N 1000000000/First 8/Extends 6 0 R")
    yield "packed-objects.pdf", page_of(more={6: packed})
    yield "head-only.pdf", b"%PDF-1.7\n"
    yield "twice.pdf", page_of() + page_of()


@kind
def pictures(draw: random.Random) -> Files:
    yield "huge.png", png(60_000, 60_000, (b"IDAT", zlib.compress(bytes(1_000))))
    yield "huger.png", png(2**31 - 1, 2**31 - 1, (b"IDAT", b""))
    yield "wide.png", png(50_000_000, 1, (b"IDAT", zlib.compress(bytes(50_000_001))))
    yield "high.png", png(1, 40_000_000, (b"IDAT", zlib.compress(bytes(80_000_000))))
    yield "bomb.png", png(7_000, 7_000, (b"IDAT", zlib.compress(bytes(7_001 * 7_000))))
    yield "none.png", png(0, 0)
    yield "no-data.png", png(500, 500)
    yield (
        "text-bomb.png",
        png(10, 10, (b"zTXt", b"a\0\0" + zlib.compress(bytes(100 * 2**20))), (b"IDAT", zlib.compress(bytes(110)))),
    )
    yield (
        "profile-bomb.png",
        png(10, 10, (b"iCCP", b"a\0\0" + zlib.compress(bytes(100 * 2**20))), (b"IDAT", zlib.compress(bytes(110)))),
    )
    yield "chunk.png", png(10, 10)[:33] + b"\x7f\xff\xff\xffIDAT" + bytes(100)
    yield "colours.png", png(10, 10, (b"IDAT", b"a"), depth=77, colour=99)
    yield "frames.png", png(10, 10, (b"acTL", struct.pack(">II", 2**31 - 1, 0)), (b"IDAT", zlib.compress(bytes(110))))
    yield "huge.tif", tiff(100_000, 100_000)
    yield "huger.tif", tiff(2**31, 2**31, strip=2**31)
    yield "thousands.tif", tiff(8, 1, pages=4_000)
    yield "loop.tif", tiff(8, 1, pages=3, loop=True)
    yield "loop-alone.tif", tiff(8, 1, loop=True)
    yield "no-data.tif", tiff(400, 400, strip=160_000)
    yield "none.tif", tiff(0, 0)
    yield "large-end.tif", b"MM\0*" + struct.pack(">I", 2**31)
    many = io.BytesIO()
    frames = [Image.new("1", (8, 8), 1) for _ in range(600)]
    frames[0].save(many, "TIFF", save_all=True, append_images=frames[1:])
    yield "600-pages.tif", many.getvalue()
    few = io.BytesIO()
    frames[0].save(few, "TIFF", save_all=True, append_images=frames[1:40])
    yield "40-pages.tif", few.getvalue()
    jpeg = bases()["a.jpg"]
    size = jpeg.index(b"\xff\xc0") + 5
    yield "huge.jpg", jpeg[:size] + b"\xff\xff\xff\xff" + jpeg[size + 4 :]
    yield "none.jpg", jpeg[:size] + b"\0\0\0\0" + jpeg[size + 4 :]
    yield "scans.jpg", jpeg[:-2] + jpeg[jpeg.index(b"\xff\xda") : -2] * 2_000
    yield "marks.jpg", b"\xff\xd8" + b"\xff\xfe\0\2" * 200_000 + jpeg[2:]
    yield "noise.jpg", jpeg[:700] + draw.randbytes(3_000)
    yield (
        "orientation.jpg",
        jpeg[:2] + b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x63\0\0\0\x08\0\0\0" + jpeg[2:],
    )


@kind
def mails(draw: random.Random) -> Files:
    yield "parts.eml", eml(*[PLAIN] * 5_000)
    yield "attachments.eml", eml(PLAIN, *(attached(b"%d.txt" % n, b"Bao cao %d" % n) for n in range(300)))
    held = eml(PLAIN)
    for depth in range(1, 41):
        held = eml(PLAIN, b"Content-Type: message/rfc822\n\n" + held.replace(b"X", b"X%d" % depth))
        if depth in (2, 4, 40):
            yield f"mails{depth}.eml", held
    nested = b"Content-Type: text/plain\n\na"
    for n in range(900):
        nested = b"Content-Type: multipart/mixed; boundary=B%d\n\n--B%d\n%s\n--B%d--\n" % (n, n, nested, n)
    yield "multiparts.eml", eml(nested)
    yield "one-boundary.eml", eml(*[b"Content-Type: multipart/mixed; boundary=X\n\n--X\n"] * 200)
    names = (
        f"../../../tmp/{ESCAPED}.txt".encode(),
        f"C:\\{ESCAPED}.txt".encode(),
        b"a\\nb.txt",
        "\u202etxt.a.txt".encode(),
        b"x" * 3_000 + b".txt",
        b"=?utf-8?b?Li4vLi4vYS50eHQ=?=",
        b"a.eml",
        b"a.zip",
    )
    for number, name in enumerate(names):
        yield f"name{number}.eml", eml(PLAIN, attached(name, TEXT.encode() + bytes([48 + number])))
    yield "head.eml", eml(PLAIN, head=b"X-A: " + b"a" * 3_000_000 + b"\n")
    yield "heads.eml", eml(PLAIN, head=b"".join(b"X-%d: a\n" % n for n in range(50_000)))
    yield "words.eml", eml(PLAIN, head=b"Reply-To: " + b"=?utf-8?q?a?= " * 20_000 + b"\n")
    yield "to.eml", eml(PLAIN, head=b"Cc: " + b"(" * 50_000 + b"a@b\n")
    yield "subject.eml", eml(PLAIN, subject="Báo cáo " * 20_000)
    yield "type.eml", eml(b"Content-Type: text/plain; charset=" + b"a" * 50_000 + b"\n\n" + TEXT.encode())
    yield (
        "parameters.eml",
        eml(
            b"Content-Type: text/plain" + b"".join(b"; name*%d=a" % n for n in range(10_000)) + b"\n\n" + TEXT.encode()
        ),
    )
    yield "charset.eml", eml(b"Content-Type: text/plain; charset=no-such\n\n" + TEXT.encode("cp1258", "replace"))
    yield "charset2.eml", eml(b"Content-Type: text/plain; charset=rot13\n\n" + TEXT.encode("cp1258", "replace"))
    yield "base64.eml", eml(b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + draw.randbytes(5_000))
    yield (
        "uuencoded.eml",
        eml(
            b"Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nbegin 666 /tmp/"
            + ESCAPED.encode()
            + b"\n"
            + draw.randbytes(100)
        ),
    )
    yield "date.eml", b"From: a@b\nDate: Tue, 99 Foo 99999999 99:99:99 +9999\nSubject: a\n\n" + TEXT.encode()
    yield "bomb.eml", eml(PLAIN, attached(b"a.zip", zipped({"a.txt": bytes(90 * 2**20)})))
    page = b"<html><body><iframe src=cid:a></iframe><p>" + TEXT.encode() + b"</p></body></html>"
    yield (
        "loop.mht",
        b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=X\n\n"
        + b"--X\nContent-Type: text/html; charset=utf-8\nContent-ID: <a>\n\n%s\n" % page * 300
        + b"--X--\n",
    )
    yield (
        "none.mht",
        b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=X\n\n--X\nContent-Type: image/png\n\na\n--X--\n",
    )
    yield "deep.mht", b"MIME-Version: 1.0\n" + nested.replace(b"text/plain", b"text/html")
    yield (
        "open.mht",
        b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=X\n\n--X\nContent-Type: text/html\n\n" + page,
    )


@kind
def old_word(draw: random.Random) -> Files:
    whole = doc()
    fat = whole.rindex(struct.pack("<I", 0xFFFFFFFD)) // 512 * 512
    for number in range(6):  # each sector leads to itself, to the first, in pairs, or anywhere
        changed = bytearray(whole)
        for sector in range(60):
            to = (sector, 0, sector ^ 1, draw.randrange(60), 0xFFFFFFFC, 2**31)[number]
            struct.pack_into("<I", changed, fat + 4 * sector, to)
        yield f"sectors{number}.doc", bytes(changed)
    for number, (place, value) in enumerate(
        {30: 0xFFFF0009, 44: 2**31, 48: 7, 60: 0, 64: 2**31, 68: 0, 72: 2**31, 76: 2**30}.items()
    ):
        changed = bytearray(whole)
        struct.pack_into("<I", changed, place, value)
        yield f"head{number}.doc", bytes(changed)
    listed = whole.index("Root Entry".encode("utf-16-le"))
    for number in range(4):  # entries that are their own neighbours and children
        changed = bytearray(whole)
        for entry in range(3):
            struct.pack_into(
                "<III", changed, listed + 128 * entry + 68, *((entry,) * 3, (0, 0, 0), (1, 2, 1), (99, 99, 99))[number]
            )
        yield f"entries{number}.doc", bytes(changed)
    yield "pieces.doc", doc(pieces=[(5_000_000 * n, 2048) for n in range(1, 4)])
    yield "pieces2.doc", doc(pieces=[(2**31, 2048)])
    yield "pieces3.doc", doc(pieces=[(100, 2**31), (50, 2048), (200, 0x40000000 | 2**29)])
    yield "pieces4.doc", doc(pieces=[(n, 2048) for n in range(1, 100_000)])
    yield "locked.doc", doc(flags=0x300)
    looks = struct.pack("<9I", *[0] * 5, *[4] * 4)
    for number in (1, 3, 12, 13, 15, 40, 56, 73, 74):
        yield f"table{number}.doc", doc(tables={number: draw.randbytes(400)})
        yield f"ones{number}.doc", doc(tables={number: b"\xff" * 400, 13: looks} if number != 13 else {13: looks})
    # Paragraphs that say they lie two thousand million tables deep.
    deep = struct.pack("<HB", 0x2416, 1) + struct.pack("<HI", 0x6649, 2**31 - 1)
    sheet = bytearray(512)
    struct.pack_into("<II", sheet, 0, 2048, 4096)
    sheet[8], sheet[511] = 100, 1
    sheet[200 : 203 + len(deep)] = bytes([(len(deep) + 3) // 2 + 1]) + b"\0\0" + deep
    text = TEXT.replace("\n", "\r").encode("utf-16-le")
    body = doc(tables={13: struct.pack("<3I", 0, 2**31 - 1, 8)})
    yield "depth.doc", body.replace(text, text.ljust(2048, b"\0") + bytes(sheet)) if len(text) < 2048 else body
    mail = bases()["a.msg"]
    for number in range(10):
        changed = bytearray(mail)
        for _ in range(30):
            struct.pack_into("<I", changed, 4 * draw.randrange(len(mail) // 4), draw.randrange(100))
        yield f"mail{number}.msg", bytes(changed)
    tree = message("a", TEXT)
    for _ in range(60):
        tree = message("a", TEXT, {"a": tree}, top=False)
    yield "mails.msg", compound(message("a", TEXT, {"a": tree}))


@kind
def rich(draw: random.Random) -> Files:
    told = RTF_TEXT
    yield "deep.rtf", rtf("{" * 9_000 + told + "}" * 9_000)
    yield "deeper.rtf", rtf("{" * 2_000_000 + told)
    yield "closing.rtf", rtf("}" * 100_000 + told)
    yield "binary.rtf", rtf(r"\bin2000000000 " + told)
    yield "binary2.rtf", rtf(r"\bin-5 " * 1_000 + told)
    yield "tables.rtf", rtf(r"\itap2000000000\intbl " + told + r"\nestcell\nestrow")
    yield "tables2.rtf", rtf(r"\itap-9\intbl " + told + r"\cell\row")
    yield "tables3.rtf", rtf("".join(rf"\itap{n} a\nestcell " for n in range(1, 3_000)) + told)
    yield "cells.rtf", rtf(r"\intbl a\cell" * 200_000 + r"\row " + told)
    yield "surrogates.rtf", rtf(r"\u-10179?\u-9205?\u-10179?" * 1_000 + told)
    yield "letters.rtf", rtf(r"\u99999999999?\u-99999999999?" + told)
    yield "stand-ins.rtf", rtf(r"\uc2000000000 \u7841 a" + told)
    yield "fonts.rtf", rtf("".join(rf"{{\fonttbl{{\f{n} A{n};}}}}" for n in range(30_000)) + told)
    yield "notes.rtf", rtf(r"{\footnote " * 500 + told + "}" * 500)
    yield "boxes.rtf", rtf(r"{\shptxt " * 500 + told + "}" * 500)
    yield "object.rtf", rtf(r"{\object\objdata " + "41" * 1_000_000 + "}" + told)
    yield "field.rtf", rtf(r'{\field{\*\fldinst INCLUDETEXT "/etc/passwd"}{\fldrslt }}' + told)
    yield "words.rtf", rtf("\\a" * 500_000 + told)
    yield "page.rtf", rtf(r"\ansicpg999999 " + told + r"\ansicpg65001 \'ff\'fe")
    yield "bytes.rtf", rtf(r"\'ff\'0g\'" * 50_000 + told)
    yield "noise.rtf", b"{\\rtf1 " + draw.randbytes(50_000)
