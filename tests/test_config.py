"""From options and advisor.toml to settings; every mistake is one sentence that says where."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.config import (
    FAIL_ON,
    Settings,
    given_from,
    load_settings,
    parse_fail_on,
    parse_severity,
)
from advisor.errors import ConfigError
from advisor.model import Origin, Severity, Value

GB = 1024**3


def written(folder: Path, text: str) -> Settings:
    """Settings of a folder with this advisor.toml."""
    (folder / "advisor.toml").write_text(text, encoding="utf-8")
    return load_settings(folder)


class TestOptions:
    def test_nothing_is_stated(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()

        assert load_settings(tmp_path) == Settings()

    def test_host_facts(self, tmp_path: Path) -> None:
        found = load_settings(
            tmp_path, host=["cpus=4, memory=16GB", "storage=SSD,shared=true", "cpus=2.5"]
        ).given

        assert found.cpus == Value(2.5, Origin.GIVEN)
        assert found.memory == Value(16 * GB, Origin.GIVEN)
        assert found.storage == Value("ssd", Origin.GIVEN)
        assert found.shared == Value(value=True, origin=Origin.GIVEN)

    def test_whole_cpus_are_whole_numbers(self) -> None:
        cpus = given_from({"cpus": "4.0"}, {}).cpus

        assert cpus is not None
        assert repr(cpus.value) == "4"

    def test_this_machine(self, tmp_path: Path) -> None:
        found = load_settings(tmp_path, host=["auto", "cpus=3"]).given

        assert found.cpus == Value(3, Origin.GIVEN)
        assert found.memory is not None
        assert found.memory.value > 0
        assert found.memory.note == "this machine (--host auto)"

    def test_versions(self, tmp_path: Path) -> None:
        found = load_settings(tmp_path, target=["postgresql=16,nginx=1.30.0", "gunicorn=27"])

        assert {name: one.value for name, one in found.given.versions.items()} == {
            "postgresql": (16,),
            "nginx": (1, 30, 0),
            "gunicorn": (27,),
        }

    def test_places(self, tmp_path: Path) -> None:
        found = load_settings(tmp_path, path_map=["/etc/nginx/=deploy/nginx/", "/=x", "/a="])

        assert found.given.path_map == {"/etc/nginx": "deploy/nginx", "/": "x", "/a": ""}

    @pytest.mark.parametrize(
        ("option", "text", "sentence"),
        [
            ("host", "cpus", "--host takes key=value pairs, got 'cpus'"),
            ("host", "cpus=", "--host takes key=value pairs, got 'cpus='"),
            ("host", "", "--host takes key=value pairs, got ''"),
            ("host", "cpu=4", "unknown host fact 'cpu' (did you mean 'cpus'?)"),
            ("host", "cpus=many", "cpus must be a positive number, got 'many'"),
            ("host", "cpus=0", "cpus must be a positive number, got '0'"),
            ("host", "cpus=-1", "cpus must be a positive number, got '-1'"),
            ("host", "cpus=nan", "cpus must be a positive number, got 'nan'"),
            ("host", "cpus=inf", "cpus must be a positive number, got 'inf'"),
            ("host", "memory=16", "memory must be a size, got '16' (for example memory=16GB)"),
            ("host", "memory=0GB", "memory must be a size, got '0GB' (for example memory=16GB)"),
            ("host", "memory=9999PB", "memory must be a size, got '9999PB' (for"),
            ("host", f"memory={'9' * 400}GB", "memory must be a size, got '999"),
            ("host", "storage=ramdisk", "unknown storage 'ramdisk' (one of ssd, hdd, san)"),
            ("host", "shared=maybe", "unknown value of shared 'maybe' (one of true, false)"),
            (
                "target",
                "postgresql=new",
                "postgresql=new is no version (write numbers, for example",
            ),
            ("target", "postgresql=16.", "postgresql=16. is no version"),
            ("target", "postgres=16", "unknown program 'postgres' (did you mean 'postgresql'?)"),
            ("target", "16", "--target takes key=value pairs, got '16'"),
            ("path_map", "/etc/nginx", "--path-map takes /absolute=relative, got '/etc/nginx'"),
            ("path_map", "etc=x", "--path-map takes /absolute=relative, got 'etc=x'"),
        ],
    )
    def test_mistakes(self, option: str, text: str, sentence: str, tmp_path: Path) -> None:
        options: dict[str, Any] = {option: [text]}
        with pytest.raises(ConfigError) as caught:
            load_settings(tmp_path, **options)

        assert str(caught.value).startswith(sentence)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 200


class TestFile:
    def test_everything(self, tmp_path: Path) -> None:
        found = written(
            tmp_path,
            """\
fail-on = "medium"
min-severity = "info"
rules = ["ops", "../more"]
[host]
cpus = 4
memory = "16GB"
shared = false
[target]
postgresql = 16
nginx = "1.30.0"
[path-map]
"/etc/nginx" = "nginx"
""",
        )
        assert found.fail_on is Severity.MEDIUM
        assert found.min_severity is Severity.INFO
        assert found.rules == (tmp_path / "ops", tmp_path / "../more")
        assert found.given.cpus == Value(4, Origin.GIVEN)
        assert found.given.shared == Value(value=False, origin=Origin.GIVEN)
        assert found.given.versions["nginx"].value == (1, 30, 0)
        assert found.given.path_map == {"/etc/nginx": "nginx"}

    def test_options_win(self, tmp_path: Path) -> None:
        text = '[host]\ncpus = 4\nstorage = "ssd"\n[path-map]\n"/a" = "x"\n"/b" = "y"\n'
        (tmp_path / "advisor.toml").write_text(text)
        found = load_settings(tmp_path, host=["cpus=8"], path_map=["/a=z"]).given

        assert found.cpus == Value(8, Origin.GIVEN)
        assert found.storage == Value("ssd", Origin.GIVEN)
        assert found.path_map == {"/a": "z", "/b": "y"}

    def test_the_closest_file_counts(self, tmp_path: Path) -> None:
        deploy = tmp_path / "a" / "deploy"
        deploy.mkdir(parents=True)
        (tmp_path / "advisor.toml").write_text('fail-on = "low"\n')
        assert load_settings(deploy).fail_on is Severity.LOW

        (tmp_path / "a" / "advisor.toml").write_text('fail-on = "never"\n')
        assert load_settings(deploy).fail_on is None

    def test_the_repository_is_the_end(self, tmp_path: Path) -> None:
        (tmp_path / "advisor.toml").write_text('fail-on = "low"\n')
        repository = tmp_path / "shop"
        (repository / ".git").mkdir(parents=True)

        assert load_settings(repository) == Settings()

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("fail-on = ", "is not valid TOML: Invalid value"),
            ("a = " + "[" * 5000, "is nested too deep"),
            ("fail_on = 'low'", "unknown key 'fail_on' (did you mean 'fail-on'?)"),
            ("dsn = 'postgresql://u:hunter2@h/x'", "unknown key 'dsn' (one of"),
            ("'postgresql://u:hunter2@h/x' = 1", "unknown key 'postgresql://u:***@h/x'"),
            ("fail-on = 'postgresql://u:hunter2@h/x'", "'postgresql://u:***@h/x' is no severity"),
            ("min-severity = 'never'", "'never' is no severity (one of critical, high, medium,"),
            ("fail-on = 3", "'3' is no severity"),
            ("host = 'cpus=4'", "host must be a table (write [host])"),
            ("target = []", "target must be a table (write [target])"),
            ("[host]\ncpus = [1, 2]", "cpus must be a positive number, got '[1, 2]'"),
            ("[host]\ncpus = true", "cpus must be a positive number, got 'true'"),
            ("[host]\nmemory = 'password=hunter2'", "memory must be a size, got 'password=***'"),
            ("[host.db]\ncpus = 1", "unknown host fact 'db'"),
            ("[target]\nnginx = 'password=hunter2'", "nginx=password=*** is no version"),
            ("[target]\nnginx = {a = 1}", "nginx={'a': 1} is no version"),
            ("[path-map]\nnginx = 'x'", "path-map takes /absolute=relative, got 'nginx=x'"),
            ("rules = 'ops'", "rules must be a list of folders"),
            ("rules = [1]", "rules must be a list of folders"),
            (f"fail-on = '{'x' * 9999}'", "'xxx"),
        ],
    )
    def test_mistakes(self, text: str, sentence: str, tmp_path: Path) -> None:
        """One sentence with the file's path, and never a password."""
        with pytest.raises(ConfigError) as caught:
            written(tmp_path, text)
        said = str(caught.value)

        assert said.startswith(f"{tmp_path / 'advisor.toml'}: {sentence}")
        assert "hunter2" not in said
        assert "\n" not in said
        assert len(said) < 200 + len(str(tmp_path))

    def test_a_file_that_is_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "advisor.toml").write_bytes(b"\xff\xfe")

        with pytest.raises(ConfigError, match="cannot be read"):
            load_settings(tmp_path)


@pytest.mark.parametrize("name", FAIL_ON)
def test_severities(name: str) -> None:
    assert parse_fail_on(name) is (None if name == "never" else parse_severity(name.upper()))


@given(st.text(max_size=60), st.sampled_from(["host", "target", "path_map"]))
@settings(max_examples=500, deadline=None)
def test_no_option_is_too_much(text: str, option: str) -> None:
    """Nonsense is a `ConfigError` and nothing else."""
    options: dict[str, Any] = {option: [text]}
    with suppress(ConfigError):
        load_settings(Path("/nowhere"), **options)


@given(
    st.dictionaries(
        st.sampled_from(["cpus", "memory", "storage", "shared", "nginx", "x"]),
        st.text(max_size=20) | st.integers() | st.floats() | st.booleans(),
    )
)
@settings(max_examples=500, deadline=None)
def test_no_table_is_too_much(table: dict[str, object]) -> None:
    for host, target in ((table, {}), ({}, table)):
        with suppress(ConfigError):
            given_from(host, target)
