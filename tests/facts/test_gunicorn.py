"""Facts of gunicorn: settings in force, and what follows from them."""

from __future__ import annotations

import pytest

from advisor.model import Origin, Value
from tests.support.deployments import NGINX, UVICORN, facts_of, known, origin, subjects, unknown

CPUS = "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n"


class TestSettings:
    def test_where_they_stand(self) -> None:
        """The whole assignment, so that it can be shown and replaced."""
        facts = facts_of({"gunicorn.conf.py": "\ntimeout = 60  # s\n"}, "gunicorn")
        place = facts["gunicorn.timeout"].location

        assert known(facts, "gunicorn.timeout") == 60
        assert place is not None
        assert (place.line, place.column, place.end_column) == (2, 1, 13)

    def test_defaults_stand_nowhere(self) -> None:
        facts = facts_of({"gunicorn.conf.py": ""}, "gunicorn")

        assert facts["gunicorn.timeout"].location is None
        assert origin(facts, "gunicorn.timeout") is Origin.DEFAULT
        assert known(facts, "gunicorn.workers_set") is False

    @pytest.mark.parametrize("value", ["10**400", "'many'", "[1]", "2.5"])
    def test_what_is_no_number(self, value: str) -> None:
        facts = facts_of({"gunicorn.conf.py": f"workers = {value}\n"}, "gunicorn")

        assert unknown(facts, "gunicorn.workers")
        assert unknown(facts, "gunicorn.workers_on_64")

    def test_a_setting_of_another_type_in_an_old_release(self) -> None:
        """proxy_protocol was a switch before it had several values."""
        files = {"gunicorn.conf.py": "proxy_protocol = True\n"}
        facts = facts_of(files, "gunicorn", target={"gunicorn": "20.0"})

        assert unknown(facts, "gunicorn.proxy_protocol").reason == "its value is no usable string"

    def test_slips_are_subjects(self) -> None:
        files = {"gunicorn.conf.py": "max_request = 100\n"}
        facts = facts_of(files, "gunicorn.typo")

        assert known(facts, "typo.name") == "max_request"
        assert known(facts, "typo.suggestion") == "max_requests"
        assert known(facts, "gunicorn.max_requests") == 0


class TestClass:
    @pytest.mark.parametrize(
        ("conf", "kind", "concurrency"),
        [
            ("", "sync", 1),
            ("threads = 4\n", "gthread", 4),
            ("worker_class = 'gthread'\n", "gthread", 1),
            ("worker_class = 'gevent'\nthreads = 4\n", "gevent", None),
            (UVICORN, "uvicorn", None),
            ("worker_class = 'shop.Worker'\n", "unknown", None),
        ],
    )
    def test_kind_and_requests_at_once(self, conf: str, kind: str, concurrency: int | None) -> None:
        facts = facts_of({"gunicorn.conf.py": conf}, "gunicorn")
        fact = facts["gunicorn.concurrency"]

        assert known(facts, "gunicorn.class") == kind
        assert (fact.value if isinstance(fact, Value) else None) == concurrency

    def test_threads_make_the_class(self) -> None:
        facts = facts_of({"gunicorn.conf.py": "worker_class = 'sync'\nthreads = 4\n"}, "gunicorn")
        place = facts["gunicorn.class"].location

        assert place is not None
        assert place.line == 2

    @pytest.mark.parametrize("conf", ["worker_class = load()\n", "threads = load()\n"])
    def test_what_is_not_known(self, conf: str) -> None:
        facts = facts_of({"gunicorn.conf.py": conf}, "gunicorn", host={"cpus": 4})

        for name in ("class", "concurrency", "recommended_workers"):
            assert unknown(facts, f"gunicorn.{name}")

    def test_the_class_is_not_known_by_name(self) -> None:
        facts = facts_of({"gunicorn.conf.py": "worker_class = load()\n"}, "gunicorn")

        assert unknown(facts, "gunicorn.worker_class_name")

    def test_an_assumed_class_makes_assumptions(self) -> None:
        conf = "import os\nthreads = int(os.getenv('T', '1'))\n"
        facts = facts_of({"gunicorn.conf.py": conf}, "gunicorn", host={"cpus": 4})

        assert known(facts, "gunicorn.class") == "sync"

    def test_names_of_deprecated_classes(self) -> None:
        conf = "worker_class = 'uvicorn.workers.UvicornH11Worker'\n"
        facts = facts_of({"gunicorn.conf.py": conf}, "gunicorn")

        assert known(facts, "gunicorn.worker_class_name") == "UvicornH11Worker"
        assert known(facts, "gunicorn.worker_class_successor") == "uvicorn_worker.UvicornH11Worker"


class TestWorkers:
    def test_from_the_cpus(self) -> None:
        facts = facts_of({"gunicorn.conf.py": CPUS}, "gunicorn", host={"cpus": 4})

        assert known(facts, "gunicorn.workers") == 9
        assert known(facts, "gunicorn.workers_from_cpus") is True
        assert known(facts, "gunicorn.workers_on_64") == 129

    def test_without_cpus(self) -> None:
        facts = facts_of({"gunicorn.conf.py": CPUS}, "gunicorn")

        assert unknown(facts, "gunicorn.workers").needs == ("host.cpus",)
        assert unknown(facts, "gunicorn.recommended_workers").needs == ("host.cpus",)
        assert known(facts, "gunicorn.workers_on_64") == 129

    @pytest.mark.parametrize(
        ("conf", "cpus", "workers"),
        [("", 2, 5), ("", 0.5, 3), ("", 1.5, 5), ("", 64, 12), (UVICORN, 4, 4), (UVICORN, 0.5, 1)],
    )
    def test_recommended(self, conf: str, cpus: float, workers: int) -> None:
        facts = facts_of({"gunicorn.conf.py": conf}, "gunicorn", host={"cpus": cpus})

        assert known(facts, "gunicorn.recommended_workers") == workers

    def test_half_a_cpu_is_one_for_cpu_count(self) -> None:
        facts = facts_of({"gunicorn.conf.py": CPUS}, "gunicorn", host={"cpus": 0.5})

        assert known(facts, "gunicorn.workers") == 3


class TestDefaultsOfCompose:
    COMPOSE = "services: {web: {build: ., %s}}\n"

    @pytest.mark.parametrize(
        "service",
        [
            "command: 'gunicorn --workers=${N:-3} app'",
            "command: 'gunicorn -w ${N:-3} app'",
            "command: gunicorn app, environment: {WEB_CONCURRENCY: '${N:-3}'}",
            "command: gunicorn app, environment: {GUNICORN_CMD_ARGS: '-w ${N:-3}'}",
        ],
    )
    def test_they_are_assumptions(self, service: str) -> None:
        facts = facts_of({"compose.yaml": self.COMPOSE % service}, "gunicorn")

        assert known(facts, "gunicorn.workers") == 3
        assert origin(facts, "gunicorn.workers") is Origin.ASSUMED
        assert origin(facts, "gunicorn.timeout") is Origin.DEFAULT

    @pytest.mark.parametrize(
        "conf",
        [
            "import os\nworkers = int(os.environ['N'])\n",
            "import os\nworkers = min(os.cpu_count() * 9, int(os.environ['N']))\n",
        ],
    )
    def test_in_the_configuration_file(self, conf: str) -> None:
        service = "command: gunicorn app, environment: {N: '${X:-3}', T: 9}, cpus: 4"
        files = {
            "compose.yaml": self.COMPOSE % service,
            "gunicorn.conf.py": conf + "timeout = int(os.environ['T'])\n",
        }
        facts = facts_of(files, "gunicorn")

        assert known(facts, "gunicorn.workers") == 3
        assert origin(facts, "gunicorn.workers") is Origin.ASSUMED
        assert origin(facts, "gunicorn.timeout") is Origin.EVALUATED

    def test_cpus(self) -> None:
        files = {
            "compose.yaml": self.COMPOSE % "command: gunicorn app, cpus: '${C:-2}'",
            "gunicorn.conf.py": CPUS + "timeout = 9\n",
        }
        facts = facts_of(files, "gunicorn")

        assert known(facts, "gunicorn.workers") == 5
        assert origin(facts, "gunicorn.workers") is Origin.ASSUMED
        assert origin(facts, "gunicorn.recommended_workers") is Origin.ASSUMED
        assert origin(facts, "gunicorn.timeout") is Origin.LITERAL


def test_what_stands_before_it() -> None:
    alone = {"gunicorn.conf.py": "bind = ':8000'\n"}
    behind = {**alone, "nginx.conf": NGINX % "127.0.0.1:8000"}

    assert known(facts_of(alone, "gunicorn"), "gunicorn.behind_proxy") is False
    assert known(facts_of(behind, "gunicorn"), "gunicorn.behind_proxy") is True


def test_every_application_is_a_subject() -> None:
    text = "services: {a: {build: ., command: gunicorn a}, b: {build: ., command: gunicorn b}}"
    found = subjects({"compose.yaml": text}, "gunicorn")

    assert [one.name for one in found] == ["service a", "service b"]
    assert all(known(one.facts, "gunicorn.container") for one in found)
