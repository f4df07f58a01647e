"""Clusters of Zalando's operator: what they say counts, and what Spilo sets is not guessed."""

from __future__ import annotations

import pytest

from advisor.model import Unknown
from tests.support.deployments import ENGINE, deploy, facts_of, known

CLUSTER = """\
apiVersion: "acid.zalan.do/v1"
kind: postgresql
metadata: {name: shop-db}
spec:
  numberOfInstances: 2
  resources: {limits: {cpu: "2", memory: 4Gi}}
  postgresql:
    version: "16"
    parameters:
      max_connections: "50"
      log_statement: all
  patroni:
    pg_hba:
      - local all all trust
      - host all all 0.0.0.0/0 md5
"""


def test_what_the_manifest_says() -> None:
    facts = facts_of({"db.yaml": CLUSTER}, "postgresql")

    assert known(facts, "pg.major") == 16
    assert known(facts, "pg.platform") == "zalando"
    assert known(facts, "pg.max_connections") == 50
    assert known(facts, "host.memory") == 4 * 2**30
    assert str(facts["pg.max_connections"].location) == "db.yaml/shop-db/postgresql.conf:1"


def test_places_are_those_of_the_manifest() -> None:
    found = deploy({"db.yaml": CLUSTER})
    setting = found.databases[0].document.settings["log_statement"]
    (access,) = found.access
    record = access.document.records[1]

    assert str(found.embedded[setting.location.path].locate(setting.location)) == "db.yaml:11"
    assert str(found.embedded[record.location.path].locate(record.location)) == "db.yaml:15"
    assert access.database is found.databases[0]


def test_what_the_image_computes_is_not_known() -> None:
    facts = facts_of({"db.yaml": CLUSTER}, "postgresql")

    assert isinstance(facts["pg.shared_buffers"], Unknown)
    assert isinstance(facts["pg.work_mem"], Unknown)


@pytest.mark.parametrize(
    ("line", "size"), [("", 4 * 2**30), ("  enableShmVolume: false\n", 64 * 2**20)]
)
def test_shared_memory_is_a_volume_unless_it_is_switched_off(line: str, size: int) -> None:
    assert known(facts_of({"db.yaml": CLUSTER + line}, "postgresql"), "host.shm") == size


@pytest.mark.parametrize("host", ["shop-db", "shop-db.default.svc.cluster.local", "shop-db-repl"])
def test_applications_reach_it_by_its_services(host: str) -> None:
    web = (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        "    spec:\n      containers:\n        - {name: app, image: shop/web, command: [gunicorn, "
        "'app:app']}\n"
    )
    found = deploy({"app.py": ENGINE.replace("//db/", f"//{host}/"), "k.yaml": CLUSTER + web})

    assert [edge.why for edge in found.database_edges] == ["cluster shop-db"]


def test_another_kind_of_the_same_name_is_none() -> None:
    other = CLUSTER.replace("acid.zalan.do", "postgresql.cnpg.io")

    assert deploy({"db.yaml": other}).databases == ()
