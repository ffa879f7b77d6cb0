"""Scans that are pictures: JPG, PNG and TIFF, of which a TIFF may hold many pages."""

import io
import warnings

from PIL import Image, ImageOps, ImageSequence

from baocao.errors import LimitError
from baocao.pipeline.ingest.ocr import need_tesseract, recognise
from baocao.pipeline.ingest.pages import Page, put_together
from baocao.pipeline.ingest.picture import MAX_PIXELS
from baocao.pipeline.ingest.plain import Read

_MAX_PAGES = 500
_MAX_SIDE = 30_000  # pixels: a line of millions is no page, and takes gigabytes to load
_LARGE = f"The picture has more than {MAX_PIXELS // 10**6} million pixels a page; scan it at 300 dpi."
_SHORT_SIDE = 8.27  # inches: A4, where the picture does not say how large its page was
_LEAST, _MOST = 100, 1_300  # dpi that a scanner tells; screens and telephones say 72 or 96 whatever they mean


def read_image(data: bytes) -> Read:
    """Return the text of a scan, a page a picture.

    Raises LimitError where it is too large, NeedsProgramError where Tesseract is missing.
    """
    need_tesseract()
    pages: list[Page] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is our own
        with _opened(data) as file:
            if getattr(file, "n_frames", 1) > _MAX_PAGES:
                raise LimitError(f"The picture has more than {_MAX_PAGES} pages; split it.")
            for frame in ImageSequence.Iterator(file):
                if frame.width * frame.height > MAX_PIXELS or max(frame.size) > _MAX_SIDE:
                    raise LimitError(_LARGE)
                pages.append(recognise(_on_paper(ImageOps.exif_transpose(frame)), _dpi(frame)))
    return put_together(pages)


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "TIFF"))
    except Image.DecompressionBombError as error:
        raise LimitError(_LARGE) from error


def _on_paper(image: Image.Image) -> Image.Image:
    """Return a picture on white where it is transparent: what lies under it may be of any colour."""
    if not image.has_transparency_data:
        return image
    over = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")


def _dpi(image: Image.Image) -> float:
    told = float(image.info.get("dpi", (0.0, 0.0))[0])
    return told if _LEAST <= told <= _MOST else min(image.size) / _SHORT_SIDE
