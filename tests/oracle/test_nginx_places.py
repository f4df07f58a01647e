"""
Which directives nginx takes where, and with how many arguments: the table beside nginx itself.

Every directive of the reference is tried on every level. A build lacks modules: what it does not
know is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.catalog import nginx, nginx_places
from advisor.catalog.nginx import at_least
from advisor.model.subject import Subject
from advisor.rules.loader import load_folder
from tests.support.nginx_facts import reader, shown
from tests.support.nginx_servers import NGINX, check, version
from tools.nginx_probe import LEVELS, Answer, ask, complaint

RULES = Path(__file__).parents[2] / "rules" / "nginx"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


def judged(name: str, level: str) -> Answer:
    """What we say of a directive with one argument on a level."""
    if level not in nginx_places.levels(name):
        return Answer.MISPLACED
    counts = nginx_places.arguments(name, level)
    return Answer.TAKEN if counts is None or 1 in counts else Answer.COUNT


@pytest.mark.parametrize("level", sorted(LEVELS))
def test_table_and_program_agree(level: str, tmp_path: Path) -> None:
    """
    What nginx takes we never call wrong, and what it refuses we call wrong for the same reason.

    A build without the stream module knows none of its levels, so there is nothing to compare.
    """
    program, release = str(NGINX), version()
    family = level.split(maxsplit=1)[0]
    if ask(program, tmp_path, "stream", "main") is Answer.UNKNOWN and family == "stream":
        return
    differences = {}
    known = 0
    for name in nginx.all_names():
        theirs, ours = ask(program, tmp_path, name, level), judged(name, level)
        step = nginx_places.since(name, level)
        early = step is not None and at_least(release, step) is False
        if theirs is Answer.UNKNOWN or name in nginx_places.OBSOLETE or early:
            continue
        known += 1
        if theirs != ours and theirs is not Answer.SHAPE:
            differences[name] = (str(theirs), str(ours))
    taken = {name: pair for name, pair in differences.items() if pair[0] == Answer.TAKEN}

    assert taken == {}
    assert len(differences) <= known // 50, differences


@pytest.mark.parametrize("name", sorted(nginx_places.OBSOLETE))
def test_obsolete_directives(name: str, tmp_path: Path) -> None:
    """What is gone nginx does not know; what is only obsolete it still takes."""
    one = nginx_places.OBSOLETE[name]
    level = "http" if name in ("limit_zone", "http2_max_concurrent_pushes") else "server"
    gone = one.gone is not None and at_least(version(), one.gone) is True
    answer = ask(str(NGINX), tmp_path, name, level)

    assert (answer is Answer.UNKNOWN) == gone


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("server { listen 18080 multipath; }", "multipath"),
        ("server { listen 18080 quic; }", "quic"),
        ("upstream a { zone a 64k; server localhost:1 resolve; }", "resolve"),
        ("proxy_http_version 2;", "2"),
    ],
)
def test_new_parameters(text: str, word: str, tmp_path: Path) -> None:
    """A parameter that we call too new for the version is one that nginx does not know."""
    said = complaint(str(NGINX), tmp_path, f"events {{}} http {{ {text} }}")
    subjects = reader(f"events {{}} http {{ {text} }}", version=version()).subjects()
    newer = [one for one in subjects if one.target == "nginx.directive"]
    refused = f'invalid parameter "{word}"' in said or f'invalid value "{word}"' in said

    assert bool(newer) == refused


EVENTS = ("NGX712", "NGX801", "NGX802", "NGX803")
REFUSED = ("unknown directive", "not allowed here", "invalid number", "invalid parameter")


def bad_examples() -> Iterator[tuple[str, str]]:
    for rule in load_folder(RULES):
        if rule["code"] in EVENTS:
            for example in rule["examples"]["bad"]:
                yield f"{rule['code']}: {example['name']}", example["files"]["nginx.conf"]


@pytest.mark.parametrize(("name", "text"), list(bad_examples()))
def test_nginx_refuses_what_we_call_refused(name: str, text: str, tmp_path: Path) -> None:
    """In the version that is installed, and only for the reason that we give."""
    found = [one.facts for one in reader(text, version=version()).subjects() if _is_event(one)]
    refused = any(
        shown(one["directive.kind"]) != "obsolete" or shown(one["directive.gone"]) is True
        for one in found
    )
    said = check(tmp_path, text)

    assert any(saying in said for saying in REFUSED) == refused


def _is_event(subject: Subject) -> bool:
    return subject.target == "nginx.directive"
