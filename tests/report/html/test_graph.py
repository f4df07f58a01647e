from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.report.html.graph import layered

PAIRS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=20)


def test_a_chain_has_a_layer_for_each_node() -> None:
    graph = layered([("nginx", "gunicorn"), ("gunicorn", "postgresql")])

    assert graph.layers == (("nginx",), ("gunicorn",), ("postgresql",))
    assert graph.routes[("nginx", "gunicorn")] == ("nginx", "gunicorn")


def test_an_edge_over_several_layers_bends_in_each() -> None:
    graph = layered([("app", "pooler"), ("pooler", "db"), ("app", "db")])

    assert graph.layers == (("app",), ("pooler", ("app", "db", 1)), ("db",))
    assert graph.routes[("app", "db")] == ("app", ("app", "db", 1), "db")


def test_neighbours_stand_as_what_leads_to_them_so_that_arrows_do_not_cross() -> None:
    graph = layered([("p", "a"), ("p", "b"), ("b", "y"), ("a", "x"), ("b", "z")])

    assert graph.layers[1:] == (("a", "b"), ("x", "y", "z"))


@pytest.mark.parametrize(
    "pairs", [[("a", "a")], [("a", "b"), ("b", "a")], [("a", "b"), ("b", "c"), ("c", "a")]]
)
def test_a_circle_is_cut_open(pairs: list[tuple[str, str]]) -> None:
    graph = layered(pairs)

    assert len(graph.routes) == len(pairs) - 1


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_every_edge_goes_from_layer_to_layer(pairs: list[tuple[str, str]]) -> None:
    graph = layered(pairs)
    where = {slot: rank for rank, layer in enumerate(graph.layers) for slot in layer}

    assert set(graph.routes) <= set(pairs)
    for pair, route in graph.routes.items():
        assert (route[0], route[-1]) == pair
        assert all(where[other] == where[one] + 1 for one, other in pairwise(route))
    assert all(graph.layers)
    assert len(where) == sum(map(len, graph.layers))
