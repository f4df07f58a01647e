"""
Configurations that nginx accepts: one feature each, written by hand, and mixtures of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

DATA = Path(__file__).resolve().parents[1] / "data" / "nginx"
MIXTURES = 120
_MAIN = "pid nginx.pid;\nerror_log stderr;\n"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_TEMPORARY = "".join(f"{kind}_temp_path {kind};\n" for kind in TEMPORARY)
Node: TypeAlias = "tuple[list[str], list[Node] | None]"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sample:
    """
    One main configuration.
    """

    name: str
    text: str
    needs: frozenset[str] = frozenset()
    """Modules without which nginx does not know its directives."""


def samples() -> list[Sample]:
    """
    The whole corpus, always the same.
    """
    written = [_sample(path) for path in sorted(DATA.rglob("*.conf"))]
    return [*written, *(_mixture(number) for number in range(MIXTURES))]


def _sample(path: Path) -> Sample:
    """
    A file below the data folder, in the levels that its folder is named after.
    """
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    first = text.partition("\n")[0]
    needs = first.removeprefix("# needs: ").split() if first.startswith("# needs: ") else ()
    level = path.parent.name
    if level == "location":
        text = f"location / {{\n{text}\n}}\n"
    if level in ("location", "server"):
        text = f"server {{\nlisten 127.0.0.1:18090;\n{text}\n}}\n"
    if level != "main":
        text = f"events {{ }}\nhttp {{\n{_TEMPORARY}{text}\n}}\n"
    elif "http" in text:
        text = text.replace("http {", f"http {{\n{_TEMPORARY}", 1)
    return Sample(f"{level}/{path.stem}", _MAIN + text, frozenset(needs))


HTTP = (
    ["gzip", "on"],
    ["server_tokens", "off"],
    ["keepalive_timeout", "65s", "60s"],
    ["default_type", "'text/plain; charset=utf-8'"],
    ["log_format", "mixed", "'$remote_addr \"$request\" '", '\'{"status": "$status"}\''],
    ["client_max_body_size", "10m"],
    ["gzip_types", "text/css", '"application/json"', "image/svg+xml"],
    ["types_hash_max_size", "2048"],
)
BLOCKS = (
    (["map", "$http_upgrade", "$upgrade"], (["default", "upgrade"], ["''", "close"])),
    (
        ["map", "$uri", "$kind"],
        (['"~^/a{1,2}$"', "'{a}'"], ['"~;$"', '"b;"'], ["x", '"#n"']),
    ),
    (["geo", "$inside"], (["default", "0"], ["10.0.0.0/8", "1"])),
    (["split_clients", "$remote_addr", "$half"], (["50%", "a"], ["*", "''"])),
)
SERVER = (
    ["root", "/srv/www"],
    ["index", "index.html", "index.htm"],
    ["error_page", "500", "502", "=503", "/50x.html"],
    ["set", "$flag", '"a b"'],
    ["charset", "utf-8"],
    ["rewrite", "^/([^/]+)/x$", "/$1", "last"],
)
LOCATION = (
    ["expires", "30d"],
    ["add_header", "X-One", '"a; b {c} #d"', "always"],
    ["add_header", "X-Two", "'it is'"],
    ["set", "$value", "${uri}"],
    ["default_type", '"text/html"'],
    ["access_log", "off"],
    ["proxy_set_header", "Connection", '""'],
    ["proxy_set_header", "Host", "$host"],
    ["limit_rate", "100k"],
    ["etag", "off"],
)
ENDS = (
    ["return", "200", '"ok\\n"'],
    ["return", "301", "https://$host$request_uri"],
    ["proxy_pass", "http://127.0.0.1:8000"],
    ["try_files", "$uri", "${uri}/", "=404"],
    ["deny", "all"],
)
PLACES = ("/{n}", "= /{n}", "^~ /{n}/", "~ ^/{n}\\.(a|b)", '~ "^/{n}/[0-9]{{2}}$"', "@n{n}")
COMMENTS = ("", "", "", " # plain", "# { not a block }", "\t# it's; \"open", "#")


def _mixture(number: int) -> Sample:
    """
    A configuration of random parts in a random layout.
    """
    chance = random.Random(number)  # noqa: S311 - the same every time
    body = [*_plain(_some(chance, HTTP))]
    body += [(head, _plain(inner)) for head, inner in _some(chance, BLOCKS)]
    body += [_server(chance, index) for index in range(chance.randint(1, 3))]
    chance.shuffle(body)
    folders = ((f"{kind}_temp_path", kind) for kind in TEMPORARY)
    head = _plain([["pid", "nginx.pid"], ["error_log", "stderr"]])
    tree = [*head, (["events"], []), (["http"], [*_plain(map(list, folders)), *body])]
    text = _Layout(chance).write(tree, 0)
    return Sample(f"mixture-{number}", text.replace("\n", chance.choice(("\n", "\n", "\r\n"))))


def _server(chance: random.Random, index: int) -> Node:
    body = _plain([["listen", "127.0.0.1:18090"], ["server_name", f"s{index}.example.com"]])
    body += _plain(_some(chance, SERVER))
    if chance.random() < 0.5:
        condition = chance.choice(("($args)", '($arg_a = "{b}")', "($uri ~ ^/[0-9]+$)"))
        body.append((["if", condition], _plain([["return", "403"]])))
    places = [place.format(n=n) for n, place in enumerate(_some(chance, PLACES))]
    body += [(["location", place], _location(chance)) for place in places]
    return ["server"], body


def _location(chance: random.Random) -> list[Node]:
    lines = _some(chance, LOCATION)
    by_name = {tuple(words[:2]) if "_header" in words[0] else words[0]: words for words in lines}
    return _plain([*by_name.values(), chance.choice(ENDS)])


def _plain(lines: Iterable[list[str]]) -> list[Node]:
    return [(words, None) for words in lines]


def _some(chance: random.Random, items: Sequence[T]) -> list[T]:
    return chance.sample(items, chance.randint(0, len(items)))


class _Layout:
    """
    One way to write: indentation, where braces stand, how many comments there are.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.step = chance.choice(("  ", "    ", "\t", ""))
        self.brace = chance.choice((" {", "{", "\n{", "  # opens\n{"))
        self.end = chance.choice((";", ";", " ;"))
        self.comments = chance.choice(("", COMMENTS))

    def write(self, tree: list[Node], depth: int) -> str:
        """
        The statements of one level.
        """
        blanks = self.step * depth
        lines = []
        for words, block in tree:
            lines.append(f"{self._comment(blanks)}{blanks}{' '.join(words)}")
            if block is None:
                lines.append(f"{self.end}{self._remark()}\n")
            else:
                inner = self.write(block, depth + 1)
                lines.append(f"{self.brace}{self._remark()}\n{inner}{blanks}}}{self._remark()}\n")
        return "".join(lines)

    def _remark(self) -> str:
        return self.chance.choice(self.comments or ("",))

    def _comment(self, blanks: str) -> str:
        remark = self._remark().strip()
        return f"{blanks}{remark}\n" if remark else ""
