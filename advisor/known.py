"""
What was there before: the findings of a baseline and of another revision.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from advisor.audit import folder_of, judge_path
from advisor.config import Settings
from advisor.errors import NothingFoundError
from advisor.model import By, Finding
from advisor.policy.baseline import Entry, known_in, read_baseline
from advisor.policy.model import Known, Policy
from advisor.policy.paths import covered
from advisor.policy.suppression import entry
from advisor.report.options import RenderOptions
from advisor.sources.revision import revision_of


def with_known(path: Path, settings: Settings, revision: str | None = None) -> Settings:
    """
    The settings with the baseline that they name, and with what a revision already held.

    Raises `BaselineError` when the baseline cannot be used, `SourceError` when the revision cannot
    be audited.
    """
    known = [known_in(settings.baseline)] if settings.baseline else []
    if revision:
        known.append(_at(path, settings, revision))
    return replace(settings, policy=replace(settings.policy, known=tuple(known)))


def _at(path: Path, settings: Settings, revision: str) -> Known:
    """
    The findings of a revision, judged with the settings of today.
    """
    entries: dict[tuple[str, str], str] = {}
    with revision_of(path, revision) as old:
        if old is not None:
            root = folder_of(old)
            for one in _parts(old, settings):
                entries[entry(one, root, root)] = one.code
    return Known(By.REVISION, revision, folder_of(path), entries)


def _parts(path: Path, settings: Settings) -> tuple[Finding, ...]:
    policy = replace(settings.policy, known=())
    try:
        return judge_path(path, settings.given, settings.rules, policy).parts
    except NothingFoundError:
        # There was nothing to audit then, so all of it is new.
        return ()


class Change(Struct, frozen=True):
    """
    A baseline and what the files hold by now.
    """

    kept: tuple[Entry, ...]
    gone: tuple[Entry, ...]
    """Entries that nothing corresponds to any more."""
    new: tuple[Entry, ...]
    """Findings that are no entries."""


def compare(
    baseline: Path, audited: Iterable[tuple[Path, Settings]], shown: RenderOptions
) -> Change:
    """
    Audit some deployments, and hold their findings against a baseline that may not exist yet.

    Entries of other deployments, and of rules that did not count or lacked a fact, are kept.
    """
    old = {one.key: one for one in read_baseline(baseline)} if baseline.exists() else {}
    folder = Path(os.path.realpath(baseline)).parent
    found: dict[tuple[str, str], Entry] = {}
    judged: set[tuple[str, str]] = set()
    for path, settings in audited:
        # An empty one: every finding has to say all.
        nothing = Known(By.BASELINE, str(baseline), folder, {})
        policy: Policy = replace(settings.policy, known=(nothing,))
        verdict = judge_path(path, settings.given, settings.rules, policy)
        root = folder_of(path)
        for one in filter(shown.shows, verdict.parts):
            key = entry(one, root, folder)
            found[key] = Entry(key[1], one.code, key[0], one.message or one.title)
        looked_at = covered(path, folder, (one.path for one in old.values()))
        judged.update(
            one.key for one in old.values() if one.path in looked_at and verdict.decides(one.rule)
        )
    kept = (one for key, one in old.items() if key in found or key not in judged)
    return Change(
        kept=tuple(found.get(one.key, one) for one in kept),
        gone=tuple(one for key, one in old.items() if key in judged and key not in found),
        new=tuple(one for key, one in found.items() if key not in old),
    )
