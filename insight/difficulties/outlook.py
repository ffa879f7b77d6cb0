"""Whether a sentence tells of a difficulty at all, or of one that was overcome, of a result, of a plain fact.

Reports are labelled sentence by sentence before they come here; this second look catches "đã khắc phục tình trạng
thiếu biên chế". Set phrases of overcoming decide; the rest is weights learnt from the shipped training sentences.
"""

import re
from functools import cache

from baocao.insight.difficulties.wording import overcome
from baocao.models.gazetteers import rows
from baocao.text import spelling_key

_NUMBER = re.compile(r"\d[\d.,/]*")
_TOKEN = re.compile(r"[^\W_]+|[,;:%]")
LEAST = -0.25  # chosen on the building half of bench/themes


def told(text: str) -> list[str]:
    """Return the runs of one to three tokens of a sentence, each once, numbers being alike."""
    tokens = [spelling_key(t) for t in _TOKEN.findall(_NUMBER.sub(" 0 ", text))]
    runs = {" ".join(tokens[i : i + n]) for n in (1, 2, 3) for i in range(len(tokens) - n + 1)}
    return sorted(runs)


def is_difficulty(text: str) -> bool:
    """Tell whether a sentence leans towards naming a difficulty that stands."""
    return outlook(text) >= LEAST and not overcome(text)


def outlook(text: str) -> float:
    """Return how much a sentence speaks for a standing difficulty; below zero for results and facts."""
    weights = _weights()
    return weights[""] + sum(weights.get(run, 0.0) for run in told(text))


@cache
def _weights() -> dict[str, float]:
    """Return the learnt weights; the empty run holds the constant."""
    return {run if run != "(constant)" else "": float(weight) for run, weight in rows("difficulty_outlook.tsv")}
