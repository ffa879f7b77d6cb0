"""Build hook: an editable install finds the root folders under the name they are imported by."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DevLinks(BuildHookInterface[Any]):
    """Link each part that the wheel includes into `.dev/baocao`, so that a new file is live at once."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the links, for editable installs only."""
        if version != "editable":
            return
        package = Path(self.root, ".dev", "baocao")
        package.mkdir(parents=True, exist_ok=True)
        parts = set(self.build_config.target_config["only-include"])
        for stray in {link.name for link in package.iterdir() if link.is_symlink()} - parts:
            (package / stray).unlink()
        for part in parts:  # right links stay: a second environment may be running from them
            with suppress(FileExistsError):
                (package / part).symlink_to(Path("..", "..", part))
