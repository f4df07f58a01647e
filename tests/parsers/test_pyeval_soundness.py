"""What is certain stays so, whatever the environment and the number of cpus turn out to be."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.parsers.pyeval import EnvDependent, Known, Library, ModuleValues, evaluate_module
from tests.support.gunicorn_programs import SHARED, STATED, UNSET, programs

environments = st.dictionaries(
    st.sampled_from([*STATED, *UNSET]), st.sampled_from(["", "0", "3", "true", "x"]), max_size=5
)
quick = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def read(text: str, env: dict[str, str] | None = None) -> ModuleValues:
    """The values of a made-up file, and of the module beside it."""
    library = Library({"shared.py": SHARED}.get)
    return evaluate_module(text, "conf.py", env=env, library=library)


@quick
@given(programs, environments)
def test_a_value_without_assumptions_holds_in_every_environment(
    text: str, env: dict[str, str]
) -> None:
    here, there = read(text), read(text, env)
    for name, assigned in here.names.items():
        outcome = assigned.outcome
        # A file that ends with an exception over its environment never gets to the name.
        if isinstance(outcome, Known) and name in there.names:
            other = there.names[name].outcome
            inner = other.default if isinstance(other, EnvDependent) else other
            if isinstance(inner, Known):
                assert inner.value == outcome.value, (name, text)


@quick
@given(programs, st.integers(1, 64))
def test_a_value_that_is_known_holds_for_every_number_of_cpus(text: str, cpus: int) -> None:
    values = read(text, STATED)
    for name, assigned in values.names.items():
        if isinstance(assigned.outcome, Known):
            settled = values.program.run(cpus).module.names[name]
            assert not settled.absent
            value = getattr(settled.value, "value", assigned.outcome.value)
            assert value == assigned.outcome.value, (name, text)
