"""Records whose repr leaves out what may hold secrets."""

from __future__ import annotations

from advisor.model import Location
from advisor.model.discreet import Discreet
from advisor.parsers.kubernetes_model import Variable
from advisor.sources.kinds import Kind
from advisor.sources.walk import Source

HERE = Location("deploy.yaml", 3)


def test_the_repr_leaves_out_what_is_untold() -> None:
    variable = Variable("PGPASSWORD", HERE, "hunter2")

    assert repr(variable).startswith("Variable(name='PGPASSWORD', location=")
    assert "hunter2" not in repr(variable)
    assert "hunter2" not in repr([Source("app.env", Kind.DOTENV, "PGPASSWORD=hunter2")])


def test_what_is_untold_still_counts() -> None:
    one, other = Variable("A", HERE, "1"), Variable("A", HERE, "2")

    assert one != other
    assert len({one, other, Variable("A", HERE, "1")}) == 2


def test_what_is_untold_is_a_field() -> None:
    import advisor.deployment.starts

    assert advisor.deployment.starts.Start in Discreet.__subclasses__()
    for record in Discreet.__subclasses__():
        assert record.untold
        assert record.untold <= set(record.__struct_fields__)
