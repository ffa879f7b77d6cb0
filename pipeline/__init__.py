"""The steps from a file to a Report; `baocao.pipeline.analysis` puts them together."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from baocao.pipeline.analysis import analyze, analyze_file, language, warm_up

__all__ = ["analyze", "analyze_file", "language", "warm_up"]


def __getattr__(name: str) -> Any:
    """Load on first use, so that listing files, or a known file, need not load spaCy and the models."""
    if name in __all__:
        from baocao.pipeline import analysis

        return getattr(analysis, name)
    raise AttributeError(f"module 'baocao.pipeline' has no attribute {name!r}")
