"""
What reaches a server or location, and what becomes of the path.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import UNKNOWN, http, location, reader, server, shown

SHADOWED = "location.shadowed_by"
REFUSED = "location.refused_twin"


def twins(text: str, name: str) -> dict[str, object]:
    """By label of a location: the other one, where there is one."""
    subjects = reader(http(f"server {{ listen 80; {text} }}")).locations()
    found = {one.name: shown(one.facts[name]) for one in subjects}
    return {label: other for label, other in found.items() if other}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("location /x {} location /x {}", {"location /x": "location /x"}),
        ("location /x {} location ^~ /x {}", {"location ^~ /x": "location /x"}),
        ("location =/x {} location = /x {}", {"location = /x": "location =/x"}),
        ("location /x {} location = /x {}", {}),
        ("location /x { location /x/y {} } location /x/y {}", {}),
        ("location ~ x {} location ~ x {}", {}),
        ("location @x {} location @x {}", {}),
        ("location ${PATH_A} {} location ${PATH_A} {}", {}),
    ],
)
def test_paths_that_nginx_refuses(text: str, found: dict[str, object]) -> None:
    assert twins(text, REFUSED) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("location ~ x {} location ~ x { internal; }", {"location ~ x": "location ~ x"}),
        ("location ~* x {} location ~ x {}", {"location ~ x": "location ~* x"}),
        ("location ~ x {} location ~* x {}", {}),
        ("location ~ / {} location ~ x {}", {"location ~ x": "location ~ /"}),
        ("location ~ x {} location ~ / {}", {}),
        ("location ^~ / {} location ~ x {}", {"location ~ x": "location ^~ /"}),
        ("location ^~ / {} location = /y {} location ~ x {}", {"location ~ x": "location ^~ /"}),
        ("location ^~ / {} location @y {} location ~ x {}", {"location ~ x": "location ^~ /"}),
        ("location ^~ / {} location /y {} location ~ x {}", {}),
        ("location @x {} location @x { internal; }", {"location @x": "location @x"}),
    ],
)
def test_locations_that_are_never_used(text: str, found: dict[str, object]) -> None:
    assert twins(text, SHADOWED) == found


def test_a_template_may_leave_one_of_two_out() -> None:
    text = "server { {% if a %} location / {} {% else %} location / {} {% endif %} }"
    assert location(text)["refused_twin"] == UNKNOWN


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("try_files $uri /a; proxy_pass http://a;", "try_files $uri /a"),
        ("try_files $uri @a; grpc_pass grpc://a;", "try_files $uri @a"),
        ("try_files $uri =404; proxy_pass http://a;", ""),
        ("try_files $uri /a; fastcgi_pass a:1;", ""),
        ("try_files $uri /a;", ""),
        ("proxy_pass http://a;", ""),
    ],
)
def test_files_that_are_looked_for_in_vain(text: str, found: str) -> None:
    assert location(f"server {{ location / {{ {text} }} }}")["tries_in_vain"] == found


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("set $b 1;", "if ($a)"),
        ("add_header A 1;", "if ($a)"),
        ("break;", "if ($a)"),
        ("rewrite ^ /x break;", "if ($a)"),
        ("rewrite ^ /x last;", ""),
        ("rewrite ^ /x permanent;", ""),
        ("return 403;", ""),
        ("proxy_pass http://a;", ""),
    ],
)
def test_an_if_that_loses_try_files(inside: str, found: str) -> None:
    text = f"server {{ location / {{ try_files $uri /a; if ($a) {{ {inside} }} }} }}"
    assert location(text)["tries_lost"] == found


def test_a_handler_answers_in_the_if_as_well() -> None:
    text = "location / { try_files $uri =404; fastcgi_pass a:1; if ($a) { set $b 1; } }"
    assert location(f"server {{ {text} }}")["tries_lost"] == ""


@pytest.mark.parametrize(
    ("path", "target", "found"),
    [
        ("/a", "http://app/", ("/a/a", "//a")),
        ("/a", "http://app/b/", ("/a/a", "/b//a")),
        ("/a/", "http://app/b", ("/a/a", "/ba")),
        ("/", "http://app/b", ("/a", "/ba")),
        ("^~ /a", "http://app/", ("/a/a", "//a")),
        ("/a", "http://unix:/run/app.sock:/", ("/a/a", "//a")),
        ("/a", "http://unix:/run/app.sock", ("", "")),
        ("/a", "http://app", ("", "")),
        ("/a", "http://app/b", ("", "")),
        ("/a/", "http://app/b/", ("", "")),
        ("/a/", "http://app/b?c=", ("", "")),
        ("/a/", "http://app/b-", ("", "")),
        ("/a", "http://app/$b/", ("", "")),
        ("/a", "http://${APP_HOST}/", ("", "")),
        ("= /a", "http://app/", ("", "")),
        ("~ /a", "http://app/", ("", "")),
        ("@a", "http://app/", ("", "")),
    ],
)
def test_slashes_that_clash(path: str, target: str, found: tuple[str, str]) -> None:
    facts = location(f"server {{ location {path} {{ proxy_pass {target}; }} }}")
    assert (facts["slash_asked"], facts["slash_passed"]) == found


def test_a_rewrite_decides_the_path_instead() -> None:
    text = "location /a { rewrite ^/a(.*) /b$1 break; proxy_pass http://app/; }"
    assert location(f"server {{ {text} }}")["slash_asked"] == ""


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("listen 80; server_name a;", "listen *:80; server_name b A;", "a"),
        ("listen 80; server_name .a;", "listen 80; server_name *.a;", "*.a"),
        ("listen 80;", "listen 80;", '""'),
        ("listen 80; server_name _;", "server_name _;", "_"),
        ("listen 80; server_name a;", "listen 81; server_name a;", ""),
        ("listen 80; server_name a;", "listen 80; server_name b;", ""),
        ("listen 80; server_name ~a;", "listen 80; server_name ~a;", ""),
        ("listen 80; server_name $hostname;", "listen 80; server_name $hostname;", ""),
        ("listen 80; server_name ${NAME};", "listen 80; server_name ${NAME};", ""),
        ("listen ${PORT}; server_name a;", "listen ${PORT}; server_name a;", ""),
        ("server_name a;", "include x; server_name a;", UNKNOWN),
        ("listen 80;", "listen 80; include x;", UNKNOWN),
    ],
)
def test_a_name_of_two_servers(first: str, second: str, name: str) -> None:
    facts = server(f"server {{ {first} }} server {{ {second} }}")
    assert facts["claimed_name"] == name


def test_the_first_server_keeps_the_name() -> None:
    text = "server { server_name a; } server { server_name b; } server { server_name a b; }"
    facts = server(text)
    assert facts.only(("claimed_name", "name_owner")) == {
        "claimed_name": "a",
        "name_owner": "server a:80",
    }


@pytest.mark.parametrize(
    ("first", "second", "late"),
    [
        ("", "merge_slashes off;", "merge_slashes off"),
        ("merge_slashes off;", "merge_slashes off;", ""),
        ("", "client_header_buffer_size 4k;", "client_header_buffer_size 4k"),
        ("", "underscores_in_headers on;", ""),
        ("", "listen 80 default_server; merge_slashes off;", ""),
        ("", "listen 80; listen 443 ssl; merge_slashes off;", ""),
        ("", "listen 81; merge_slashes off;", ""),
        ("", "listen 80; include x; merge_slashes off;", UNKNOWN),
    ],
)
def test_what_only_the_default_server_decides(first: str, second: str, late: object) -> None:
    text = f"server {{ server_name a; {first} }} server {{ server_name b; {second} }}"
    assert server(text)["too_late"] == late


def test_the_default_server_of_the_first_socket() -> None:
    text = "server { server_name a; } server { server_name b; listen 80 default_server; }"
    assert server(f"{text} server {{ server_name c; }}")["default_server"] == "server b:80"


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("location /a { root /x; } location /b { root /x; }", "/x"),
        ("location /a { root /x; } location /b { root /y; }", ""),
        ("location /a { root /x; }", ""),
        ("root /x; location /a { root /x; } location /b { root /x; }", ""),
        ("include y; location /a { root /x; } location /b { root /x; }", UNKNOWN),
    ],
)
def test_a_root_in_every_location(text: str, root: object) -> None:
    assert server(f"server {{ {text} }}")["scattered_root"] == root
