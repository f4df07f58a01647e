"""Memory of a server, term by term, and the sizes that are advised for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.facts.terms import Terms
from advisor.model import Origin, Unknown, Value
from advisor.units import postgres_size
from tests.support.postgres_servers import findings, server, unknown, value

MB, GB = 1024**2, 1024**3
GUIDE = (
    "shared_buffers = 4GB\neffective_cache_size = 12GB\nmaintenance_work_mem = 1GB\n"
    "work_mem = 50MB\nmax_connections = 200\n"
)
POOLS = {
    "gunicorn.conf.py": "workers = 4\nworker_class = 'uvicorn_worker.UvicornWorker'\n",
    "app/db.py": (
        "from sqlalchemy import create_engine\n"
        "engine = create_engine('postgresql://db/shop', pool_size=10, max_overflow=5)\n"
    ),
}
SETTINGS = ("shared_buffers", "effective_cache_size", "maintenance_work_mem", "work_mem")


def test_the_terms_of_the_guide() -> None:
    """4 cpus, 16 GB, version 16: every number can be checked by hand."""
    facts = server(GUIDE, memory="16GB", cpus=4, major=16)
    expected = {
        "memory.backends": 200 * 10 * MB,
        "memory.maintenance": 3 * GB,
        "memory.parallel": 8,
        "memory.active": 16,
        "memory.open": 16,
        "memory.work_factor": 1.5,
        "memory.work_expected": (16 + 4) * 50 * MB * 1.5,
        "memory.work_worst": (200 + 8) * 50 * MB * 1.5,
        "memory.expected": 4 * GB + 16 * 10 * MB + 1 * GB + 20 * 50 * MB * 1.5,
        "memory.worst": 4 * GB + 200 * 10 * MB + 3 * GB + 208 * 50 * MB * 1.5,
        "memory.exact": True,
        "advice.shared_buffers": 4 * GB,
        "advice.effective_cache_size": 12 * GB,
        "advice.maintenance_work_mem": 1 * GB,
        "advice.work_mem": 6 * MB,
        "advice.lower_work_mem": 6 * MB,
        "advice.connections": None,
    }
    assert {name: value(facts, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("major", "text", "factor"),
    [
        (12, "", 1),
        (14, "", 1),
        (15, "", 1.5),
        (18, "", 1.5),
        (14, "hash_mem_multiplier = 4\n", 2.5),
        (18, "hash_mem_multiplier = 1.0\n", 1),
    ],
)
def test_hashes_may_use_more_than_work_mem(major: int, text: str, factor: float) -> None:
    assert value(server(text + "port = 5432\n", major=major), "memory.work_factor") == factor


def test_without_the_version_the_sums_are_lower_bounds() -> None:
    facts = server(GUIDE, memory="16GB", cpus=4)
    factor = facts["memory.work_factor"]
    assert isinstance(factor, Value)
    assert (factor.value, factor.origin) == (1, Origin.ASSUMED)
    worst = facts["memory.worst"]
    assert isinstance(worst, Value)
    assert worst.origin is Origin.ASSUMED
    assert unknown(facts, "memory.exact").needs == ("pg.major",)


def test_without_the_version_the_advice_suits_all_of_them() -> None:
    stated = {"memory": "16GB", "cpus": 4}
    newest = value(server(GUIDE, major=18, **stated), "advice.work_mem")
    assert value(server(GUIDE, **stated), "advice.work_mem") == newest


def test_the_version_does_not_matter_where_the_file_decides() -> None:
    text = "shared_buffers = 1GB\nhash_mem_multiplier = 2\n"
    assert value(server(text), "memory.exact") is True
    text += "autovacuum_work_mem = 2GB\n"
    assert unknown(server(text), "memory.exact").needs == ("pg.major",)


def test_a_template_is_no_reason_to_assume_anything() -> None:
    facts = server("hash_mem_multiplier = '{{ multiplier }}'\n", major=16)
    assert "template" in unknown(facts, "memory.work_factor").reason
    assert "template" in unknown(facts, "memory.worst").reason


@pytest.mark.parametrize(
    ("text", "major", "size"),
    [
        ("maintenance_work_mem = 256MB\n", 16, 3 * 256 * MB),
        ("maintenance_work_mem = 4GB\n", 16, 3 * GB),
        ("maintenance_work_mem = 4GB\n", 17, 12 * GB),
        ("maintenance_work_mem = 4GB\nautovacuum_work_mem = 64MB\n", 17, 3 * 64 * MB),
        ("autovacuum_work_mem = 64MB\nautovacuum_max_workers = 10\n", 17, 640 * MB),
    ],
)
def test_autovacuum_takes_its_own_memory_else_that_of_maintenance(
    text: str, major: int, size: int
) -> None:
    """Before 17 a worker used at most 1 GB."""
    assert value(server(text, major=major), "memory.maintenance") == size


@pytest.mark.parametrize(
    ("text", "helpers"),
    [
        ("port = 5432\n", 8),
        ("max_parallel_workers = 4\n", 4),
        ("max_worker_processes = 2\n", 2),
        ("max_parallel_workers_per_gather = 0\n", 0),
        ("max_connections = 3\n", 6),
    ],
)
def test_parallel_workers_have_several_bounds(text: str, helpers: int) -> None:
    assert value(server(text), "memory.parallel") == helpers


def test_known_pools_say_how_many_connections_are_open() -> None:
    """Without them max_connections is only a bound, and the busy ones are expected."""
    text = "max_connections = 200\n"
    alone = server(text, cpus=2, major=16)
    assert (value(alone, "connections.planned"), value(alone, "memory.open")) == (200, 8)
    pooled = server({**POOLS, "postgresql.conf": text}, cpus=2, major=16)
    assert (value(pooled, "connections.planned"), value(pooled, "memory.open")) == (60, 60)
    assert value(pooled, "memory.active") == 8


def test_an_unknown_host_leaves_what_depends_on_it_unknown() -> None:
    facts = server(GUIDE, major=16)
    assert unknown(facts, "memory.active").needs == ("host.cpus",)
    assert unknown(facts, "memory.expected").needs == ("host.cpus",)
    assert unknown(facts, "advice.work_mem").needs == ("host.memory",)
    assert unknown(facts, "advice.cure").needs == ("host.memory",)
    assert value(facts, "memory.worst") == 24768 * MB


@pytest.mark.parametrize(
    ("memory", "shared", "sizes"),
    [
        ("256MB", "false", (64 * MB, 192 * MB, 16 * MB)),
        ("1GB", "false", (256 * MB, 768 * MB, 64 * MB)),
        ("4GB", "false", (1 * GB, 3 * GB, 256 * MB)),
        ("4GB", "true", (1 * GB, 2 * GB, 256 * MB)),
        ("10GB", "false", (2560 * MB, 7680 * MB, 640 * MB)),
        ("64GB", "true", (16 * GB, 32 * GB, 1 * GB)),
    ],
)
def test_sizes_that_follow_from_the_memory(
    memory: str, shared: str, sizes: tuple[int, int, int]
) -> None:
    facts = server("port = 5432\n", memory=memory, shared=shared, major=16)
    names = ("shared_buffers", "effective_cache_size", "maintenance_work_mem")
    assert tuple(value(facts, f"advice.{name}") for name in names) == sizes


@pytest.mark.parametrize(("major", "size"), [(16, GB), (17, 2 * GB), (None, GB)])
def test_vacuum_can_use_more_from_17_on(major: int | None, size: int) -> None:
    facts = server("port = 5432\n", memory="64GB", major=major)
    assert value(facts, "advice.maintenance_work_mem") == size


def test_unknown_settings_do_not_keep_the_advice_back() -> None:
    """Up to 14 the default of shared_buffers differs; what is advised does not depend on it."""
    facts = server("work_mem = 128MB\nmax_connections = 100\n", memory="32GB", cpus=4)
    assert isinstance(facts["memory.worst"], Unknown)
    assert value(facts, "advice.work_mem") == 43 * MB


def test_lower_work_mem_is_absent_where_it_is_no_cure() -> None:
    low = server("work_mem = 4MB\nshared_buffers = 512MB\n", memory="1GB", cpus=1, major=16)
    assert value(low, "advice.lower_work_mem") is None
    large = server("work_mem = 64MB\nmax_connections = 500\n", memory="2GB", cpus=1, major=16)
    assert value(large, "advice.lower_work_mem") is None
    assert value(large, "advice.work_mem") == 4 * MB


CURES = {
    "work_mem = 50MB\nmax_connections = 100\nshared_buffers = 2GB\n": (
        "work_mem = 6MB brings the worst case to 4.1 GB; roles and statements that need more get "
        "it with ALTER ROLE or SET LOCAL."
    ),
    "shared_buffers = 7GB\n": "Lower shared_buffers to 2GB.",
    "shared_buffers = 2GB\nmaintenance_work_mem = 1GB\nautovacuum_max_workers = 8\n": (
        "Lower autovacuum_work_mem to 128MB."
    ),
    "max_connections = 1000\nshared_buffers = 2GB\n": (
        "Lower max_connections and the pools to about 180, with a pooler in transaction mode if "
        "need be."
    ),
    "max_connections = 1000\nshared_buffers = 6GB\nwork_mem = 8MB\n": (
        "Lower shared_buffers to 2GB, work_mem to 4MB, max_connections and the pools to about 180, "
        "with a pooler in transaction mode if need be."
    ),
}


@pytest.mark.parametrize("text", CURES)
def test_the_cure_names_what_is_too_large(text: str) -> None:
    facts = server(text, memory="8GB", cpus=4, major=16)
    assert value(facts, "advice.cure") == CURES[text]


def _advised(text: str, **stated: object) -> str:
    facts = server(text, **stated)
    sizes = {name: value(facts, f"advice.{name}") for name in SETTINGS}
    written = (f"{name} = {postgres_size(size)}\n" for name, size in sizes.items())  # type: ignore[arg-type]  # sizes are numbers
    return text + "".join(written)


STATED = st.fixed_dictionaries(
    {
        "memory": st.integers(256, 2**20).map("{}MB".format),
        "cpus": st.integers(1, 128),
        "shared": st.sampled_from(["true", "false"]),
        "major": st.sampled_from([None, 12, 14, 16, 17, 18]),
    }
)


@settings(max_examples=150, deadline=None)
@given(STATED, st.integers(10, 1000))
def test_our_own_advice_is_not_found_fault_with(
    stated: dict[str, object], connections: int
) -> None:
    """Of the rules about memory none fires, unless it is too small for the connections."""
    found = findings(_advised(f"max_connections = {connections}\n", **stated), **stated)
    about_memory = {code: one for code, one in found.items() if "PG301" <= code <= "PG310"}
    rest = about_memory.pop("PG305", None)
    assert about_memory == {}
    assert rest is None or rest.recommendation.startswith("Lower max_connections and the pools")


@settings(max_examples=300, deadline=None)
@given(STATED, st.integers(1, 5000), st.integers(64, 2**21), st.integers(16, 2**24))
def test_advice_never_raises_work_mem_to_cure_a_lack_of_memory(
    stated: dict[str, object], connections: int, work: int, buffers: int
) -> None:
    text = f"max_connections = {connections}\nwork_mem = {work}kB\nshared_buffers = {buffers}\n"
    facts = server(text, **stated)
    lower = facts["advice.lower_work_mem"]
    if isinstance(lower, Value) and lower.value is not None:
        assert lower.value < work * 1024  # type: ignore[operator]  # a number by schema
    fewer = value(facts, "advice.connections")
    assert fewer is None or 10 <= fewer < connections  # type: ignore[operator]  # as above


def test_no_connections_at_all_divide_nothing_by_zero() -> None:
    """A gunicorn without workers is refused elsewhere; here it must not break the sums."""
    files = {**POOLS, "gunicorn.conf.py": "workers = 0\n", "postgresql.conf": GUIDE}
    facts = server(files, memory="16GB", cpus=4, major=16)
    assert facts["advice.work_mem"] is not None


def test_terms_pass_on_why_they_are_unknown() -> None:
    place = Unknown("nobody said", needs=("host.cpus",))
    sheet = Terms({"a": place, "b": Value(None, Origin.DEFAULT), "c": Value(2, Origin.ASSUMED)})
    for name in ("a", "b", "c"):
        sheet.add(f"2{name}", lambda term: 2 * term, name)
    assert sheet["2a"] == place
    assert sheet["2b"] == Unknown("b has no value", needs=("b",))
    assert sheet["2c"] == Value(4, Origin.ASSUMED)
    assert (sheet.number("2c"), sheet.number("a"), sheet.number("b")) == (4, None, None)


COMPOSE = "services:\n  db:\n    image: postgres:{}\n    command: postgres {}\n"


@pytest.mark.parametrize(
    ("major", "options", "size"),
    [
        (16, "", 3 * 2 * 4),
        (14, "", 3 * 4),
        (12, "", 3 * 4),
        (16, "-c work_mem=32MB", 3 * 2 * 32),
        (16, "-c work_mem=32MB -c hash_mem_multiplier=1.5", 3 * 1.5 * 32),
        (16, "-c max_parallel_workers_per_gather=7 -c max_parallel_workers=4", 5 * 2 * 4),
        (16, "-c max_worker_processes=1", 2 * 2 * 4),
        (16, "-c max_parallel_workers_per_gather=0", 0),
    ],
)
def test_what_a_parallel_hash_join_shares(major: int, options: str, size: float) -> None:
    """Every process and the leader bring in what they may use for a hash table."""
    facts = server({"compose.yaml": COMPOSE.format(major, options)})

    assert value(facts, "memory.parallel_hash") == size * MB


def test_room_for_shared_memory() -> None:
    """That of the container, and what the server sets aside from version 14 on."""
    option = "-c min_dynamic_shared_memory=32MB"
    set_aside = server({"compose.yaml": COMPOSE.format(16, option)})
    plain = server({"compose.yaml": COMPOSE.format(12, "")})
    shared = server({"compose.yaml": COMPOSE.format(16, "") + "    ipc: host\n"})

    assert value(set_aside, "memory.room") == 96 * MB
    assert value(plain, "memory.room") == value(plain, "host.shm") == 64 * MB
    assert unknown(shared, "memory.room") == unknown(shared, "host.shm")
    assert value(server("work_mem = 8MB\n"), "memory.room") is None


@pytest.mark.oracle
@pytest.mark.parametrize("memory", ["256MB", "1000MB", "3GB", "7GB", "16GB", "100GB", "1000GB"])
def test_a_real_server_takes_what_is_advised(tmp_path: Path, memory: str) -> None:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs:
        pytest.skip("no PostgreSQL server found below /usr/lib/postgresql")
    text = _advised("max_connections = 100\n", memory=memory, cpus=4)
    (tmp_path / "postgresql.conf").write_text(text)
    for name in SETTINGS:
        answer = subprocess.run(
            [programs[-1], "-C", name, "-D", tmp_path], capture_output=True, text=True, check=False
        )
        assert answer.returncode == 0, answer.stderr
        block = 8192 if name in {"shared_buffers", "effective_cache_size"} else 1024
        assert int(answer.stdout) * block == value(server(text), f"pg.{name}")
