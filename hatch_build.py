"""Build hook: an editable install finds the root folders under the name they are imported by."""

from pathlib import Path
from shutil import rmtree
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DevLinks(BuildHookInterface[Any]):
    """Link each part that the wheel includes into `.dev/baocao`, so that a new file is live at once."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the links, for editable installs only."""
        if version != "editable":
            return
        package = Path(self.root, ".dev", "baocao")
        rmtree(package, ignore_errors=True)
        package.mkdir(parents=True)
        for part in self.build_config.target_config["only-include"]:
            (package / part).symlink_to(Path("..", "..", part))
