"""
What the advisor shows of variables and expressions, nginx does: its examples are sent as they are.

And where it says nothing although it looks alike, nginx does nothing of the kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from advisor.facts.nginx.expressions import events
from advisor.facts.nginx.expressions.event import What
from tests.support.nginx_facts import http, reader
from tests.support.nginx_servers import NGINX, Nginx, free_ports, running
from tests.support.raw_http import Recorder, ask, recording

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]

BROKEN = [
    "location /b1/ { return 301 https://h$uri; }",
    "location /b2/ { return 302 /login?next=$uri; }",
    "location ~ ^/b3/([^/]*)$ { return 301 /x/$1; }",
    "location ~ ^/b4/(?<rest>[^/]*) { return 301 /x/$rest; }",
    "location /b5/ { add_header X-Path $uri; return 204; }",
    "location /b6/ { rewrite ^ https://h$uri redirect; }",
    "location /b7/ { rewrite ^/b7/(?<last>[^/]*)$ https://h/$last redirect; }",
    "location /b8/ { set $place $uri; return 301 https://h$place; }",
    "location /b9/ { return 301 https://h$mapped; }",
    "location ~ ^/b10/[a-z]* { return 301 https://h$uri; }",
]
BROKEN_BEHIND = [
    "location /p1/ { proxy_pass http://127.0.0.1:BACKEND$uri; }",
    "location ~ ^/p2/([^/]*)$ { proxy_pass http://127.0.0.1:BACKEND/$1; }",
    "location /p3/ { proxy_set_header X-Path $uri; proxy_pass http://127.0.0.1:BACKEND; }",
]
WHOLE = [
    "location /w1/ { return 301 https://h$request_uri; }",
    "location ~ ^/w2/(.*)$ { return 301 /x/$1; }",
    r"location ~ ^/w3/(\w*) { return 301 /x/$1; }",
    "location /w4/ { rewrite ^/w4/([^/]*)$ https://h/$1 redirect; }",
    "location /w5/ { return 200 $uri; }",
    "location /w6/ { proxy_pass http://127.0.0.1:BACKEND/base/; }",
    r"location ~ ^/w7/([^/\s]*) { return 301 /x/$1; }",
]
ALIASES = [
    "location /a1 { alias www/pub/; }",
    "location ~ ^/a2(.*)$ { alias www/pub/$1; }",
    "location /a3 { alias www/pub/; try_files $uri =404; }",
    "location ^~ /a4 { alias www/pub/; }",
]
CLOSED_ALIASES = [
    "location /c1/ { alias www/pub/; }",
    "location ~ ^/c2/(.*)$ { alias www/pub/$1; }",
    r"location ~ ^/c3([a-z]*)$ { alias www/pub/$1; }",
]
PATHS = [
    "location /j1 { proxy_pass http://127.0.0.1:BACKEND/; }",
    "location /j2 { proxy_pass http://127.0.0.1:BACKEND/v1/; }",
    "location /j3/ { proxy_pass http://127.0.0.1:BACKEND/v1; }",
]
SLOW = [
    "location ~ ^/s1/(a+)+$ { return 204; }",
    "location ~ ^/s2/(?:[a-z]+-?)+/$ { return 204; }",
    "location ~ ^/s3/(.*)*\\.php$ { return 204; }",
    "location ~ ^/s4/(?:x|[x-z])*$ { return 204; }",
]
QUICK = [
    "location ~ ^/q1/(?>a+)+$ { return 204; }",
    "location ~ ^/q2/(?:a++)+$ { return 204; }",
    "location ~ ^/q3/(a+)+ { return 204; }",
    "location ~ ^/q4/(?:[a-z]+-)*[a-z]+/$ { return 204; }",
]
TARGETS = {
    "t1": "location / { proxy_pass http://$arg_h; }",
    "t2": "location / { proxy_pass http://$http_x_backend; }",
    "t3": "location / { proxy_pass http://$cookie_b; }",
    "t4": "location ~ ^/p/([^/]+)/ { proxy_pass http://$1; }",
    "t5": "location / { proxy_pass http://$arg_h.shop.internal; }",
    "t6": "location / { set $b app; if ($arg_b) { set $b $arg_b; } proxy_pass http://$b; }",
}
ORIGINS = {
    "o1": r"^https://([a-z]+\.)?shop\.example",
    "o2": r"shop\.example$",
    "o3": r"^https://.*shop\.example$",
}
HOSTS = """
    server { listen 127.0.0.1:REFUSING default_server; return 444; }
    server {
        listen 127.0.0.1:REFUSING;
        server_name shop.example;
        location / {
            proxy_set_header Host $http_host;
            proxy_set_header X-Host $host;
            proxy_pass http://127.0.0.1:BACKEND;
        }
    }
"""
MORE = [
    "location ~ ^/g1/(?:u|user)/ { return 301 /users/$1; }",
    "location ~ ^/d1/(.*)$ { proxy_pass http://127.0.0.1:BACKEND/x/$1; }",
]


@pytest.fixture(scope="module")
def behind() -> Iterator[Recorder]:
    with recording() as server:
        yield server


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Recorder]:
    """What no client is meant to reach."""
    with recording() as server:
        yield server


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return dict(zip(("PORT", "REFUSING"), free_ports(2), strict=True))


@pytest.fixture(scope="module")
def nginx(
    tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int], behind: Recorder
) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("nginx")
    for place in ("tmp", "www", "www/pub"):
        (folder / place).mkdir()
    (folder / "www" / "file").write_text("SECRET")
    (folder / "www" / "pub" / "file").write_text("PUBLIC")
    text = whole()
    for word, number in {**ports, "BACKEND": behind.port}.items():
        text = text.replace(f":{word}", f":{number}")
    with running(folder, text, ports["PORT"]) as server:
        yield server


def whole() -> str:
    """The inside of an http block with everything that is asked here."""
    lists = (BROKEN, BROKEN_BEHIND, WHOLE, ALIASES, CLOSED_ALIASES, PATHS, SLOW, QUICK, MORE)
    locations = "\n".join(one for items in lists for one in items)
    servers = [server_of("shop.example", locations)]
    servers += [server_of(name, text) for name, text in TARGETS.items()]
    servers += [server_of(name, origin_check(text)) for name, text in ORIGINS.items()]
    return "map $request_method $mapped { default $uri; }" + "\n".join(servers) + HOSTS


def server_of(name: str, text: str) -> str:
    return f"server {{ listen 127.0.0.1:PORT; server_name {name};\n{text}\n}}"


def origin_check(pattern: str) -> str:
    allow = "add_header Access-Control-Allow-Origin $http_origin;"
    return f'location / {{ if ($http_origin ~ "{pattern}") {{ {allow} return 204; }} return 403; }}'


def shown(text: str, what: What) -> list[str]:
    """The examples that the advisor gives for a server that strangers reach."""
    around = "map $request_method $mapped { default $uri; }"
    config = reader(http(f"{around} server {{ {text} }}")).config
    return [one.example for one in events(config) if one.what is what]


def example(text: str, what: What) -> str:
    """The one example."""
    (found,) = shown(text, what)
    return found.removeprefix("GET ")


def beginning(text: str) -> str:
    """What every path of a location begins with."""
    found = re.search(r"/[a-z]\d", text)
    assert found is not None
    return found[0]


def head(answer: str) -> str:
    return answer.partition("\r\n\r\n")[0]


@pytest.mark.parametrize("text", BROKEN)
def test_line_breaks_get_into_answers(nginx: Nginx, text: str) -> None:
    """NGX602."""
    answer = ask(nginx.port, example(text, What.LINE_BREAK))
    assert "\r\nX-Injected:1" in head(answer)


@pytest.mark.parametrize("text", BROKEN_BEHIND)
def test_line_breaks_get_into_requests(nginx: Nginx, behind: Recorder, text: str) -> None:
    """NGX602."""
    ask(nginx.port, example(text, What.LINE_BREAK))
    assert "\r\nX-Injected:1" in behind.last()


@pytest.mark.parametrize("text", WHOLE)
def test_line_breaks_stay_out(nginx: Nginx, behind: Recorder, text: str) -> None:
    """NGX602 is silent here, and rightly."""
    assert shown(text, What.LINE_BREAK) == []
    answer = ask(nginx.port, f"{beginning(text)}/%0D%0AX-Injected:1")
    assert "\nX-Injected" not in head(answer) + behind.last()


@pytest.mark.parametrize("text", ALIASES)
def test_an_alias_leads_out_of_its_folder(nginx: Nginx, text: str) -> None:
    """NGX601."""
    target = example(text, What.TRAVERSAL).removesuffix("file")
    assert ask(nginx.port, f"{target}file").endswith("SECRET")


@pytest.mark.parametrize("text", CLOSED_ALIASES)
def test_an_alias_stays_in_its_folder(nginx: Nginx, text: str) -> None:
    """NGX601 is silent here, and rightly."""
    assert shown(text, What.TRAVERSAL) == []
    prefix = beginning(text)
    answers = [ask(nginx.port, f"{prefix}{way}file") for way in ("../", "/../", "/%2e%2e/")]
    assert not any("SECRET" in answer for answer in answers)
    assert "PUBLIC" in ask(nginx.port, prefix + ("file" if prefix == "/c3" else "/file"))


@pytest.mark.parametrize("text", PATHS)
def test_prefixes_are_replaced_letter_by_letter(nginx: Nginx, behind: Recorder, text: str) -> None:
    """NGX618."""
    config = reader(http(f"server {{ {text} }}")).config
    (one,) = (event for event in events(config) if event.what is What.JOINED)
    ask(nginx.port, one.example.removeprefix("GET "))
    assert behind.last().split(" ")[1] == one.result


def test_captures_are_sent_decoded(nginx: Nginx, behind: Recorder) -> None:
    """NGX618."""
    ask(nginx.port, example(MORE[1], What.DECODED))
    assert behind.last().startswith("GET /x/a b?c HTTP/1.")


def test_a_capture_without_a_group_is_empty(nginx: Nginx) -> None:
    """NGX620."""
    config = reader(http(f"server {{ {MORE[0]} }}")).config
    assert [one.part for one in events(config) if one.what is What.NO_GROUP] == ["$1"]
    assert re.search(r"^Location: \S+/users/\r?$", ask(nginx.port, "/g1/user/"), re.MULTILINE)


@pytest.mark.parametrize("name", TARGETS)
def test_the_client_chooses_the_target(nginx: Nginx, elsewhere: Recorder, name: str) -> None:
    """NGX603."""
    one = example(TARGETS[name], What.CHOSEN_HOST)
    sent = one.replace("127.0.0.1:80/", "127.0.0.1/").replace(
        "127.0.0.1", f"127.0.0.1:{elsewhere.port}"
    )
    header = () if sent.startswith("/") else (sent,)
    ask(nginx.port, "/" if header else sent, *header, host=name)
    assert elsewhere.last().startswith("GET /")


def test_a_whole_url_gets_around_a_default_server(
    nginx: Nginx, ports: dict[str, int], behind: Recorder
) -> None:
    """NGX604: $http_host is what the client writes, $host the name of the server."""
    refused = ask(ports["REFUSING"], "/", host="evil.example")
    assert refused == ""
    ask(ports["REFUSING"], "http://shop.example/", host="evil.example")
    last = behind.last()
    assert "\r\nHost: evil.example\r\n" in last
    assert "\r\nX-Host: shop.example\r\n" in last


@pytest.mark.parametrize("name", ORIGINS)
def test_strangers_pass_the_check_of_the_origin(nginx: Nginx, name: str) -> None:
    """NGX607."""
    one = example(origin_check(ORIGINS[name]), What.LOOSE_ORIGIN)
    answer = ask(nginx.port, "/", f"Origin: {one}", host=name)
    assert f"Access-Control-Allow-Origin: {one}" in answer
    assert "403" in ask(nginx.port, "/", "Origin: https://evil.example", host=name)


@pytest.mark.parametrize("text", SLOW)
def test_an_expression_reaches_the_limit_of_steps(nginx: Nginx, text: str) -> None:
    """NGX619: nginx gives up with an error, after the ten million steps that PCRE allows."""
    target = example(text, What.SLOW).encode().decode("unicode_escape")
    quoted = target.replace("\n", "%0A")
    assert " 500 " in ask(nginx.port, quoted).partition("\r\n")[0]


@pytest.mark.parametrize("text", QUICK)
def test_an_expression_that_is_quick(nginx: Nginx, text: str) -> None:
    """NGX619 is silent here, and rightly."""
    assert shown(text, What.SLOW) == []
    path = f"{beginning(text)}/{'a' * 2000}!"
    status = ask(nginx.port, path).partition("\r\n")[0]
    assert " 500 " not in status
