"""A scanned page made ready for recognition: turned, straight, without red stamps and grain, at about 220 dpi.

What costs much is done only where the page needs it; most scans need nothing but the look.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

DPI = 220.0  # Tesseract brings a line to 36 pixels: 200 dpi at 13 points; smaller type is read here too
MAX_PIXELS = 60_000_000  # A3 at 400 dpi has 31 million
_LOW, _HIGH = 190.0, 270.0  # between them a page is taken as it is
_SMALL = 900  # pixels across, enough to tell the direction of lines
_POINTS = 60_000  # dark pixels that tell it
_WIDEST, _STEP, _FINE = 6.0, 0.5, 0.05  # degrees
_STRAIGHT = 0.12  # degrees; less does no harm
_RED = 45  # by so much red outshines green and blue in the ink of stamps
_GRAIN = 7.0  # grey levels of noise from which smoothing helps
_BLUR = 1 / 300  # inch


@dataclass(frozen=True, slots=True)
class Ready:
    """A grey picture and its true resolution; `inked` tells whether there is anything on it."""

    image: Image.Image
    dpi: float
    inked: bool

    def turned(self) -> Self:
        """Return the page turned round."""
        return replace(self, image=self.image.transpose(Image.Transpose.ROTATE_180))

    def ink(self) -> tuple[NDArray[np.bool_], float]:
        """Return where there is ink, on a smaller picture, and the points that a pixel of it is wide."""
        small = _shrunk(self.image)
        return _ink(small), 72 / self.dpi * self.image.width / small.width


def prepared(image: Image.Image, dpi: float) -> Ready:
    """Return a page ready to be recognised; lines run across, though perhaps upside down."""
    grey = _without_red(image)
    small = _shrunk(grey)
    ink = _ink(small)
    angle, sideways = _direction(ink)
    if sideways:
        grey = grey.transpose(Image.Transpose.ROTATE_90)
    levels = _levels(grey)
    if levels.grain > _GRAIN:
        grey = grey.filter(ImageFilter.GaussianBlur(_BLUR * dpi))
        levels = _levels(grey)
    grey = grey.point(levels.table())
    if not _LOW <= dpi <= _HIGH:
        scale = DPI / dpi
        size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
        grey, dpi = grey.resize(size, Image.Resampling.BICUBIC), DPI
    if abs(angle) > _STRAIGHT:
        grey = grey.rotate(angle, Image.Resampling.BILINEAR, fillcolor=255)
    return Ready(grey, dpi, bool(ink.mean() > 0.0005))


def _without_red(image: Image.Image) -> Image.Image:
    """Return the page in grey without the red of stamps: in red light it is as white as paper, and dark ink is not.

    Where most of the ink is red and spread over the page, it is the text.
    """
    if image.mode in ("1", "L", "LA", "I", "I;16", "F"):
        return _grey(image)
    colours = image.convert("RGB")
    small = colours.reduce(max(1, min(colours.size) // _SMALL))
    red_of_small = _redness(small)
    dark = np.asarray(small.convert("L")) < 160
    reds = np.asarray(red_of_small) > _RED
    if not reds.any() or (reds.sum() > 0.6 * (dark | reds).sum() and _spread(reds) > 0.35):
        return colours.convert("L")
    red = colours.getchannel("R")
    faint = ImageChops.multiply(
        _redness(colours).point(lambda v: 255 * (v > _RED)), red.point(lambda v: 255 * (v > 140))
    )
    red.paste(255, mask=faint)
    return red


def _spread(reds: NDArray[np.bool_]) -> float:
    """Return the part of the page's width over which nearly all of some pixels lie."""
    columns = np.nonzero(reds)[1]
    first, last = (float(np.percentile(columns, part)) for part in (2, 98))
    return (last - first) / float(reds.shape[1])


def _redness(colours: Image.Image) -> Image.Image:
    red, green, blue = colours.split()
    return ImageChops.subtract(red, ImageChops.lighter(green, blue))


def _grey(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "I;16", "F"):  # sixteen bits a pixel
        values = np.asarray(image, np.float32)
        return Image.fromarray((values * (255.0 / max(1.0, float(values.max())))).astype(np.uint8))
    return image.convert("L")


def _shrunk(grey: Image.Image) -> Image.Image:
    return grey.reduce(max(1, min(grey.size) // _SMALL))


def _ink(small: Image.Image) -> NDArray[np.bool_]:
    """Tell ink from paper: much darker than the paper around it."""
    values = np.asarray(small, np.int16)
    paper = np.asarray(small.filter(ImageFilter.BoxBlur(max(small.size) // 30)), np.int16)
    ink: NDArray[np.bool_] = values < paper - 35
    return ink


def _direction(ink: NDArray[np.bool_]) -> tuple[float, bool]:
    """Return the angle by which the lines are askew, and whether they run from bottom to top."""
    ys, xs = np.nonzero(ink)
    if len(ys) < 200:
        return 0.0, False
    every = max(1, len(ys) // _POINTS)
    x, y = xs[::every].astype(np.float32), ys[::every].astype(np.float32)
    across, along = _sharpest(x, y), _sharpest(y, -x)
    angle, sideways = (along[1], True) if along[0] > 1.3 * across[0] else (across[1], False)
    return angle, sideways


def _sharpest(x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
    """Return how sharply rows of ink part from rows of paper at the best angle, and that angle in degrees."""
    best = max((_sharpness(x, y, a), a) for a in np.arange(-_WIDEST, _WIDEST + _STEP, _STEP))
    around = np.arange(best[1] - _STEP, best[1] + _STEP, _FINE)
    sharp, angle = max((_sharpness(x, y, a), a) for a in around)
    return sharp, float(angle)


def _sharpness(x: NDArray[Any], y: NDArray[Any], degrees: float) -> float:
    rows = y - x * np.float32(np.tan(np.radians(degrees)))
    counts = np.bincount((rows - rows.min()).astype(np.int32)).astype(np.float64)
    return float(np.square(np.diff(counts)).sum())


@dataclass(frozen=True, slots=True)
class _Levels:
    """How light the paper is and how much that varies from pixel to pixel, and how dark the ink is."""

    paper: float
    grain: float
    ink: float

    def table(self) -> list[int]:
        """Return a grey level for each: paper and its grain become white, ink black."""
        white = max(self.paper - max(3.5 * self.grain, 0.1 * (self.paper - self.ink)), self.ink + 30)
        return [round(min(255.0, max(0.0, 255 * (v - self.ink) / (white - self.ink)))) for v in range(256)]


def _levels(grey: Image.Image) -> _Levels:
    values = np.asarray(grey)[:: max(1, grey.height // 400)]
    paper = float(np.median(values))
    light = values[values > paper - 80]
    grain = 1.4826 * float(np.median(np.abs(light.astype(np.float32) - paper)))
    dark = values[values < paper - 80]
    return _Levels(paper, grain, float(np.percentile(dark, 20)) if dark.size > 100 else max(0.0, paper - 200))
