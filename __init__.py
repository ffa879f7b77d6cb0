"""baocao turns Vietnamese government meeting reports into something an office can ask questions of."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from baocao.index import open_archive
    from baocao.pipeline import analyze
    from baocao.report import Report

__version__ = "0.1.0"
__all__ = ["Report", "__version__", "analyze", "open_archive"]

_HOMES = {"Report": "baocao.report", "analyze": "baocao.pipeline", "open_archive": "baocao.index"}


def __getattr__(name: str) -> Any:
    """Load a public name on first use: `import baocao` itself stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'baocao' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
