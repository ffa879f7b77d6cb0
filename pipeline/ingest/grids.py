"""Tables by their ruled lines: which words stand in which cell, and a scan's rules found on its picture.

A table is pdfplumber's, whose search for cells needs no PDF.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from baocao.pipeline.ingest.layout import Line, Place, Row, Word, line_of, rows_of

_MAX_CELL = 250  # words; what has more is a frame around text
_ACROSS, _DOWN = 40.0, 28.0  # points; letters have no strokes as long
_NEAR = 3.0  # points by which rules may miss each other
_MAX_RULES = 600  # a drawing, not a table


def is_table(table: Any) -> bool:
    """Tell a table from boxes: one row is one where a page ends within it; two cells in a row may be any two boxes."""
    return len(table.columns) > 2 or (len(table.columns) > 1 and len(table.rows) > 1)


def rows_of_tables(tables: Iterable[Any], words: list[Word]) -> tuple[list[Line], list[Word]]:
    """Return the rows of tables as lines, and the words that are in none of their cells."""
    lines: list[Line] = []
    for table in tables:
        rows, words = _rows(table, words)
        lines += rows
    return lines, words


def ruled_tables(ink: NDArray[np.bool_], unit: float) -> list[Any]:
    """Return the tables of which the rules are drawn on a straight page; a pixel is `unit` points."""
    from pdfplumber.table import (
        Table,
        cells_to_tables,
        edges_to_intersections,
        intersections_to_cells,
        merge_edges,
    )

    across, down = _rules(ink, _ACROSS / unit), _rules(ink.T, _DOWN / unit)
    if len(across) < 2 or len(down) < 2 or len(across) + len(down) > _MAX_RULES:
        return []
    edges = [_edge("h", unit * x0, unit * x1, unit * y, unit * y) for x0, x1, y in across]
    edges += [_edge("v", unit * x, unit * x, unit * y0, unit * y1) for y0, y1, x in down]
    joined = merge_edges(edges, _NEAR, _NEAR, _NEAR, _NEAR)
    cells = intersections_to_cells(edges_to_intersections(joined, _NEAR, _NEAR))
    return [table for group in cells_to_tables(cells) if is_table(table := Table(cast(Any, None), group))]


def _rules(ink: NDArray[np.bool_], length: float) -> list[tuple[float, float, float]]:
    """Return the beginning, end and height of the straight strokes across that are no shorter than a length."""
    from scipy import ndimage

    # A stroke may be lost here and there, and lie half on one row of pixels and half on the next.
    thick = ndimage.maximum_filter1d(ink.view(np.uint8), 2, axis=0)
    filled = ndimage.uniform_filter1d(thick.astype(np.float32), round(length), axis=1, mode="constant") > 0.93
    found, _ = ndimage.label(filled)
    half = 0.5 * length
    return [
        (place[1].start - half, place[1].stop + half, (place[0].start + place[0].stop - 1) / 2)
        for place in ndimage.find_objects(found)
        if place[0].stop - place[0].start < 0.25 * length  # not a picture's surface
    ]


def _edge(orientation: str, x0: float, x1: float, top: float, bottom: float) -> dict[str, Any]:
    return {"orientation": orientation, "object_type": "line", "x0": x0, "x1": x1, "top": top, "bottom": bottom,
            "width": x1 - x0, "height": bottom - top, "doctop": top}  # fmt: skip


def _rows(table: Any, words: list[Word]) -> tuple[list[Line], list[Word]]:
    """Return a table's rows as lines, and the words that are in none of its cells."""
    cells: dict[tuple[float, ...], list[Word]] = {cell: [] for row in table.rows for cell in row.cells if cell}
    rest: list[Word] = []
    for word in words:
        box = next((b for b in cells if _holds(b, word)), None) if _holds(table.bbox, word) else None
        (cells[box] if box is not None else rest).append(word)
    if max(map(len, cells.values()), default=0) > _MAX_CELL:
        return [], words
    rows = [[cells[cell] for cell in row.cells if cell and cells[cell]] for row in table.rows]
    return [_table_line(row) for row in rows if row], rest


def _holds(box: Sequence[float], word: Word) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _table_line(cells: Sequence[Row]) -> Line:
    first = line_of(rows_of(cells[0])[0])
    texts = [" ".join(line_of(row).text for row in rows_of(cell)) for cell in cells]
    return replace(first, text=" | ".join(texts), place=Place.TABLE)
