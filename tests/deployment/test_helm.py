"""Values of a Helm chart: believed a little, and only where one image belongs to one chart."""

from __future__ import annotations

from advisor.deployment.model import Deployment
from advisor.model import Origin, Unknown, Value
from tests.support.deployments import deploy

CHART = {
    "Dockerfile": 'FROM python:3.12\nCMD ["gunicorn", "app:app"]\n',
    "chart/Chart.yaml": "name: shop\n",
    "chart/templates/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ x }}\n",
    "chart/values.yaml": (
        "replicaCount: 3\nresources:\n  limits: {cpu: 2, memory: 1Gi}\n  requests: {cpu: 1}\n"
    ),
}
SKIPPED = "the Helm chart in chart is not read: audit the output of helm template"


def summary(found: Deployment) -> tuple[object, ...]:
    """Copies, cpus and memory of the only application."""
    (one,) = found.applications
    parts = (one.replicas, one.host.cpus, one.host.memory)
    return tuple(None if isinstance(part, Unknown) else part.value for part in parts)


def test_copies_and_limits_are_assumed() -> None:
    found = deploy(CHART)
    (one,) = found.applications

    assert summary(found) == (3, 2.0, 2**30)
    assert isinstance(one.host.cpus, Value)
    assert (one.replicas.origin, one.host.cpus.origin) == (Origin.ASSUMED, Origin.ASSUMED)
    assert str(one.replicas.location) == "chart/values.yaml:1"
    assert found.notes == (
        SKIPPED,
        "copies and limits of Dockerfile are those of chart/values.yaml; a release may set others",
    )


def test_the_autoscaler_where_it_is_on() -> None:
    values = CHART["chart/values.yaml"]
    on = f"{values}autoscaling: {{enabled: true, maxReplicas: 9}}\n"
    off = f"{values}autoscaling: {{enabled: false, maxReplicas: 9}}\n"

    assert summary(deploy({**CHART, "chart/values.yaml": on}))[0] == 9
    assert summary(deploy({**CHART, "chart/values.yaml": off}))[0] == 3


def test_values_for_production_count_more() -> None:
    found = deploy(
        {
            **CHART,
            "chart/values-prod.yaml": "replicaCount: 8\n",
            "chart/values-dev.yaml": "replicaCount: 1\nresources: {limits: {memory: 1Mi}}\n",
        }
    )

    assert summary(found) == (8, 2.0, 2**30)


def test_two_charts_are_not_one() -> None:
    second = {path.replace("chart/", "other/"): text for path, text in CHART.items()}

    assert summary(deploy({**CHART, **second}))[0] == 1


def test_values_that_say_nothing() -> None:
    for values in ("image: x\n", "[", "replicaCount: many\n"):
        found = deploy({**CHART, "chart/values.yaml": values})

        assert summary(found) == (1, None, None)
        assert found.notes == (SKIPPED,)
