"""Difficulties that come back across reports though the wording differs.

`read` a report, `build` the state from all readings or `add` one more and store the rows of the `Change`; then
`difficulties` shows what comes back. `rename`, `merge`, `split` and `dismiss` are what clerks decide.
"""

from baocao.insight.difficulties.deciding import dismiss, merge, rename, split
from baocao.insight.difficulties.keeping import add, applied, build
from baocao.insight.difficulties.model import (
    Change,
    Difficulty,
    Face,
    Group,
    Member,
    Mention,
    Outline,
    Place,
    Reading,
    Role,
    Seen,
    State,
    Statement,
    Trend,
)
from baocao.insight.difficulties.portrait import Chosen, difficulties, face, looked_at, outlines, portraits, trend
from baocao.insight.difficulties.reading import read
from baocao.insight.difficulties.vectors import Embed

__all__ = [
    "Change",
    "Chosen",
    "Difficulty",
    "Embed",
    "Face",
    "Group",
    "Member",
    "Mention",
    "Outline",
    "Place",
    "Reading",
    "Role",
    "Seen",
    "State",
    "Statement",
    "Trend",
    "add",
    "applied",
    "build",
    "difficulties",
    "dismiss",
    "face",
    "looked_at",
    "merge",
    "outlines",
    "portraits",
    "read",
    "rename",
    "split",
    "trend",
]
