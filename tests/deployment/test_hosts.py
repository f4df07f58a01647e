"""What a service may use: limits, what was stated, and the smaller of both."""

from __future__ import annotations

import pytest

from advisor.deployment.model import Host
from advisor.model import Origin, Unknown, Value
from tests.support.deployments import Plain, deploy

GB = 1024**3


def host(limits: str = "", extra: str = "", stated: Plain | None = None) -> Host:
    """The host of the only database."""
    text = f"services:\n  db:\n    image: postgres\n    {limits}\n{extra}"
    return deploy({"compose.yaml": text}, host=stated or {}).databases[0].host


def number(value: object) -> object:
    return value.value if isinstance(value, Value) else None


class TestCpusAndMemory:
    @pytest.mark.parametrize(
        ("limits", "stated", "cpus", "memory"),
        [
            ("cpus: 2\n    mem_limit: 4g", {}, 2, 4 * GB),
            ("", {"cpus": 8, "memory": "16GB"}, 8, 16 * GB),
            ("cpus: 2\n    mem_limit: 4g", {"cpus": 8, "memory": "16GB"}, 2, 4 * GB),
            ("cpus: 8\n    mem_limit: 32g", {"cpus": 4, "memory": "16GB"}, 4, 16 * GB),
            ("cpus: 0.5", {}, 0.5, None),
            ("cpus: '${C}'", {"cpus": 4}, 4, None),
            ("cpuset: 0-2", {}, 3, None),
            ("cpuset: 0-2\n    cpus: 2", {}, 2, None),
            ("cpuset: 0-2\n    cpus: 4", {}, 3, None),
            ("deploy: {resources: {limits: {cpus: '1.5', memory: 512M}}}", {}, 1.5, GB // 2),
        ],
    )
    def test_the_smaller_counts(
        self, limits: str, stated: dict[str, object], cpus: float, memory: int | None
    ) -> None:
        found = host(limits, stated=stated)

        assert (number(found.cpus), number(found.memory)) == (cpus, memory)
        assert found.container

    def test_nothing_is_known(self) -> None:
        found = host()

        assert isinstance(found.cpus, Unknown)
        assert isinstance(found.memory, Unknown)
        assert isinstance(found.storage, Unknown)
        assert (found.cpus.needs, found.memory.needs) == (("host.cpus",), ("host.memory",))
        assert found.storage.needs == ("host.storage",)
        assert not found.limited

    def test_a_limit_that_depends_on_a_variable(self) -> None:
        found = host("cpus: '${C}'")

        assert isinstance(found.cpus, Unknown)
        assert "C" in found.cpus.reason
        assert found.limited

    @pytest.mark.parametrize("limits", ["cpus: 2", "cpuset: '0'"])
    def test_limits_that_cpu_count_does_not_see(self, limits: str) -> None:
        assert host(limits).limited

    def test_a_default_of_compose_is_an_assumption(self) -> None:
        found = host("cpus: ${C:-2}")

        assert isinstance(found.cpus, Value)
        assert found.cpus.origin is Origin.ASSUMED


class TestSharing:
    OTHER = "  web: {image: nginx}\n"

    @pytest.mark.parametrize(
        ("limits", "extra", "stated", "shared"),
        [
            ("", "", {}, False),
            ("", OTHER, {}, True),
            ("mem_limit: 4g", OTHER, {}, False),
            ("mem_limit: '${M}'", OTHER, {}, False),
            ("mem_limit: 4g", OTHER, {"memory": "2GB"}, True),
            ("mem_limit: 4g", OTHER, {"memory": "8GB"}, False),
            ("mem_limit: 4g", "", {"shared": True}, True),
            ("", OTHER, {"shared": False}, False),
        ],
    )
    def test_memory_of_ones_own(
        self, limits: str, extra: str, stated: dict[str, object], *, shared: bool
    ) -> None:
        """A limit gives a service memory of its own, unless the host has less."""
        found = host(limits, extra, stated).shared

        assert isinstance(found, Value)
        assert found.value is shared

    @pytest.mark.parametrize(
        "files", [{"postgresql.conf": "work_mem = 8MB\n"}, {"Dockerfile": "FROM postgres\n"}]
    )
    def test_without_services_a_host_of_its_own_is_assumed(self, files: dict[str, str]) -> None:
        (server,) = deploy(files).databases

        assert isinstance(server.host.shared, Value)
        assert server.host.shared.origin is Origin.ASSUMED


def test_what_is_stated_is_kept() -> None:
    found = host(stated={"storage": "ssd"})

    assert number(found.storage) == "ssd"


class TestSharedMemory:
    MB = 1024**2

    @pytest.mark.parametrize(
        ("limits", "size"),
        [
            ("", 64),
            ("shm_size: 256m", 256),
            ("shm_size: 0", 64),
            ("ipc: private", 64),
            ("ipc: shareable\n    shm_size: 1g", 1024),
            ("tmpfs: ['/dev/shm:size=512m']\n    shm_size: 1g", 512),
            ("volumes: [{type: tmpfs, target: /dev/shm, tmpfs: {size: 134217728}}]", 128),
            ("volumes: ['data:/dev/shm2']", 64),
        ],
    )
    def test_what_it_holds(self, limits: str, size: int) -> None:
        assert number(host(limits).shm) == size * self.MB

    @pytest.mark.parametrize(
        "limits",
        [
            "ipc: host",
            "ipc: 'service:cache'",
            "ipc: '${IPC}'",
            "shm_size: '${SHM}'",
            "tmpfs: /dev/shm",
            "volumes: ['/dev/shm:/dev/shm']",
        ],
    )
    def test_what_the_file_does_not_say(self, limits: str) -> None:
        assert isinstance(host(limits).shm, Unknown)

    def test_outside_of_compose(self) -> None:
        """What builds an image does not say how it is run; without one there is no limit."""
        (built,) = deploy({"Dockerfile": "FROM postgres\n"}).databases
        (bare,) = deploy({"postgresql.conf": "work_mem = 8MB\n"}).databases

        assert isinstance(built.host.shm, Unknown)
        assert bare.host.shm is None
