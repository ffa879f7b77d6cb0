"""The archive: the record (truth, SQL), the originals, and the search index (a projection, rebuildable)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from baocao.index.archive import Archive, open_archive

__all__ = ["Archive", "open_archive"]


def __getattr__(name: str) -> Any:
    """Load on first use, so that a search need not load the record's SQL library."""
    if name in __all__:
        from baocao.index import archive

        return getattr(archive, name)
    raise AttributeError(f"module 'baocao.index' has no attribute {name!r}")
