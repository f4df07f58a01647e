"""Files with settings that an include_dir passes over, and what is none."""

from __future__ import annotations

import pytest

from tests.support.postgres_servers import server, value

MAIN = {"postgresql.conf": "include_dir 'conf.d'\n", "conf.d/10.conf": "work_mem = 8MB\n"}
SETTING = "work_mem = 9MB\n"


def ignored(*names: str, text: str = SETTING) -> tuple[object, object]:
    """The files that are named, and whether they are set aside."""
    facts = server(MAIN | {f"conf.d/{name}": text for name in names})
    assert value(facts, "pg.work_mem") == 8 * 1024**2
    return value(facts, "pg.ignored_files"), value(facts, "pg.set_aside")


@pytest.mark.parametrize(
    "name", ["20.cnf", "20", ".20.conf", "20.CONF", "20.conf.txt", "site/20.conf", "a/b/20.conf"]
)
def test_forgotten_files(name: str) -> None:
    assert ignored(name) == ((f"conf.d/{name}",), False)


@pytest.mark.parametrize(
    "name",
    [
        *("20.conf.bak", "20.conf~", "20.conf.disabled", "20.conf.OFF", "20.conf_old"),
        *("20.conf.dpkg-old", "20.conf.rpmsave", "20.conf.2024-01-31", "20.conf.bak.old"),
    ],
)
def test_names_that_say_so(name: str) -> None:
    assert ignored(name) == ((f"conf.d/{name}",), True)


def test_what_is_set_aside_is_not_named_beside_what_is_forgotten() -> None:
    assert ignored("20.conf.bak", "30.cnf") == (("conf.d/30.cnf",), False)


@pytest.mark.parametrize("name", ["20.conf.j2", "20.conf.template", "20.conf.tpl", "20.cnf.erb"])
def test_templates_become_other_files(name: str) -> None:
    files = {"postgresql.conf": "include_dir 'conf.d'\n", "conf.d/10.conf": SETTING}
    # Not one that is taken for a server of its own: no word of it is PostgreSQL's alone.
    facts = server(files | {f"conf.d/{name}": "port = 5433\n"})

    assert value(facts, "pg.ignored_files") == ()


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "Read me first.\n", "work_mem = 9MB\nand so on\n", "colour = red\n", "\0"],
)
def test_what_is_no_configuration(text: str) -> None:
    assert ignored("20.cnf", text=text) == ((), False)


def test_not_every_file_of_a_large_folder_is_opened() -> None:
    """And few are named."""
    found, _ = ignored(*(f"{number}.cnf" for number in range(30)))

    assert found == tuple(f"conf.d/{number}.cnf" for number in (0, 1, 10, 11, 12))


def test_a_server_without_files() -> None:
    facts = server({"compose.yaml": "services:\n  db:\n    image: postgres:16\n"})

    assert value(facts, "pg.ignored_files") == ()
    assert value(facts, "pg.set_aside") is False
