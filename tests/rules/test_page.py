"""
The page of a rule.
"""

from __future__ import annotations

import pytest

from advisor.rules.catalogue import own_entries
from advisor.rules.loader import load_text
from advisor.rules.page import rule_page
from tests.support.rules import TEXT

PAGE = """\
# NGX999 few-idle-connections

Few idle connections are kept.

- Severity: medium
- Category: performance
- Looks at: nginx.upstream
- Since: 0.1

## What it checks

```
upstream.keepalive < params.least
```

keepalive is ‹upstream.keepalive›.

Not evaluated unless these are known: `nginx.version`.

`params.least` is 8: idle connections to keep.

High when

```
upstream.keepalive == 0
```

Nothing of {this} is kept.

## Why it matters

A new connection costs a round trip.

## What to do

Use keepalive 32 in ‹upstream.name›.

- Set `upstream.keepalive` to `4 * 8`

The fix is safe to apply and takes effect with a reload.

## When it does not apply

- The upstream is hardly used.

## Examples

### Bad

`nginx.conf`

```
upstream app {
  keepalive 4;
}
```

Medium at `nginx.conf:2`: keepalive is 4

`nginx.conf` after the fix

```
upstream app {
  keepalive 32;
}
```

### Good: many

`nginx.conf`

```
upstream app {
  keepalive 64;
}
```

Stated: cpus=4, nginx=1.24.0.

### Unknown

`nginx.conf`

```
upstream app {}
```

Not evaluated: needs `nginx.version`.

## References

- [nginx: keepalive](https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive)

Sections of the tuning guide: nginx: connection pool to backend.
"""


MORE = """\
variants:
  - when: upstream.keepalive == 0
    severity: high
    message: Nothing of {{this}} is kept
params:
  least:
    value: 8
    doc: idle connections to keep
"""


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_a_page() -> None:
    text = replaced(
        TEXT,
        ("when: upstream.keepalive < 8", "when: upstream.keepalive < params.least"),
        ("fix:\n", f"{MORE}fix:\n"),
        (
            "    - name: many\n",
            "    - name: many\n      host: {cpus: 4}\n      target: {nginx: 1.24.0}\n",
        ),
    )

    assert rule_page(load_text(text, "r.yaml")) == PAGE


def test_units_of_params() -> None:
    text = TEXT + "params:\n  least: {value: 8MB, unit: size, doc: d}\n"

    assert "`params.least` is 8 MB: d." in rule_page(load_text(text, "r.yaml"))


def test_a_snippet_with_fences() -> None:
    text = replaced(
        TEXT,
        ("  language: nginx\n", "  language: nginx\n  snippet: |\n    # ``` {upstream.name}\n"),
        ("  apply: reload", "  apply: none"),
        ("  safety: safe", "  safety: review"),
    )

    page = rule_page(load_text(text, "r.yaml"))

    assert "````nginx\n# ``` ‹upstream.name›\n````\n" in page
    assert "The fix needs a look before it is applied.\n" in page


def test_a_rule_that_is_not_certain() -> None:
    page = rule_page(load_text(TEXT + "confidence: likely\n", "r.yaml"))

    assert "- Severity: medium, at most likely to be right\n" in page


@pytest.mark.parametrize("data", own_entries(), ids=lambda data: str(data["code"]))
def test_every_rule_has_a_page_that_reads_well(data: dict[str, object]) -> None:
    page = rule_page(data)

    prose = page.split("## Examples")[0]
    assert "\n\n\n" not in prose
    assert "{{" not in prose
    assert page.endswith((".\n", ")\n"))
