"""Pictures of the pages of an original, made in a process of their own: the file may be hostile.

Run as a program it reads a PDF (or a picture) from its input and writes a PNG: `pictures PAGE`.
"""

import resource
import subprocess
import sys
from urllib.parse import quote

from baocao.errors import UnreadableError
from baocao.report import Report

_SECONDS = 20
_MEMORY = 2 * 2**30
_WIDTH = 1_000  # pixels
_PDF = "application/pdf"


def can_show(report: Report) -> bool:
    """Tell whether the original's pages can be shown as pictures."""
    return report.source.media_type == _PDF or report.source.media_type.startswith("image/")


def picture(data: bytes, number: int) -> bytes:
    """Return a page of a PDF, or a scanned picture, as PNG; the first page is 1.

    Raises UnreadableError where it cannot be drawn.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "baocao.web.pictures", str(number)], input=data, capture_output=True,
            timeout=_SECONDS, check=True,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        raise UnreadableError("The page cannot be drawn; save the original and open it.") from error
    return done.stdout


def disposition(name: str) -> str:
    """Return the header under which a file is saved by its own name, whatever letters it has (RFC 6266)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _draw(data: bytes, number: int) -> bytes:
    import io

    from PIL import Image

    if data.lstrip()[:5] == b"%PDF-" or b"%PDF-" in data[:1024]:
        import pypdfium2

        page = pypdfium2.PdfDocument(data)[number - 1]
        image = page.render(scale=min(3.0, _WIDTH / max(1.0, page.get_width()))).to_pil()
    else:
        Image.MAX_IMAGE_PIXELS = 80_000_000
        image = Image.open(io.BytesIO(data))
        image.seek(number - 1)
        image = image.convert("RGB")
        image.thumbnail((_WIDTH, 4 * _WIDTH))
    out = io.BytesIO()
    image.convert("L" if image.mode == "L" else "RGB").save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    sys.stdout.buffer.write(_draw(sys.stdin.buffer.read(), int(sys.argv[1])))
