from __future__ import annotations

import time

import pytest

from advisor.report.escape import Markdown, bold, code, fenced, inline, joined, link, mermaid


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("shared_buffers is 4 GB", "shared_buffers is 4 GB"),
        ("_a_ __b__ c_", "\\_a\\_ \\_\\_b\\_\\_ c\\_"),
        ("4 * 30 | 2", "4 \\* 30 \\| 2"),
        ("a\\b", "a\\\\b"),
        ("<b>&amp; a & b &c", "&lt;b&gt;&amp;amp; a & b &amp;c"),
        ("[a](b) ~c~ $d$", "\\[a\\](b) \\~c\\~ \\$d\\$"),
        ("# a #b c#d", "\\# a \\#b c#d"),
        ("1. a", "1\\. a"),
        ("12) a", "12\\) a"),
        ("- a", "\\- a"),
        ("+ a", "\\+ a"),
        ("===", "\\==="),
        ("a\r\nb\tc", "a b c"),
        ("\x1b[2J", "\\\\x1b\\[2J"),
        ("set `a*b` now", "set `a*b` now"),
        ("a ` b", "a \\` b"),
        ("see https://a.b/c_d_, and", "see `https://a.b/c_d_`, and"),
        ("postgresql://u@h/d", "`postgresql://u@h/d`"),
        ("(www.a.b)", "(`www.a.b`)"),
        ("location @app.", "location `@app`."),
        ("ask a.b@c.d now", "ask `a.b@c.d` now"),
        ("a @ b", "a @ b"),
        ("", ""),
        (7, "7"),
        (Markdown("**a**"), "**a**"),
    ],
)
def test_inline(text: object, escaped: str) -> None:
    assert inline(text) == escaped


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a*b", "`a*b`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a``b`c", "```a``b`c```"),
        ("a|b", "<code>a&#124;b</code>"),
        ("<|`", "<code>&#60;&#124;&#96;</code>"),
        ("a\n b", "`a b`"),
        ("  ", ""),
    ],
)
def test_code(text: str, span: str) -> None:
    assert code(text) == span


@pytest.mark.parametrize(
    ("text", "language", "block"),
    [
        ("a\r\n\tb\n", "ini", "```ini\na\n\tb\n```"),
        ("```", "Q\n`<x", "````\n```\n````"),
        ("\x1b", "c++", "```c++\n\\x1b\n```"),
    ],
)
def test_fenced(text: str, language: str, block: str) -> None:
    assert fenced(text, language) == block


@pytest.mark.parametrize(
    ("title", "url", "text"),
    [
        ("a", "https://b.c/d_e#f?g=h&i", "[a](https://b.c/d_e#f?g=h&i)"),
        ("a]", "http://b/(c)", "[a\\]](http://b/%28c%29)"),
        ("", "https://b", "[`https://b`](https://b)"),
        ("a", "https://\udc80", "[a](https://?)"),
        ("a", "data:x", "a `data:x`"),
        ("", "", ""),
    ],
)
def test_link(title: str, url: str, text: str) -> None:
    assert link(title, url) == text


def test_joined_skips_what_is_empty_and_escapes_what_is_plain() -> None:
    assert joined(["a|b", "", Markdown("**c**")], " · ") == "a\\|b · **c**"


def test_bold() -> None:
    assert bold("a*") == "**a\\***"
    assert bold(" ") == ""


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("nginx\nkeeps 60 s", '"nginx<br/>keeps 60 s"'),
        ('"] --> x', '"#34;#93; --#62; x"'),
        ("<b>#1;`%|", '"#60;b#62;#35;1#59;#96;#37;#124;"'),
        ("\x1b", '"#92;x1b"'),
    ],
)
def test_mermaid(text: str, label: str) -> None:
    assert mermaid(text) == label


@pytest.mark.parametrize("text", ["`", "a", "a.", "_", "://", "a://", "@", "www.", "x@", "\\", "#"])
def test_the_time_grows_with_the_length(text: str) -> None:
    started = time.process_time()
    inline(text * 100_000)

    assert time.process_time() - started < 5
