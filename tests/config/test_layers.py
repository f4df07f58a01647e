"""Which files hold settings, and which of them wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.config import Layer, load_settings
from advisor.errors import ConfigError
from advisor.model import Confidence, Severity
from advisor.policy.choice import ESSENTIAL, RECOMMENDED, STRICT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository."""
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def stated(**data: object) -> Layer:
    keys = {key.replace("_", "-"): value for key, value in data.items()}
    return Layer(keys, Path("/here"), names={key: f"--{key}" for key in keys})


class TestProject:
    def test_a_table_of_pyproject_toml(self, root: Path) -> None:
        write(root / "pyproject.toml", "[project]\nname = 'x'\n[tool.advisor]\nfail-on = 'low'\n")

        assert load_settings(root).fail_on is Severity.LOW

    def test_advisor_toml_wins_beside_it(self, root: Path) -> None:
        write(root / "pyproject.toml", "[tool.advisor]\nfail-on = 'low'\n")
        write(root / "advisor.toml", "fail-on = 'medium'\n")

        assert load_settings(root).fail_on is Severity.MEDIUM

    def test_one_that_does_not_speak_of_the_advisor_is_passed_by(self, root: Path) -> None:
        write(root / "advisor.toml", "fail-on = 'medium'\n")
        write(root / "shop" / "pyproject.toml", "[tool.ruff]\n")
        write(root / "shop" / "deploy" / "pyproject.toml", "this is [no TOML")

        assert load_settings(root / "shop" / "deploy").fail_on is Severity.MEDIUM

    def test_mistakes_name_the_file(self, root: Path) -> None:
        write(root / "pyproject.toml", "[tool.advisor]\nfail_on = 'low'\n")

        with pytest.raises(ConfigError, match=r"pyproject.toml: unknown key 'fail_on'"):
            load_settings(root)

    def test_paths_are_relative_to_it(self, root: Path) -> None:
        write(root / "pyproject.toml", "[tool.advisor]\nrules = ['ops']\nbaseline = 'b.json'\n")
        found = load_settings(root)

        assert found.rules == (root / "ops",)
        assert found.baseline == root / "b.json"


class TestExtend:
    def test_the_nearer_file_wins_key_by_key(self, root: Path) -> None:
        write(
            root / "base" / "advisor.toml",
            'fail-on = "low"\nmin-severity = "info"\nrules = ["ops"]\nselect = ["PG"]\n'
            '[host]\ncpus = 4\nmemory = "8GB"\n[severity]\nPG101 = "low"\nPG102 = "low"\n'
            '[params.PG338]\nshare = 0.5\n[[ignore]]\nrule = "PG1"\n',
        )
        write(
            root / "shop" / "advisor.toml",
            'extend = "../base/advisor.toml"\nfail-on = "medium"\nrules = ["own"]\n'
            'ignore = ["NGX5"]\n[host]\ncpus = 8\n[severity]\nPG101 = "high"\n',
        )
        found = load_settings(root / "shop")

        assert (found.fail_on, found.min_severity) == (Severity.MEDIUM, Severity.INFO)
        assert found.rules == (root / "base" / "ops", root / "shop" / "own")
        assert found.given.cpus is not None
        assert found.given.cpus.value == 8
        assert found.given.memory is not None
        choice = found.policy.choice
        assert [(one.text, severity) for one, severity in choice.severities] == [
            ("PG101", Severity.LOW),
            ("PG102", Severity.LOW),
            ("PG101", Severity.HIGH),
        ]
        assert choice.params == {"PG338": {"share": 0.5}}
        assert [one.text for one in (*choice.on, *choice.off)] == ["PG", "NGX5"]
        assert [one.rule.text for one in found.policy.accepted] == ["PG1"]
        assert found.policy.accepted[0].folder == root / "base"

    def test_over_several_files(self, root: Path) -> None:
        write(root / "a.toml", "fail-on = 'low'\nmin-severity = 'info'\n")
        write(root / "b.toml", "extend = 'a.toml'\nfail-on = 'never'\n")
        write(root / "advisor.toml", "extend = 'b.toml'\n")
        found = load_settings(root)

        assert (found.fail_on, found.min_severity) == (None, Severity.INFO)

    def test_a_table_of_pyproject_toml(self, root: Path) -> None:
        write(root / "pyproject.toml", "[tool.advisor]\nfail-on = 'low'\n")
        write(root / "shop" / "advisor.toml", "extend = '../pyproject.toml'\n")

        assert load_settings(root / "shop").fail_on is Severity.LOW

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("extend = 'advisor.toml'", "extend goes in a circle"),
            ("extend = 'gone.toml'", "gone.toml: cannot be read"),
            ("extend = 3", "extend must be the path of a file"),
            ("extend = ''", "extend must be the path of a file"),
            ("extend = 'other.toml'", "other.toml: unknown key 'x'"),
            ("extend = 'pyproject.toml'", "pyproject.toml: has no table [tool.advisor]"),
        ],
    )
    def test_mistakes(self, text: str, sentence: str, root: Path) -> None:
        write(root / "advisor.toml", text)
        write(root / "other.toml", "x = 1")
        write(root / "pyproject.toml", "[tool.ruff]")
        with pytest.raises(ConfigError) as caught:
            load_settings(root)

        assert sentence in str(caught.value)


class TestProfiles:
    def test_what_they_change_besides_rules(self, root: Path) -> None:
        found = {}
        for profile in (ESSENTIAL, RECOMMENDED, STRICT):
            write(root / "advisor.toml", f'profile = "{profile}"\n')
            one = load_settings(root)
            found[profile] = (one.min_severity, one.fail_on, one.policy.require_reason)

        assert found == {
            ESSENTIAL: (Severity.HIGH, Severity.HIGH, False),
            RECOMMENDED: (Severity.LOW, Severity.HIGH, False),
            STRICT: (Severity.INFO, Severity.MEDIUM, True),
        }

    def test_what_is_written_wins_over_them(self, root: Path) -> None:
        write(root / "advisor.toml", 'fail-on = "critical"\n')

        assert load_settings(root, stated=stated(profile=STRICT)).fail_on is Severity.CRITICAL

    def test_the_command_line_wins(self, root: Path) -> None:
        write(root / "advisor.toml", 'profile = "essential"\nmin-confidence = "likely"\n')
        found = load_settings(root, stated=stated(profile=STRICT, min_confidence="certain"))

        assert found.policy.choice.profile == STRICT
        assert found.min_confidence is Confidence.CERTAIN

    def test_a_nearer_profile_takes_the_place_of_select(self, root: Path) -> None:
        write(root / "advisor.toml", 'select = ["PG"]\n')
        assert load_settings(root).policy.choice.narrow

        found = load_settings(root, stated=stated(profile=ESSENTIAL)).policy.choice
        assert (found.narrow, found.on) == (False, ())

    def test_a_nearer_select_takes_the_place_of_another(self, root: Path) -> None:
        write(root / "advisor.toml", 'profile = "strict"\nselect = ["PG"]\nignore = ["PG3"]\n')
        found = load_settings(root, stated=stated(select=["NGX"])).policy.choice

        assert [one.text for one in found.on] == ["NGX"]
        assert [one.text for one in found.off] == ["PG3"]
