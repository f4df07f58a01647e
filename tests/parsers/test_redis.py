"""redis.conf and command lines of redis-server: what counts, and where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Location, Origin, Unknown, Value
from advisor.parsers.redis import (
    RedisDocument,
    inner_words,
    option_words,
    read_redis,
    split_words,
    starts_tool,
)
from advisor.sources.tree import MemoryTree

PLACE = Location("compose.yaml", 4)


def read(text: str, **more: str) -> RedisDocument:
    """The document of one file, with further files beside it."""
    return read_redis("redis.conf", MemoryTree({"redis.conf": text, **more}))


def values(document: RedisDocument) -> dict[str, object]:
    """Settings by name; what is not known as its reason."""
    return {
        name: one.value if isinstance(one, Value) else one.reason
        for name, one in document.settings.items()
    }


def test_the_last_line_wins_and_saves_add_up() -> None:
    text = "timeout 1\nTIMEOUT 2\nsave 900 1\nsave 300 10\n"

    assert values(read(text)) == {"timeout": 2, "save": "900 1 300 10"}


def test_an_empty_save_forgets_those_before_it() -> None:
    assert values(read('save 900 1\nsave ""\n')) == {"save": ""}
    assert values(read('save 900 1\nsave ""\nsave 5 5\n')) == {"save": "5 5"}


def test_every_value_has_its_place() -> None:
    document = read("# cache\n\n  maxmemory 2gb\n")

    assert document.settings["maxmemory"] == Value(
        2 * 1024**3, Origin.LITERAL, Location("redis.conf", 3, 3, 3, 16)
    )


def test_passwords_are_not_kept() -> None:
    document = read("requirepass s3cret\nuser app on >s3cret ~* +@all\nmasterauth s3cret\n")

    assert values(document) == {"requirepass": True}
    assert [place.line for place in document.users] == [2]
    assert "s3cret" not in repr(document)


def test_a_refused_password_is_not_shown() -> None:
    document = read("requirepass s3cret s3cret\n")

    assert [one.message for one in document.problems] == [
        "Redis refuses this: requirepass takes one word"
    ]
    assert "s3cret" not in repr(document)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("maxmemory 2gb # half", "maxmemory takes one word, not 3"),
        ("maxmemory 1.5gb", "1.5gb is no value of maxmemory"),
        ("appendonly on", "on is no value of appendonly"),
        ('dir "/data', "quotes do not match up"),
        ("save 60", "save takes pairs of seconds and changes"),
        ("rename-command KEYS", "rename-command needs more words"),
    ],
)
def test_what_redis_refuses_is_a_problem(line: str, message: str) -> None:
    document = read(f"timeout 5\n{line}\n")

    assert [(one.message, one.location.line) for one in document.problems] == [
        (f"Redis refuses this: {message}", 2)
    ]


def test_files_are_included_in_place() -> None:
    document = read(
        "timeout 1\ninclude more.conf\ntimeout 3\n", **{"more.conf": "hz 50\ntimeout 2"}
    )

    assert values(document) == {"timeout": 3, "hz": 50}
    assert document.complete
    assert document.files == ("redis.conf", "more.conf")


@pytest.mark.parametrize(
    "line",
    ["include /etc/redis/more.conf", "include ../x.conf", "include *.conf", "include no.conf"],
)
def test_what_is_elsewhere_leaves_the_rest_open(line: str) -> None:
    assert not read(line).complete


def test_files_that_include_each_other_end() -> None:
    document = read("include b.conf", **{"b.conf": "include redis.conf\nhz 20"})

    assert (values(document), document.complete) == ({"hz": 20}, False)


def test_what_is_filled_in_later_is_unknown() -> None:
    document = read("maxmemory ${MAXMEMORY}\nrequirepass {{ password }}\n")

    assert document.template
    assert document.problems == ()
    assert all(isinstance(one, Unknown) for one in document.settings.values())


@pytest.mark.parametrize(
    ("command", "path", "expected"),
    [
        ("redis-server", "", {}),
        ("redis-server /usr/local/etc/redis.conf", "/usr/local/etc/redis.conf", {}),
        ("docker-entrypoint.sh redis-server --hz 20", "", {"hz": 20}),
        ("--maxmemory 1mb --hz 20", "", {"maxmemory": 1024**2, "hz": 20}),
        ("x.conf --hz 20", "x.conf", {"hz": 20}),
        ("valkey-server - --save 60 5 --bind 10.0.0.1", "", {"save": "60 5", "bind": "10.0.0.1"}),
        ("/usr/bin/redis-server --requirepass word", "", {"requirepass": True}),
    ],
)
def test_command_lines(command: str, path: str, expected: dict[str, object]) -> None:
    found = option_words([(word, PLACE) for word in command.split()])

    assert found is not None
    assert found[0] == path
    assert values(read_redis("", MemoryTree({}), found[1])) == expected


@pytest.mark.parametrize("command", ["", "redis-cli ping", "sh -c start.sh", "redis-sentinel x"])
def test_other_programs_are_not_taken_for_redis(command: str) -> None:
    assert option_words([(word, PLACE) for word in command.split()]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis-server --hz 20", {"hz": 20}),
        ("exec redis-server --requirepass '$PASS'", {"requirepass": "is filled in later"}),
        ("sysctl x && redis-server --hz 20", None),
    ],
)
def test_a_shell_around_it(text: str, expected: dict[str, object] | None) -> None:
    """One plain command is read; what a shell would make of more is not guessed."""
    found = option_words(inner_words([("sh", PLACE), ("-c", PLACE), (text, PLACE)]))

    assert (found and values(read_redis("", MemoryTree({}), found[1]))) == expected


@pytest.mark.parametrize("word", ["redis-cli", "/usr/bin/redis-sentinel"])
def test_other_programs_of_redis_are_no_servers(word: str) -> None:
    assert starts_tool([(word, PLACE), ("x", PLACE)])
    assert not starts_tool([("redis-server", PLACE)])


def test_flags_beat_the_file() -> None:
    options = [("--timeout", PLACE), ("9", PLACE)]
    document = read_redis("redis.conf", MemoryTree({"redis.conf": "timeout 1\nhz 50"}), options)

    assert values(document) == {"timeout": 9, "hz": 50}
    timeout = document.settings["timeout"]
    assert timeout.location == PLACE


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\n\r\0"), max_size=8)))
def test_quoted_words_come_back(words: list[str]) -> None:
    line = " ".join(f'"{_escaped(word)}"' for word in words)

    assert split_words(line) == tuple(words)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')


@given(st.text(max_size=200))
def test_nothing_crashes(text: str) -> None:
    document = read(text)

    assert document.path == "redis.conf"
    assert all(one.location.path == "redis.conf" for one in document.problems)
