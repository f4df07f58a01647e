"""Facts of the service behind an application: how it is stopped, probed and reached."""

from __future__ import annotations

import pytest

from advisor.model import Origin
from tests.support.deployments import facts_of, known, origin, unknown

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
%s
      containers:
        - name: web
          image: shop:1
          command: [gunicorn, -b, "0.0.0.0:8000", "shop:app"]
          ports: [{containerPort: 8000, name: http}]
%s
"""
COMPOSE = """\
services:
  app:
    build: .
    command: gunicorn -b 0.0.0.0:8000 shop:app
%s
"""
SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}
"""


def pod(container: str = "", spec: str = "") -> dict[str, str]:
    """A deployment with lines for its container and its pod."""
    indented = "\n".join(f"          {line}" for line in container.split("\n") if line)
    return {"web.yaml": POD % (f"      {spec}" if spec else "", indented)}


class TestStopping:
    def test_of_compose(self) -> None:
        facts = facts_of({"compose.yaml": COMPOSE % ""}, "stack.application")

        assert known(facts, "service.manager") == "compose"
        assert known(facts, "service.stop_setting") == "stop_grace_period"
        assert known(facts, "service.stop_grace") == 10.0
        assert origin(facts, "service.stop_grace") is Origin.DEFAULT

    def test_of_compose_where_it_is_written(self) -> None:
        files = {"compose.yaml": COMPOSE % "    stop_grace_period: 1m30s"}
        facts = facts_of(files, "stack.application")

        assert known(facts, "service.stop_grace") == 90.0
        assert origin(facts, "service.stop_grace") is Origin.LITERAL

    def test_what_nobody_set_is_named(self) -> None:
        facts = facts_of({"compose.yaml": COMPOSE % ""}, "stack.application")
        written = {"compose.yaml": COMPOSE % "    stop_grace_period: 1m30s"}

        assert known(facts, "service.stop_unset") == "stop_grace_period"
        assert known(facts_of(pod(), "stack.application"), "service.stop_unset") == (
            "terminationGracePeriodSeconds"
        )
        for files in (written, pod(spec="terminationGracePeriodSeconds: 5")):
            assert known(facts_of(files, "stack.application"), "service.stop_unset") is None

    def test_of_a_pod(self) -> None:
        facts = facts_of(pod(), "stack.application")

        assert known(facts, "service.manager") == "kubernetes"
        assert known(facts, "service.stop_grace") == 30.0
        assert known(facts, "service.pre_stop") is False
        assert known(facts, "service.pre_stop_time") == 0.0

    @pytest.mark.parametrize(
        ("hook", "seconds"),
        [
            ("sleep: {seconds: 7}", 7.0),
            ("exec: {command: [sleep, '12']}", 12.0),
            ("exec: {command: [/bin/sleep, 12s]}", 12.0),
            ("exec: {command: [/bin/sh, -c, sleep 5]}", 5.0),
            ("exec: {command: [bash, -c, exec sleep 5]}", 5.0),
            ("exec: {command: [/drain.sh, '5']}", None),
            ("exec: {command: [sh, -c, sleep 5 && curl localhost/drain]}", None),
            ("httpGet: {path: /drain, port: 8000}", None),
        ],
    )
    def test_what_runs_before_the_signal(self, hook: str, seconds: float | None) -> None:
        facts = facts_of(pod(f"lifecycle: {{preStop: {{{hook}}}}}"), "stack.application")

        assert known(facts, "service.pre_stop") is True
        if seconds is None:
            assert "preStop" in unknown(facts, "service.pre_stop_time").reason
        else:
            assert known(facts, "service.pre_stop_time") == seconds

    @pytest.mark.parametrize(
        ("name", "text", "manager", "seconds"),
        [
            ("a.service", "[Service]\nExecStart=/bin/gunicorn a\n", "systemd", 90.0),
            (
                "a.service",
                "[Service]\nExecStart=/bin/gunicorn a\nTimeoutStopSec=5\n",
                "systemd",
                5.0,
            ),
            (
                "supervisord.conf",
                "[supervisord]\n[program:a]\ncommand=gunicorn a\n",
                "supervisord",
                10.0,
            ),
        ],
    )
    def test_of_a_supervisor(self, name: str, text: str, manager: str, seconds: float) -> None:
        facts = facts_of({name: text}, "stack.application")

        assert known(facts, "service.manager") == manager
        assert known(facts, "service.stop_grace") == seconds

    @pytest.mark.parametrize(
        "files",
        [
            {"Procfile": "web: gunicorn a\n"},
            {"Dockerfile": 'FROM python:3.12\nCMD ["gunicorn", "a"]\n'},
            {"gunicorn.conf.py": "workers = 2\n"},
        ],
        ids=["procfile", "image", "file"],
    )
    def test_what_nobody_says(self, files: dict[str, str]) -> None:
        facts = facts_of(files, "stack.application")

        assert known(facts, "service.manager") == ""
        assert unknown(facts, "service.stop_grace").reason


class TestProbes:
    @pytest.mark.parametrize(
        ("probe", "patience"),
        [
            ("httpGet: {path: /, port: 8000}", 21.0),
            ("httpGet: {path: /, port: http}", 21.0),
            ("httpGet: {path: /, port: 9000}", None),
            ("exec: {command: [/bin/true]}", None),
            (
                "httpGet: {path: /, port: 8000}\n  periodSeconds: 5\n  failureThreshold: 4",
                16.0,
            ),
            ("httpGet: {path: /, port: 8000}\n  periodSeconds: often", None),
        ],
    )
    def test_patience(self, probe: str, patience: float | None) -> None:
        facts = facts_of(pod(f"livenessProbe:\n  {probe}"), "stack.application")

        assert known(facts, "service.liveness_patience") == patience

    def test_readiness_restarts_nothing(self) -> None:
        files = pod("readinessProbe: {httpGet: {path: /, port: 8000}}")

        assert known(facts_of(files, "stack.application"), "service.liveness_patience") is None

    def test_of_an_overlay(self) -> None:
        """A patch adds what the base does not have, and takes nothing away."""
        base = pod("livenessProbe: {httpGet: {path: /, port: 8000}, periodSeconds: 20}")
        files = {
            "base/web.yaml": base["web.yaml"],
            "base/kustomization.yaml": "resources: [web.yaml]\n",
            "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
            "prod/patch.yaml": (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: "
                "{spec: {containers: [{name: web, lifecycle: {preStop: {sleep: {seconds: 4}}}}]}}}"
            ),
        }
        facts = facts_of(files, "stack.application")

        assert known(facts, "service.liveness_patience") == 41.0
        assert known(facts, "service.pre_stop_time") == 4.0


class TestReach:
    def test_by_a_service(self) -> None:
        (text,) = pod().values()
        found = facts_of({"web.yaml": text + SERVICE}, "stack.application")

        assert known(found, "service.reached") is True
        assert known(facts_of(pod(), "stack.application"), "service.reached") is False

    @pytest.mark.parametrize(
        ("ports", "published"),
        [
            ("'8000:8000'", 8000),
            ("'80:8000'", 80),
            ("'0.0.0.0:8000:8000'", 8000),
            ("'127.0.0.1:8000:8000'", None),
            ("'[::1]:8000:8000'", None),
            ("'9000:9000'", None),
            ("'8000'", None),
        ],
    )
    def test_by_the_host(self, ports: str, published: int | None) -> None:
        facts = facts_of({"compose.yaml": COMPOSE % f"    ports: [{ports}]"}, "stack.application")

        assert known(facts, "service.published") == published


def test_limits_of_files() -> None:
    lines = "    ulimits: {nofile: {soft: 1024, hard: 4096}}"
    facts = facts_of({"compose.yaml": COMPOSE % lines}, "stack.application")
    bare = facts_of({"compose.yaml": COMPOSE % ""}, "stack.application")

    assert known(facts, "service.nofile") == 1024
    assert known(bare, "service.nofile") is None


@pytest.mark.parametrize(
    ("sysctls", "limit"),
    [
        ("    sysctls: {net.core.somaxconn: 512}", 512),
        ("    sysctls: [net.core.somaxconn=512]", 512),
        ("    sysctls: {net.ipv4.tcp_syncookies: 0}", None),
        ("", None),
    ],
)
def test_the_limit_of_backlogs(sysctls: str, limit: int | None) -> None:
    facts = facts_of({"compose.yaml": COMPOSE % sysctls}, "stack.application")

    assert known(facts, "service.somaxconn") == limit


def test_a_limit_that_is_no_number() -> None:
    files = {"compose.yaml": COMPOSE % "    sysctls: {net.core.somaxconn: many}"}

    assert unknown(facts_of(files, "stack.application"), "service.somaxconn")


@pytest.mark.parametrize(("limit", "limited"), [("    cpus: 2", True), ("", False)])
def test_whether_cpus_are_limited(limit: str, *, limited: bool) -> None:
    facts = facts_of({"compose.yaml": COMPOSE % limit}, "stack.application")

    assert known(facts, "host.limited") is limited
