"""
What MkDocs calls while it builds the site.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from mkdocs.structure.files import File  # noqa: E402 - behind the path of the checkout

from tools.website import links, navigation, prose, rules  # noqa: E402
from tools.website.pages import all_pages  # noqa: E402

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """
    Put every page of the folder into the navigation.
    """
    config.nav = navigation.completed(config.nav or [], Path(config.docs_dir), rules.lists())
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """
    Add the pages that are written from the code.
    """
    for uri, content in all_pages().items():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """
    Lead links of the repository to pages of the site, and codes of rules to their pages.
    """
    del config
    uri = page.file.src_uri
    known = {file.src_uri for file in files}
    return links.link_codes(prose.edited(markdown, lambda text: links.moved(text, uri)), uri, known)
