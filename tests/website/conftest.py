"""
The site, built once with a few of the rules.
"""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from tools.website import rules

ROOT = Path(__file__).parents[2]
KEPT = {"STK001", "GUN003", "PG305", "NGX203", "EXP007", "ADV001"}
"""Rules whose pages are built: all of them take half a minute."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    The folder of the built site; a warning of the strict build is an error here.
    """
    folder = tmp_path_factory.mktemp("site")
    few = tuple(one for one in rules.entries() if one["code"] in KEPT)
    logger = logging.getLogger("mkdocs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "entries", lambda: few)
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
        logger.handlers.clear()
    return folder
