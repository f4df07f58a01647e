"""Facts of gunicorn about single places: refused, repeated and overridden values."""

from __future__ import annotations

import pytest

from advisor.model import Unknown
from tests.support.deployments import facts_of, known, subjects

COMPOSE = "services:\n  app:\n    image: shop:1\n    command: {}\n"


def places(files: dict[str, str], kind: str, *names: str) -> list[tuple[object, ...]]:
    """Values of some facts of all subjects of a target."""
    found = subjects(files, kind)
    return [
        tuple(known(one.facts, f"{kind.partition('.')[2]}.{n}") for n in names) for one in found
    ]


class TestIgnored:
    @pytest.mark.parametrize(
        ("conf", "ignored"),
        [
            ("keepalive = 5\n", ("keepalive",)),
            ("keepalive = 5\nthreads = 4\n", ()),
            ("worker_class = 'gevent'\nthreads = 4\nkeepalive = 5\n", ("threads",)),
            ("worker_class = 'tornado'\nlimit_request_line = 0\n", ("limit_request_line",)),
            ("worker_class = 'asgi'\nthreads = 2\nworker_connections = 9\n", ("threads",)),
            ("worker_class = 'shop.Worker'\nthreads = 2\n", ()),
        ],
    )
    def test_what_is_set_and_has_no_effect(self, conf: str, ignored: tuple[str, ...]) -> None:
        """The table of settings and classes of workers, for what is stated."""
        facts = facts_of({"gunicorn.conf.py": conf}, "gunicorn")
        assert known(facts, "gunicorn.ignored") == ignored

    def test_nothing_is_said_without_the_class(self) -> None:
        facts = facts_of({"gunicorn.conf.py": "worker_class = load()\n"}, "gunicorn")
        assert isinstance(facts["gunicorn.ignored"], Unknown)
        assert isinstance(facts["gunicorn.limits_requests"], Unknown)

    @pytest.mark.parametrize(
        ("conf", "limits", "keeps"),
        [
            ("", True, False),
            ("threads = 2\n", False, True),
            ("worker_class = 'gevent'\n", False, True),
            ("worker_class = 'shop.Worker'\n", None, None),
        ],
    )
    def test_what_a_class_does(self, conf: str, *, limits: bool | None, keeps: bool | None) -> None:
        """timeout bounds requests of sync workers only, which keep no connection."""
        facts = facts_of({"gunicorn.conf.py": conf}, "gunicorn")
        for name, expected in (("limits_requests", limits), ("keeps_connections", keeps)):
            found = facts[f"gunicorn.{name}"]
            assert (None if isinstance(found, Unknown) else found.value) is expected


class TestRefused:
    def test_every_place_counts(self) -> None:
        """gunicorn checks a value before another place overrides it."""
        files = {
            "compose.yaml": COMPOSE.format("gunicorn -c gunicorn.conf.py -w 4 a:b"),
            "gunicorn.conf.py": "workers = 2.5\n",
        }
        assert places(files, "gunicorn.refused", "setting", "reason") == [
            ("workers", "2.5 is no whole number")
        ]

    @pytest.mark.parametrize(
        "conf",
        [
            "import os\nworkers = os.getenv('WORKERS')\n",
            "workers = load()\n",
            "header_map = 'keep'\n",
            "workers = '3'\n",
        ],
    )
    def test_what_is_not_certain(self, conf: str) -> None:
        """Variables that no file sets, values not evaluated, and settings of some releases only."""
        assert places({"gunicorn.conf.py": conf}, "gunicorn.refused", "setting") == []

    @pytest.mark.parametrize(
        ("arguments", "release", "refused"),
        [
            ("--keepalive 5", "27.0", True),
            ("--keepalive 5", "20.1", True),
            ("--keepalive 5", "99.0", False),
            ("--tolerate-dangerous-framing", "22.0", False),
            ("--tolerate-dangerous-framing", "27.0", True),
            ("--worker 5", "27.0", True),
            ("--worker 5", "22.0", False),
            ("--workers", "22.0", True),
        ],
    )
    def test_flags_of_a_release(self, arguments: str, release: str, *, refused: bool) -> None:
        """Flags come and go; what the newest release does not know may be fine in another."""
        files = {"compose.yaml": COMPOSE.format(f"gunicorn a:b {arguments}")}
        found = subjects(files, "gunicorn.refused", target={"gunicorn": release})
        assert bool(found) is refused

    def test_flags_of_an_unknown_release(self) -> None:
        """A flag that this catalogue does not hold may exist in another release."""
        files = {"compose.yaml": COMPOSE.format("gunicorn --new-flag 1 a:b")}
        assert places(files, "gunicorn.refused", "reason") == []


class TestRepeated:
    def test_the_last_counts(self) -> None:
        files = {"compose.yaml": COMPOSE.format("gunicorn -w 3 --workers=8 a:b")}
        assert places(files, "gunicorn.repeated", "flag", "setting", "first", "last") == [
            ("--workers", "workers", "3", "8")
        ]

    @pytest.mark.parametrize("arguments", ["-w 3 -w 3", "-b :1 -b :2", "-e A=1 -e B=2", "-w 3"])
    def test_what_is_no_repetition(self, arguments: str) -> None:
        files = {"compose.yaml": COMPOSE.format(f"gunicorn {arguments} a:b")}
        assert places(files, "gunicorn.repeated", "flag") == []

    def test_a_default_of_compose_may_be_meant_to_be_overridden(self) -> None:
        files = {"compose.yaml": COMPOSE.format("gunicorn -w 3 -w ${WORKERS:-4} a:b")}
        assert places(files, "gunicorn.repeated", "flag") == []


class TestOverridden:
    NAMES = ("setting", "stated", "value", "by", "to", "layer")

    def test_the_order_of_places(self) -> None:
        """Variable, file, GUNICORN_CMD_ARGS, command line: the last one counts."""
        files = {
            "compose.yaml": COMPOSE.format("gunicorn -c gunicorn.conf.py --threads 2 a:b")
            + "    environment:\n      WEB_CONCURRENCY: 9\n"
            "      GUNICORN_CMD_ARGS: --timeout 20 --threads 3\n",
            "gunicorn.conf.py": "workers = 4\ntimeout = 60\nkeepalive = 5\n",
        }
        assert sorted(places(files, "gunicorn.overridden", *self.NAMES)) == [
            ("threads", "--threads", "3", "--threads", "2", "command line"),
            ("timeout", "timeout", "60", "--timeout", "20", "GUNICORN_CMD_ARGS"),
            ("workers", "WEB_CONCURRENCY", "9", "workers", "4", "file"),
        ]

    @pytest.mark.parametrize(
        ("arguments", "conf"),
        [
            ("--timeout 60", "timeout = 60\n"),
            ("--timeout 30", "import os\ntimeout = int(os.getenv('T', '60'))\n"),
            ("--timeout 30", "timeout = load()\n"),
            ("--timeout ${T:-30}", "timeout = 60\n"),
            ("-b :8000", "bind = ':9000'\n"),
            ("--name web", "proc_name = 'shop'\n"),
        ],
    )
    def test_what_is_no_contradiction(self, arguments: str, conf: str) -> None:
        """Equal, assumed and unknown values, lists, and what belongs to one start."""
        files = {
            "compose.yaml": COMPOSE.format(f"gunicorn -c gunicorn.conf.py {arguments} a:b"),
            "gunicorn.conf.py": conf,
        }
        assert places(files, "gunicorn.overridden", "setting") == []


class TestWhole:
    @pytest.mark.parametrize(
        ("conf", "logs"),
        [
            ("", False),
            ("accesslog = '-'\n", True),
            ("logconfig_dict = {'version': 1}\n", None),
            ("accesslog = load()\n", None),
        ],
    )
    def test_who_logs_requests(self, conf: str, *, logs: bool | None) -> None:
        """A logging configuration of its own may, so nothing is said."""
        fact = facts_of({"gunicorn.conf.py": conf}, "gunicorn")["gunicorn.logs_requests"]
        assert (None if isinstance(fact, Unknown) else fact.value) is logs

    @pytest.mark.parametrize(
        ("files", "patched"),
        [
            ({}, None),
            ({"requirements.txt": "psycopg2==2.9.9\n"}, False),
            ({"requirements.txt": "psycopg2\npsycogreen\n"}, True),
        ],
    )
    def test_psycogreen(self, files: dict[str, str], *, patched: bool | None) -> None:
        """Listed, or nothing is known without a list."""
        facts = facts_of({"gunicorn.conf.py": "workers = 2\n", **files}, "gunicorn")
        fact = facts["gunicorn.psycogreen"]
        assert (None if isinstance(fact, Unknown) else fact.value) is patched

    @pytest.mark.parametrize(
        ("conf", "trusts"), [("", False), ("forwarded_allow_ips = '10.0.0.1,*'\n", True)]
    )
    def test_whom_it_trusts(self, conf: str, *, trusts: bool) -> None:
        facts = facts_of({"gunicorn.conf.py": conf}, "gunicorn")
        assert known(facts, "gunicorn.trusts_everyone") is trusts

    @pytest.mark.parametrize(
        ("conf", "disposes"),
        [
            ("workers = 2\n", False),
            ("def post_fork(server, worker):\n    server.log.info('started')\n", False),
            ("def post_fork(server, worker):\n    from a import e\n    e.dispose()\n", True),
            ("def post_fork(server, worker):\n    reset_connections()\n", None),
            ("from hooks import post_fork\n", None),
            ("from hooks import *\n", None),
        ],
    )
    def test_who_gives_up_connections(self, conf: str, *, disposes: bool | None) -> None:
        """A hook of the file itself; what it calls elsewhere may do so too."""
        fact = facts_of({"gunicorn.conf.py": conf}, "gunicorn")["gunicorn.disposes"]
        assert (None if isinstance(fact, Unknown) else fact.value) is disposes
