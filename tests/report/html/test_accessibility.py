"""
The page in a real browser: everybody can use it, with a keyboard, by ear and on any screen.
"""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page

from tests.support.browsers import (
    DESKTOP,
    PHONE,
    REPORTS,
    Open,
    Scheme,
    deploy,
    resize,
    shown,
    until,
)
from tests.support.reports import RICH

pytestmark = pytest.mark.oracle

CONTRAST = (Path(__file__).parents[2] / "support" / "colours.js").read_text("utf-8")
AXE = files("axe_playwright_python").joinpath("axe.min.js")
CONTROLS = {"button", "checkbox", "combobox", "searchbox", "link", "image", "img", "form"}
LANDMARKS = ("banner", "navigation", "main", "contentinfo")
ENOUGH = 4.5
"""WCAG 2.2, 1.4.3, for text of any size."""
STAYS = "window.setTimeout = () => 0"
"""What a button says after a copy stays, however slow the machine is."""


def accessible(page: Page) -> list[dict[str, Any]]:
    """
    What the browser tells assistive technology: role, name and properties of every node.
    """
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", "").strip(),
            **{one["name"]: one["value"].get("value") for one in node.get("properties", [])},
        }
        for node in nodes
        if not node["ignored"]
    ]


class TestKeyboard:
    def test_the_first_stop_skips_to_the_report(self, visit: Open) -> None:
        page = visit(RICH).page
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the report")
        box = skip.bounding_box()
        assert box
        assert box["y"] >= 0

        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"

    def test_everything_can_be_reached_and_is_seen_to_be(self, visit: Open) -> None:
        page = visit(RICH).page
        controls = page.locator("a, button, input, select, summary").locator("visible=true")
        reached: list[str] = []
        for _ in range(controls.count()):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(_FOCUSED))
        assert "outline" not in " ".join(reached)
        assert len(set(reached)) == controls.count()

    def test_it_filters_opens_and_copies_without_a_mouse(self, visit: Open) -> None:
        page = visit(RICH).page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("checkbox", name="high").focus()
        page.keyboard.press("Space")
        assert "STK001" not in shown(page)
        page.keyboard.press("Space")

        details = page.locator("article.finding details").first
        details.locator("summary").focus()
        page.keyboard.press("Enter")
        assert details.evaluate("one => one.open")

        page.evaluate(STAYS)
        page.get_by_role("button", name="Copy the change for STK001").focus()
        page.keyboard.press("Enter")
        page.get_by_text("Copied").first.wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == "workers = 4"


_FOCUSED = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const all = [...document.querySelectorAll("a, button, input, select, summary")];
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return seen ? `${all.indexOf(one)}` : `no outline: ${one.outerHTML}`;
}"""


class TestAccessibility:
    @pytest.mark.parametrize("name", REPORTS)
    def test_every_control_has_a_name_and_the_page_its_landmarks(
        self, visit: Open, name: str
    ) -> None:
        tree = accessible(visit(*REPORTS[name]).page)
        copies = [one["name"] for one in tree if one["role"] == "button"]
        seen = Counter(one["role"] for one in tree)

        assert not [one for one in tree if one["role"] in CONTROLS and not one["name"]]
        assert len(copies) == len(set(copies)) or name == "several"
        assert {key: seen[key] for key in LANDMARKS} == dict.fromkeys(LANDMARKS, 1)

    def test_the_drawing_is_said_in_words(self, visit: Open) -> None:
        page = visit(RICH).page
        page.get_by_text("The stack in words").click()
        words = page.locator("details.words li").all_inner_texts()

        assert words[0].startswith("nginx, keeps upstream 60 s to gunicorn, 9 workers: reused, ")
        assert page.get_by_role("img", name="Diagram of the stack").count() == 1

    @pytest.mark.parametrize(
        ("name", "scheme"), [*((name, "light") for name in REPORTS), ("rich", "dark")]
    )
    def test_axe_finds_nothing(self, visit: Open, name: str, scheme: Scheme) -> None:
        """
        The rules of WCAG 2.2 A and AA, and best practices, with every part unfolded.
        """
        page = visit(*REPORTS[name], scheme=scheme).page
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run()")

        assert [
            (one["id"], [node["html"][:120] for node in one["nodes"]])
            for one in found["violations"]
        ] == []
        assert len(found["passes"]) > 15

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_contrast(self, visit: Open, scheme: Scheme) -> None:
        page = visit(RICH, scheme=scheme).page
        for width in (DESKTOP, PHONE):
            resize(page, width)
            texts = page.evaluate(CONTRAST)

            assert len(texts) > 150
            assert [one for one in texts if one["ratio"] < ENOUGH] == []


class TestSizes:
    @pytest.mark.parametrize("name", REPORTS)
    def test_nothing_sticks_out(self, visit: Open, name: str) -> None:
        page = visit(*REPORTS[name]).page
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for width in (320, PHONE, 700, DESKTOP, 2000):
            resize(page, width)

            assert page.evaluate("document.documentElement.scrollWidth") <= width

    @pytest.mark.parametrize("name", ["guide", "pgbouncer", "kubernetes"])
    def test_one_drawing_fits_the_screen_and_its_texts_their_boxes(
        self, visit: Open, name: str
    ) -> None:
        page = visit(deploy(name)).page
        for width, kind in ((PHONE, "tall"), (DESKTOP, "wide")):
            resize(page, width)
            drawings = page.locator("svg.drawing").locator("visible=true")

            assert drawings.count() == 1
            assert kind in (drawings.get_attribute("class") or "")
            assert page.evaluate(_OUTSIDE) == []

    def test_a_broad_drawing_is_scrolled_and_not_made_small(self, visit: Open) -> None:
        edges = tuple(("nginx", "keeps 32 idle", f"app {number}") for number in range(6))
        page = visit(replace(RICH, diagram=edges), width=PHONE).page
        canvas = page.get_by_role("group", name="Diagram of the stack, to be scrolled sideways")
        text = page.locator(".drawing.tall .box text").first.bounding_box()
        canvas.focus()
        page.keyboard.press("ArrowRight")
        scrolled = page.locator(".canvas.tall")
        until(page, lambda: scrolled.evaluate("element => element.scrollLeft") > 0)

        assert text
        assert text["height"] > 12
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE


_OUTSIDE = """() => {
  const found = [];
  for (const box of document.querySelectorAll("svg.drawing .box")) {
    const around = box.querySelector("rect").getBoundingClientRect();
    for (const text of box.querySelectorAll("text")) {
      const one = text.getBoundingClientRect();
      const inside = one.left >= around.left && one.right <= around.right
        && one.top >= around.top && one.bottom <= around.bottom;
      if (!inside) found.push(text.textContent);
    }
  }
  return found;
}"""
