"""
The rules the advisor runs with: prebuilt, cached, or read again.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.errors import RuleError
from advisor.rules import catalogue, loader
from tests.support.rules import TEXT


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """
    A checkout with one rule.
    """
    (tmp_path / "rules" / "nginx").mkdir(parents=True)
    (tmp_path / "rules" / "nginx" / "few-idle-connections.yaml").write_text(TEXT)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path / "rules")
    monkeypatch.setattr(catalogue, "CACHE", tmp_path / ".advisor_cache")
    monkeypatch.setattr(catalogue, "_PREBUILT", tmp_path / "catalogue.json")
    return tmp_path


@pytest.fixture
def forbid_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("the rule files were read")

    monkeypatch.setattr(loader, "load_folder", refuse)


def caches(checkout: Path) -> list[Path]:
    return sorted((checkout / ".advisor_cache").iterdir())


def other(text: str = TEXT) -> str:
    return text.replace("NGX999", "NGX001").replace("few-idle", "other-idle")


def test_rules_of_a_checkout(checkout: Path) -> None:
    (rule,) = catalogue.load_rules()

    assert (rule.code, rule.source) == ("NGX999", "rules/nginx/few-idle-connections.yaml")
    assert len(caches(checkout)) == 1


def test_the_cache_is_used(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = catalogue.own_entries()
    monkeypatch.setattr(loader, "load_folder", lambda *_: pytest.fail("read again"))

    assert catalogue.own_entries() == first


def test_an_edit_makes_a_new_cache(checkout: Path) -> None:
    catalogue.own_entries()
    (before,) = caches(checkout)
    (checkout / "rules" / "b.yml").write_text(other())

    entries = catalogue.all_entries()

    assert [entry["code"] for entry in entries] == ["NGX001", "NGX999"]
    assert caches(checkout) != [before]
    assert len(caches(checkout)) == 1


def test_a_damaged_cache_is_made_again(checkout: Path) -> None:
    catalogue.own_entries()
    (store,) = caches(checkout)
    store.write_text('[{"code":')

    assert catalogue.own_entries()[0]["code"] == "NGX999"
    assert json.loads(store.read_text())[0][0] == "NGX999"


def test_a_checkout_that_cannot_be_written(checkout: Path) -> None:
    """
    Slower, not wrong. A file stands where the cache's folder would be: root may write anywhere.
    """
    (checkout / ".advisor_cache").write_text("in the way")

    assert catalogue.own_entries()[0]["code"] == "NGX999"


def test_only_the_rules_that_have_something_to_look_at_are_read(checkout: Path) -> None:
    book = catalogue.open_book()

    assert len(book) == 1
    assert [rule.code for rule in book.rules({"nginx.upstream"})] == ["NGX999"]
    assert book.rules({"gunicorn"}) == ()
    assert (book.heads[0].name, book.heads[0].target) == ("few-idle-connections", "nginx.upstream")


@pytest.mark.usefixtures("forbid_reading")
def test_a_prebuilt_catalogue_goes_first(checkout: Path) -> None:
    (checkout / "catalogue.json").write_text("[]")

    assert catalogue.own_entries() == []


def test_what_is_built_is_what_is_read(checkout: Path) -> None:
    from_files = catalogue.own_entries()

    number = catalogue.build(checkout / "rules", checkout / "catalogue.json")

    assert number == 1
    assert catalogue.own_entries() == from_files


def test_a_damaged_catalogue(checkout: Path) -> None:
    (checkout / "catalogue.json").write_text("{")

    with pytest.raises(RuleError, match=r"damaged \(reinstall deploy-advisor\)$"):
        catalogue.own_entries()


def test_no_rules_at_all(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "FOLDER", checkout / "gone")

    with pytest.raises(RuleError, match="holds no rules"):
        catalogue.own_entries()


def test_a_mistake_stops_the_build(checkout: Path) -> None:
    (checkout / "rules" / "b.yaml").write_text("code: 1")

    with pytest.raises(RuleError, match=r"^rules/b.yaml:1:7: code must be a text"):
        catalogue.build(checkout / "rules", checkout / "catalogue.json")

    assert not (checkout / "catalogue.json").exists()


class TestExtra:
    def test_rules_of_the_user(self, checkout: Path) -> None:
        (checkout / "ops.yaml").write_text(other())

        codes = [rule.code for rule in catalogue.load_rules((checkout / "ops.yaml",))]

        assert codes == ["NGX001", "NGX999"]

    def test_a_code_that_is_taken(self, checkout: Path) -> None:
        with pytest.raises(RuleError, match="code NGX999 is taken by rules/nginx/few-idle"):
            catalogue.load_rules((checkout / "rules" / "nginx",))
