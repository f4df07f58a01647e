"""From options to a request: what is said, what is assumed, what is refused."""

from __future__ import annotations

import pytest

from advisor.config import given_from
from advisor.errors import UsageError
from advisor.tune.model import Load, Machine, Versions
from advisor.tune.stated import Stated, parse_keep, parse_memory, parse_share, request_of

GB = 1024**3


def test_nothing_is_needed_and_everything_is_listed() -> None:
    one = request_of(Stated())

    assert one.database == one.application == Machine(4, 16 * GB)
    assert one.one_host
    assert one.load == Load("uvicorn", "web", 0.3, None, 1)
    assert one.versions == Versions(18, (1, 30), (27, 0), (1, 24))
    assert one.assumptions == (
        "all programs share one host (--layout separate)",
        "4 cpus (--host cpus=…)",
        "16 GB of memory (--host memory=…)",
        (
            "the kind of storage is not known, so the costs of reading stay PostgreSQL's own "
            "(--host storage=ssd)"
        ),
        "workers are uvicorn's (--worker)",
        "the workload is web (--workload)",
        "requests hold a connection for 30 % of their time (--db-share)",
        "the application runs once (--replicas)",
        "a worker takes 150 MB of memory (--worker-memory)",
        (
            "as many requests are in progress as the workers take on: 25 an event loop, "
            "one a thread (--concurrency)"
        ),
        "postgresql is 18 (--target postgresql=…)",
        "nginx is 1.30 (--target nginx=…)",
        "gunicorn is 27.0 (--target gunicorn=…)",
    )


def test_what_is_stated_is_not_assumed() -> None:
    host = {"cpus": "2", "memory": "4GB", "storage": "ssd", "workload": "oltp"}
    target = {"postgresql": "16.4", "nginx": "1.24", "gunicorn": "23", "pgbouncer": "1.19"}
    one = request_of(
        Stated(
            database=given_from(host, target),
            application=given_from({"cpus": "8", "memory": "2GB"}, {}),
            worker="sync",
            share=0.5,
            concurrency=7,
            replicas=2,
            resident=GB,
            one_host=False,
        )
    )

    assert one.assumptions == ()
    assert (one.database, one.application) == (Machine(2, 4 * GB, "ssd"), Machine(8, 2 * GB))
    assert one.load == Load("sync", "oltp", 0.5, 7, 2, GB)
    assert one.versions == Versions(16, (1, 24), (23,), (1, 19))


def test_a_second_host_is_like_the_first_unless_it_is_stated() -> None:
    one = request_of(Stated(database=given_from({"cpus": "2"}, {}), one_host=False))

    assert one.application == one.database
    assert "the application has a host like PostgreSQL's (--app-host)" in one.assumptions


@pytest.mark.parametrize("major", ["9.6", "11", "19"])
def test_versions_without_values(major: str) -> None:
    with pytest.raises(UsageError, match="there are no values for PostgreSQL"):
        request_of(Stated(database=given_from({}, {"postgresql": major})))


@pytest.mark.parametrize(
    ("text", "share"), [("30%", 0.3), ("0.3", 0.3), ("100%", 1), ("1", 1), (" 5 % ", 0.05)]
)
def test_shares(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["0", "0%", "1.5", "101%", "-1", "half", "", "nan", "inf%"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(UsageError, match="takes a share of a request's time"):
        parse_share(text)


def test_memory_of_a_worker() -> None:
    assert parse_memory("300MB") == 300 * 1024**2


@pytest.mark.parametrize("text", ["300", "0", "1kB", "2PB", "much", ""])
def test_what_no_worker_takes(text: str) -> None:
    with pytest.raises(UsageError, match="--worker-memory is a size"):
        parse_memory(text)


def test_a_managed_service_takes_what_it_takes() -> None:
    one = request_of(Stated(database=given_from({"platform": "rds"}, {})))

    assert any("the parameters of rds" in sentence for sentence in one.assumptions)


def test_settings_to_keep() -> None:
    kept = parse_keep(["max_connections=200, workers=4", "shared_buffers=4GB", "max_overflow=0"])

    assert kept == {
        "max_connections": 200,
        "workers": 4,
        "shared_buffers": 4 * GB,
        "max_overflow": 0,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workers", "--keep takes NAME=VALUE, got 'workers'"),
        ("worker=4", "'worker' cannot be kept (did you mean workers?)"),
        ("workers=0", "workers is a whole number, got '0'"),
        ("workers=two", "workers is a whole number, got 'two'"),
        ("workers=²", "workers is a whole number, got '²'"),
        ("pool_size=999999999999", "pool_size is a whole number, got '999999999999'"),
        ("work_mem=much", "work_mem is a size, got 'much' (for example work_mem=4GB)"),
    ],
)
def test_what_cannot_be_kept(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_keep([text])

    assert str(caught.value) == message


def test_a_name_like_no_other_gets_the_list() -> None:
    with pytest.raises(UsageError, match="one of max_connections, workers, threads"):
        parse_keep(["xyzzy=1"])
