"""
Edits of compose.yaml: spans of text, all else stays as it is.
"""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.fix.edits import RefusedError
from tests.support.fixes import change, edited

HEAD = "services:\n  web:\n    image: shop  # ours\n  db:\n"
TAIL = "\n# the end\nvolumes: {}\n"
SIZE = change("compose", "shm_size", "256m", inside=(5, 5))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    shm_size: 64m\n", "    shm_size: 256m\n"),
        ("    shm_size: 64m     # why\n", "    shm_size: 256m    # why\n"),
        ("    shm_size: '64m'\n", "    shm_size: '256m'\n"),
        ("    image: postgres:16\n", "    image: postgres:16\n    shm_size: 256m\n"),
        ("    image: postgres:16  # x\n", "    image: postgres:16  # x\n    shm_size: 256m\n"),
        (
            "    image: postgres:16\n    command:\n      - postgres\n",
            "    image: postgres:16\n    shm_size: 256m\n    command:\n      - postgres\n",
        ),
        ("    volumes:\n      - a:/b\n", "    shm_size: 256m\n    volumes:\n      - a:/b\n"),
        (
            "    image: postgres:16\n    command: |\n      postgres\n",
            "    image: postgres:16\n    shm_size: 256m\n    command: |\n      postgres\n",
        ),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_layout_stays(before: str, after: str, ends: str) -> None:
    text = f"{HEAD}{before}{TAIL}".replace("\n", ends)

    made = edited(text, SIZE)
    assert made == f"{HEAD}{after}{TAIL}".replace("\n", ends)
    assert edited(made, SIZE) == made


@pytest.mark.parametrize(
    ("service", "why"),
    [
        ("    shm_size: ${SIZE}\n", "somewhere else"),
        ("    shm_size: &size 64m\n", "somewhere else"),
        ("    shm_size: [64m]\n", "more than a value"),
        ("    shm_size:\n", "more than a value"),
        ("    <<: {image: a}\n    command: b\n", "merged in"),
        ("    {image: postgres}\n", "not written as a block"),
    ],
)
def test_what_is_refused(service: str, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        edited(HEAD + service, SIZE)


@pytest.mark.parametrize("text", ["a: [\n", "services: {}\n", "", "kind: Pod\nspec: {}\n", "- a\n"])
def test_no_service_there(text: str) -> None:
    with pytest.raises(RefusedError):
        edited(text, SIZE)


_KEYS = st.sampled_from(
    [
        "image: a  # b",
        "command: [a, b]",
        "environment:\n      A: b",
        "restart: always",
        "ports:\n      - 1:2",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_KEYS, min_size=1, unique=True))
def test_one_key_is_all_that_changes(keys: list[str]) -> None:
    text = HEAD + "".join(f"    {key}\n" for key in keys) + TAIL
    before, after = yaml.safe_load(text), yaml.safe_load(edited(text, SIZE))

    assert after["services"]["db"].pop("shm_size") == "256m"
    assert after == before
