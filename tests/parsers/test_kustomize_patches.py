"""JSON patches: every step does what RFC 6902 says, or the whole patch does not fit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location
from advisor.parsers.kubernetes_fields import Fields
from advisor.parsers.kustomize_patches import JsonPatch, Target, operations
from advisor.parsers.yaml_nodes import ListNode, MapNode, Node, ScalarNode, read_yaml

OBJECT = "{a: 1, list: [x, y], deep: {b: {c: 2}}, 'with/slash~': 3}"


def plain(node: Node | None) -> object:
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, ListNode):
        return [plain(one) for one in node.items]
    if isinstance(node, MapNode):
        return {plain(key): plain(value) for key, value in node.pairs}
    return None


def parsed(text: str) -> Node:
    root = read_yaml("p.yaml", text).root
    assert root is not None
    return root


def patched(steps: str, text: str = OBJECT) -> object:
    found = operations(Fields(), parsed(steps))
    if found is None:
        return "not followed"
    patch = JsonPatch(Location("p.yaml", 1), Target("Deployment", "web"), found)
    return plain(patch.applied(parsed(text)))


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("{op: replace, path: /a, value: 5}", {"a": "5"}),
        ("{op: add, path: /new, value: 5}", {"new": "5"}),
        ("{op: add, path: /a, value: 5}", {"a": "5"}),
        ("{op: remove, path: /a}", {"a": None}),
        ("{op: replace, path: /deep/b/c, value: [1]}", {"deep": {"b": {"c": ["1"]}}}),
        ("{op: add, path: /list/-, value: z}", {"list": ["x", "y", "z"]}),
        ("{op: add, path: /list/0, value: z}", {"list": ["z", "x", "y"]}),
        ("{op: add, path: /list/2, value: z}", {"list": ["x", "y", "z"]}),
        ("{op: replace, path: /list/1, value: z}", {"list": ["x", "z"]}),
        ("{op: remove, path: /list/0}", {"list": ["y"]}),
        ("{op: test, path: /a, value: 1}", {}),
        ("{op: replace, path: /with~1slash~0, value: 5}", {"with/slash~": "5"}),
    ],
)
def test_one_step(step: str, changed: dict[str, object]) -> None:
    whole = plain(parsed(OBJECT))
    assert isinstance(whole, dict)
    expected = {name: one for name, one in {**whole, **changed}.items() if one is not None}

    assert patched(f"[{step}]") == expected


@pytest.mark.parametrize(
    "step",
    [
        "{op: replace, path: /none, value: 5}",
        "{op: remove, path: /none}",
        "{op: add, path: /none/deeper, value: 5}",
        "{op: add, path: /list/3, value: 5}",
        "{op: replace, path: /list/2, value: 5}",
        "{op: replace, path: /list/-, value: 5}",
        "{op: add, path: /a/b, value: 5}",
    ],
)
def test_a_step_that_does_not_fit(step: str) -> None:
    assert patched(f"[{{op: remove, path: /a}}, {step}]") is None


@pytest.mark.parametrize(
    "steps",
    [
        "[{op: move, from: /a, path: /b}]",
        "[{op: add, path: /a}]",
        "[{op: add, path: a, value: 1}]",
        "{op: add}",
        "[x]",
    ],
)
def test_what_is_not_followed(steps: str) -> None:
    assert patched(steps) == "not followed"


def test_names_are_those_of_the_object() -> None:
    assert Target("Deployment", "web").means("Deployment", "web")
    assert not Target("Deployment", "web").means("Deployment", "web2")
    assert Target("", "web").means("StatefulSet", "web")
    assert not Target("", "", certain=False).means("Deployment", "web")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "replace", "remove", "test", "move"]),
            st.text(alphabet="/ab01-~list", max_size=12),
        ),
        max_size=5,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_steps_give_an_object_or_nothing(steps: list[tuple[str, str]]) -> None:
    text = ", ".join(f"{{op: {kind}, path: '{path}', value: 1}}" for kind, path in steps)
    found = patched(f"[{text}]")

    assert found is None or found == "not followed" or isinstance(found, dict)
