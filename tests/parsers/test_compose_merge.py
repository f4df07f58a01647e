"""Override files and ``extends``: the merge rules of the Compose file reference."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.deployment.paths import join
from advisor.model import Value
from advisor.parsers.compose import ComposeDocument, Others, Service, parse_compose


def merged(base: str, *overrides: str, **env: str) -> ComposeDocument:
    """A base and its override files, named by their position."""
    files = [(f"o{number}.yaml", text) for number, text in enumerate(overrides, start=1)]
    return parse_compose("compose.yaml", base, env=env, overrides=files)


def service(base: str, *overrides: str, **env: str) -> Service:
    """Service ``s`` of fragments that are its entries."""
    texts = [f"services:\n  s:\n{_indented(text)}" for text in (base, *overrides)]
    document = merged(*texts, **env)
    assert document.problems == ()
    return document.services["s"]


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def words(one: Service) -> list[str]:
    return [word.value for word in one.command.words] if one.command else []


def environment(one: Service) -> dict[str, object]:
    return {name: v.value for name, v in one.environment.items() if isinstance(v, Value)}


class TestOverrides:
    def test_single_values_are_replaced_and_keep_their_place(self) -> None:
        found = service("image: a:1\ncpus: 1", "image: a:2")

        assert isinstance(found.image, Value)
        assert (found.image.value, str(found.image.location)) == ("a:2", "o1.yaml:3")
        assert isinstance(found.cpus, Value)
        assert str(found.cpus.location) == "compose.yaml:4"
        assert str(found.location) == "compose.yaml:2"

    def test_mappings_merge_to_any_depth(self) -> None:
        found = service(
            "deploy: {replicas: 2, resources: {limits: {cpus: '1', memory: 1g}}}",
            "deploy: {resources: {limits: {memory: 2g}}}",
        )

        assert isinstance(found.replicas, Value)
        assert isinstance(found.cpus, Value)
        assert isinstance(found.memory, Value)
        assert (found.replicas.value, found.cpus.value, found.memory.value) == (2, 1.0, 2**31)

    @pytest.mark.parametrize("field", ["command", "entrypoint"])
    def test_commands_are_replaced(self, field: str) -> None:
        found = service(f"{field}: [gunicorn, a]", f"{field}: [gunicorn, b]")
        command = found.command or found.entrypoint

        assert command is not None
        assert [word.value for word in command.words] == ["gunicorn", "b"]

    def test_words_of_a_command_are_found_in_their_own_file(self) -> None:
        found = service("image: a", "# a line more\ncommand: gunicorn -w 4")

        assert found.command is not None
        assert [str(one.location) for one in found.command.words] == ["o1.yaml:4"] * 3
        assert [one.location.column for one in found.command.words if one.location] == [14, 23, 26]

    def test_the_test_of_a_healthcheck_is_replaced(self) -> None:
        assert not service(
            "healthcheck: {test: [CMD, a]}", "healthcheck: {test: [NONE]}"
        ).has_healthcheck

    @pytest.mark.parametrize(
        ("base", "over"),
        [
            ("{A: 1, B: 1}", "{B: 2, C: 2}"),
            ("[A=1, B=1]", "[B=2, C=2]"),
            ("{A: 1, B: 1}", "[B=2, C=2]"),
            ("[A=1, B=1]", "{B: 2, C: 2}"),
        ],
    )
    def test_variables_merge_by_name_in_both_notations(self, base: str, over: str) -> None:
        found = service(f"environment: {base}", f"environment: {over}")

        assert environment(found) == {"A": "1", "B": "2", "C": "2"}

    def test_variables_of_the_shell_stay_unknown(self) -> None:
        found = service("environment: [A, B=]", "environment: {C: }")

        assert environment(found) == {"B": ""}
        assert set(found.environment) == {"A", "B", "C"}

    def test_lists_are_appended(self) -> None:
        found = service("env_file: a.env\nexpose: [1]", "env_file: [b.env]\nexpose: [2]")
        paths = [one.path.value for one in found.env_files if isinstance(one.path, Value)]

        assert paths == ["a.env", "b.env"]
        assert [one.value for one in found.expose] == [range(1, 2), range(2, 3)]

    def test_ports_are_unique_as_a_whole(self) -> None:
        found = service("ports: ['80:80', '443:443']", "ports: ['80:80', '8080:80']")
        published = [one.value.published for one in found.ports]

        assert published == [range(80, 81), range(443, 444), range(8080, 8081)]

    def test_mounts_are_unique_by_their_target(self) -> None:
        found = service("volumes: [./a:/x, ./b:/y]", "volumes: [./c:/x:ro]")

        assert [(one.value.source, one.value.target) for one in found.mounts] == [
            ("./c", "/x"),
            ("./b", "/y"),
        ]

    def test_the_short_form_of_build_is_its_context(self) -> None:
        found = service("build: ./web", "build: {target: prod}")

        assert found.build is not None
        assert isinstance(found.build.context, Value)
        assert isinstance(found.build.target, Value)
        assert (found.build.context.value, found.build.target.value) == ("./web", "prod")

    def test_reset_takes_away(self) -> None:
        found = service(
            "ports: ['80:80']\nmem_limit: 1g\nenvironment: {A: 1, B: 1}",
            "ports: !reset []\nmem_limit: !reset null\nenvironment: {A: !reset null}",
        )

        assert (found.ports, found.memory, environment(found)) == ((), None, {"B": "1"})

    def test_override_replaces_as_a_whole(self) -> None:
        found = service("ports: ['80:80']", "ports: !override ['8080:80']")

        assert [one.value.published for one in found.ports] == [range(8080, 8081)]

    def test_nothing_leaves_a_section_as_it_is(self) -> None:
        assert environment(service("environment: {A: 1}", "environment:")) == {"A": "1"}

    def test_several_files_in_order(self) -> None:
        assert words(service("command: a", "command: b", "command: ${C:-c}")) == ["c"]

    def test_services_of_all_files(self) -> None:
        document = merged(
            "services: {a: {image: a}, b: {image: b}}",
            "services: {b: !reset null, c: {image: c}}",
        )

        assert list(document.services) == ["a", "c"]

    def test_configs_of_an_override(self) -> None:
        document = merged(
            "services: {s: {configs: [c]}}\nconfigs: {c: {file: ./a}}",
            "configs: {c: {file: ./b}}",
        )

        assert [one.value.source for one in document.services["s"].mounts] == ["./b"]

    def test_a_broken_override_is_a_problem_and_the_rest_is_read(self) -> None:
        document = merged("services: {s: {image: a}}", "services: [", "services: {t: {image: b}}")

        assert [one.location.path for one in document.problems] == ["o1.yaml"]
        assert list(document.services) == ["s", "t"]


class TestExtends:
    def test_a_service_of_the_same_file(self) -> None:
        document = merged(
            "services:\n"
            "  base: {image: a, environment: {A: 1}, command: b}\n"
            "  s: {extends: {service: base}, environment: {B: 2}, command: c}\n"
            "  t: {extends: s}\n"
        )

        assert document.problems == ()
        assert words(document.services["t"]) == ["c"]
        assert environment(document.services["t"]) == {"A": "1", "B": "2"}
        assert document.services["t"].name == "t"

    def test_a_service_that_an_override_changes(self) -> None:
        document = merged(
            "services: {base: {image: a}, s: {extends: {service: base}}}",
            "services: {base: {image: b}}",
        )
        image = document.services["s"].image

        assert isinstance(image, Value)
        assert image.value == "b"

    def test_paths_of_another_folder_are_moved(self) -> None:
        others = {
            "common/base.yaml": """\
services:
  base:
    build: .
    env_file: [web.env, {path: ./x.env}]
    volumes:
      - ./conf:/etc/app
      - data:/data
      - /abs:/abs
      - {type: bind, source: ./long, target: /long}
  inner: {extends: base}
"""
        }
        document = parse_compose(
            "deploy/compose.yaml",
            "services: {s: {extends: {file: ../common/base.yaml, service: inner}}}",
            env={},
            others=Others(others.get, join),
        )
        found = document.services["s"]
        build = found.build.context if found.build else None
        env = [one.path.value for one in found.env_files if isinstance(one.path, Value)]

        assert document.problems == ()
        assert isinstance(build, Value)
        assert join("deploy", build.value) == "common"
        assert [join("deploy", one) for one in env] == ["common/web.env", "common/x.env"]
        assert [
            join("deploy", one.value.source) if one.value.kind == "bind" else one.value.source
            for one in found.mounts
        ] == ["common/conf", "data", "deploy/abs", "common/long"]
        assert found.mounts[2].value.source == "/abs"
        assert found.mounts[0].location is not None
        assert found.mounts[0].location.path == "common/base.yaml"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{s: {extends: s}}", "s extends itself, which Compose refuses"),
            ("{s: {extends: t}, t: {extends: s}}", "s extends itself, which Compose refuses"),
            ("{s: {extends: u}}", "extends u, but there is no such service"),
            (
                "{s: {extends: {file: x.yaml, service: u}}}",
                "extends u, but x.yaml is not among the files",
            ),
        ],
    )
    def test_what_cannot_be_extended(self, text: str, message: str) -> None:
        document = merged(f"services: {text}")

        assert message in [one.message for one in document.problems]
        assert "s" in document.services

    def test_a_bomb_of_extends_is_refused(self) -> None:
        names = ", ".join(f"A{number}: 1" for number in range(90))
        lines = [f"  s{n}: {{extends: s{n + 1}, environment: {{{names}}}}}" for n in range(400)]
        document = merged("services:\n" + "\n".join(lines) + "\n  s400: {image: a}\n")

        assert len(document.problems) <= 52


PARTS = st.recursive(
    st.sampled_from(["a", "1", "", "x=1", "${A}"]).map(repr) | st.just("null"),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(["image", "build", "environment", "ports", "volumes", "s", "test"]),
            inner,
            max_size=3,
        ).map(lambda pairs: "{" + ", ".join(f"{k}: {v}" for k, v in pairs.items()) + "}")
    ),
    max_leaves=8,
)


@given(PARTS, PARTS)
@settings(max_examples=200, deadline=None)
def test_whatever_is_merged_gives_a_document(base: str, over: str) -> None:
    """Forms that do not fit are problems, never errors."""
    document = merged(
        f"services: {{s: {base}}}",
        f"services: {{s: {over}, t: {{extends: s}}}}",
    )

    assert set(document.services) <= {"s", "t"}


@given(PARTS)
@settings(max_examples=100, deadline=None)
def test_an_empty_override_changes_nothing(base: str) -> None:
    """Merging is the identity where there is nothing to merge."""
    text = f"services: {{s: {base}}}"

    assert merged(text).services == merged(text, "services: {}").services
