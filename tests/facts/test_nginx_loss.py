"""
Which lists an inner level replaces, and what is lost by it.
"""

from __future__ import annotations

import pytest

from advisor.model import Unknown
from tests.support.nginx_facts import UNKNOWN, http, reader, shown

SERVER = "server { listen 80; root /srv/www;"


def found(text: str, *, version: tuple[int, ...] | None = (1, 30, 0)) -> list[tuple[object, ...]]:
    """Level, directive and what is lost, for every loss in an http block."""
    names = ("loss.level", "loss.directive", "loss.lost")
    subjects = reader(http(text), version=version).events()
    return [
        tuple(shown(one.facts[name]) for name in names)
        for one in subjects
        if one.target == "nginx.loss"
    ]


def facts(text: str) -> dict[str, object]:
    """All facts of the first loss."""
    one = next(one for one in reader(http(text)).events() if one.target == "nginx.loss")
    return {name: shown(fact) for name, fact in one.facts.items() if name.startswith("loss.")}


def test_all_facts_of_a_loss() -> None:
    text = f'{SERVER} add_header X-Frame-Options "A; B"; location /a/ {{ add_header X-Own 1; }} }}'
    assert facts(text) == {
        "loss.directive": "add_header",
        "loss.level": "location /a/",
        "loss.outer": "server *:80",
        "loss.lost": ("X-Frame-Options",),
        "loss.lines": 'add_header X-Frame-Options "A; B";',
        "loss.kind": "security",
        "loss.emptied": False,
        "loss.gateway": False,
        "loss.asset": False,
        "loss.proxied": False,
        "loss.answers": False,
    }


def test_every_level_that_replaces_a_list_is_found_once() -> None:
    """The levels between do not count twice: what is lost is what the nearest list says."""
    text = """
        add_header A 1;
        server {
            add_header B 1;
            location / {
                add_header C 1;
                location /deep/ { gzip on; if ($arg_x) { add_header D 1; } }
            }
            location /other/ { gzip on; }
        }
    """
    assert found(text) == [
        ("server *:80", "add_header", ("A",)),
        ("location /", "add_header", ("B",)),
        ("if ($arg_x)", "add_header", ("C",)),
    ]


def test_limit_except_is_a_level() -> None:
    text = f"{SERVER} deny all; location / {{ limit_except GET {{ deny 10.0.0.1; }} }} }}"
    assert found(text) == [("limit_except GET", "allow", ("deny all",))]


@pytest.mark.parametrize(
    ("outer", "inner", "lost"),
    [
        ("add_header A 1;", "add_header a 2;", None),
        ("add_header Alt-Svc x;", "add_header B 2;", None),
        ("add_header Expires 0;", "expires 1d; add_header B 2;", None),
        ("add_header Expires 0;", "expires off; add_header B 2;", ("Expires",)),
        ("more_set_headers 'A: 1'; add_header A 1;", "add_header B 2;", None),
        ("add_trailer A 1;", "add_trailer B 2;", ("A",)),
        ("add_trailer_inherit merge; add_trailer A 1;", "add_trailer B 2;", None),
        ("add_header A 1;", "add_header_inherit merge; add_header B 2;", None),
        ("add_header A 1;", "add_header_inherit off; add_header B 2;", None),
        ("error_page 404 500 /a;", "error_page 500 =200 /b;", ("404",)),
        ("error_page 404 /a;", "error_page 404 = @b;", None),
        ("limit_req zone=one;", "limit_req zone=two;", None),
        ("limit_req zone=one;", "limit_req zone=three;", ("one",)),
        ("limit_conn four 1;", "limit_conn five 1;", ("four",)),
        ("allow 10.0.0.1; deny all;", "deny 10.0.0.2;", ("allow 10.0.0.1", "deny all")),
        ("allow 10.0.0.1; deny all;", "allow 10.0.0.2;", None),
        ("allow 10.0.0.1; deny all;", "deny all;", None),
        ("deny 10.0.0.1;", "deny 10.0.0.2;", None),
        ("auth_request_set $a $b;", "auth_request_set $c $d;", ("$a",)),
        ("proxy_set_header A 1;", "proxy_set_header B 1;", None),
        ("proxy_set_header A 1;", "proxy_set_header B 1; proxy_pass http://a;", ("A",)),
        ("proxy_set_header Host a;", "proxy_set_header B 1; proxy_pass http://a;", None),
        ("proxy_set_header X-Real-IP a;", "proxy_set_header B 1; proxy_pass http://a;", None),
        (
            "proxy_set_header Forwarded '';",
            "proxy_set_header B 1; proxy_pass http://a;",
            ("Forwarded",),
        ),
        ("proxy_set_header Connection '';", "proxy_set_header B 1; proxy_pass http://a;", None),
        ("grpc_set_header Host a;", "grpc_set_header B 1; grpc_pass grpc://a;", ("Host",)),
        ("proxy_hide_header A;", "proxy_hide_header B; proxy_pass http://a;", ("A",)),
        ("fastcgi_param A 1;", "fastcgi_param B 1; fastcgi_pass a:1;", ("A",)),
        ("proxy_no_cache $a;", "proxy_no_cache $b; proxy_pass http://a;", None),
        (
            "proxy_cache z; proxy_no_cache $a;",
            "proxy_no_cache $b; proxy_pass http://a;",
            ("$a",),
        ),
        ("access_log a;", "access_log b;", None),
        ("index a;", "index b;", None),
    ],
)
def test_what_is_lost(outer: str, inner: str, lost: tuple[str, ...] | None) -> None:
    zones = """
        limit_req_zone $remote_addr zone=one:1m rate=1r/s;
        limit_req_zone $binary_remote_addr zone=two:1m rate=2r/s;
        limit_req_zone $server_name zone=three:1m rate=3r/s;
        limit_conn_zone $server_name zone=five:1m;
    """
    losses = found(f"{zones} {SERVER} {outer} location /a/ {{ {inner} }} }}")
    assert [one[2] for one in losses] == ([lost] if lost else [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            f"{SERVER} add_header A 1; location / {{ include x; add_header B 1; }} }}",
            "an include that was not read may repeat it",
        ),
        (
            f"add_header A 1; {SERVER} include x; location / {{ add_header B 1; }} }}",
            "an include that was not read may set it",
        ),
        (
            f"include x; {SERVER} add_header A 1; location / {{ add_header B 1; }} }}",
            "an include that was not read may merge it",
        ),
    ],
)
def test_includes_that_were_not_read_leave_it_open(text: str, reason: str) -> None:
    events = list(reader(http(text)).events())
    lost = next(one for one in events if one.target == "nginx.loss").facts["loss.lost"]
    assert isinstance(lost, Unknown)
    assert lost.reason == reason


@pytest.mark.parametrize(
    ("field", "outer", "inner", "value"),
    [
        ("kind", "add_header Vary A;", "add_header B 1;", "handling"),
        ("kind", "add_header Access-Control-Max-Age 1;", "add_header B 1;", "handling"),
        ("kind", "add_header X-Robots-Tag a;", "add_header B 1;", "other"),
        ("emptied", 'proxy_set_header A "";', "proxy_set_header B 1; proxy_pass http://a;", True),
        (
            "emptied",
            'proxy_set_header Accept-Encoding "";',
            "proxy_set_header B 1; proxy_pass http://a;",
            False,
        ),
        (
            "gateway",
            "fastcgi_param REQUEST_METHOD $request_method;",
            "fastcgi_param B 1; fastcgi_pass a:1;",
            True,
        ),
        ("proxied", "add_header A 1;", "add_header B 1; proxy_pass http://a;", True),
        ("answers", "add_header A 1;", "add_header B 1; return 204;", True),
        ("answers", "add_header A 1;", "add_header B 1; deny all;", True),
        ("answers", "add_header A 1;", "add_header B 1; stub_status;", True),
    ],
)
def test_what_tells_how_much_it_matters(
    field: str, outer: str, inner: str, *, value: object
) -> None:
    text = f"{SERVER} {outer} location /a/ {{ {inner} }} }}"
    assert facts(text)[f"loss.{field}"] == value


def test_a_secret_is_not_pasted() -> None:
    text = f"""{SERVER} proxy_set_header Authorization "Basic c2VjcmV0";
        location /a/ {{ proxy_set_header B 1; proxy_pass http://a; }} }}"""
    assert facts(text)["loss.lines"] == UNKNOWN
