"""
Build hook: checks ``rules/`` and puts them into the wheel as one prebuilt catalogue.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface[Any]):
    """
    Writes ``advisor/rules/catalogue.json`` for the wheel and removes it again.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """
        Build the catalogue; an editable install reads ``rules/`` itself.
        """
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from advisor.rules.catalogue import build  # noqa: PLC0415 - importable only now

        build(root / "rules", self._target)
        build_data["artifacts"].append("advisor/rules/catalogue.json")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """
        A catalogue left in the tree would hide later edits of the rules.
        """
        del version, build_data, artifact_path
        self._target.unlink(missing_ok=True)

    @property
    def _target(self) -> Path:
        return Path(self.root) / "advisor" / "rules" / "catalogue.json"
