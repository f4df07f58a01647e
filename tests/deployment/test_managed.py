"""Managed servers of Terraform: their machine, their parameters, and the applications on them."""

from __future__ import annotations

import pytest

from advisor.deployment.model import Database, Deployment
from advisor.facts.postgresql import database_facts
from advisor.model import Origin, Unknown, Value
from tests.support.deployments import deploy

MIB = 2**20
GIB = 2**30
INSTANCE = """\
resource "aws_db_instance" "shop" {
  engine         = "postgres"
  engine_version = "16.3"
  instance_class = "db.m6g.large"
%s}
"""
GROUP = """\
resource "aws_db_parameter_group" "shop" {
  name   = "shop-pg"
  family = "postgres15"
%s}
"""
OWN = "  parameter_group_name = aws_db_parameter_group.shop.name\n"
WORK_MEM = '  parameter {\n    name  = "work_mem"\n    value = "65536"\n  }\n'


def only(found: Deployment) -> Database:
    (database,) = found.databases
    return database


def main(text: str, **others: str) -> Database:
    """The server of a module whose other files are named without their endings."""
    return only(deploy({"main.tf": text, **{f"{name}.tf": one for name, one in others.items()}}))


def value(database: Database, name: str) -> object:
    """A fact of a server, None when it is not known."""
    fact = database_facts(deploy({}), database)[name]
    return None if isinstance(fact, Unknown) else fact.value


def test_the_class_is_the_machine() -> None:
    database = main(INSTANCE % "")

    assert (database.name, database.path) == ("aws_db_instance.shop", "main.tf")
    host = database.host
    assert isinstance(host.cpus, Value)
    assert isinstance(host.memory, Value)
    assert (host.cpus.value, host.memory.value) == (2, 8 * GIB)
    assert (str(host.cpus.location), host.cpus.note) == ("main.tf:4", "db.m6g.large")
    assert (value(database, "host.storage"), value(database, "host.shared")) == ("ssd", False)
    assert (value(database, "pg.platform"), value(database, "pg.major")) == ("rds", 16)


def test_what_rds_computes_of_the_class() -> None:
    database = main(INSTANCE % "")

    assert value(database, "pg.max_connections") == 8 * GIB // 9531392
    assert value(database, "pg.shared_buffers") == 2 * GIB
    assert value(database, "pg.effective_cache_size") == 4 * GIB
    assert value(database, "pg.sized_by_class") is True
    assert value(database, "connections.usable") == 8 * GIB // 9531392 - 3


def test_what_rds_sets_otherwise_is_not_known() -> None:
    """The defaults of PostgreSQL are not those of RDS, apart from the few it says it keeps."""
    database = main(INSTANCE % "")

    assert value(database, "pg.work_mem") == 4 * MIB
    assert value(database, "pg.random_page_cost") == 4
    assert value(database, "pg.max_wal_size") is None


def test_parameters_are_in_the_units_of_postgresql() -> None:
    database = main(INSTANCE % OWN, group=GROUP % WORK_MEM)
    fact = database_facts(deploy({}), database)["pg.work_mem"]

    assert isinstance(fact, Value)
    assert (fact.value, str(fact.location), fact.origin) == (64 * MIB, "group.tf:6", Origin.LITERAL)


@pytest.mark.parametrize(
    "name", ["aws_db_parameter_group.shop.id", "aws_db_parameter_group.shop.name", '"shop-pg"']
)
def test_the_group_is_found_by_reference_and_by_name(name: str) -> None:
    database = main(INSTANCE % f"  parameter_group_name = {name}\n", group=GROUP % WORK_MEM)

    assert value(database, "pg.work_mem") == 64 * MIB


def test_a_formula_of_its_own() -> None:
    formula = "{DBInstanceClassMemory/19062784}"
    own = f'  parameter {{\n name = "max_connections"\n value = "{formula}"\n }}\n'
    database = main(INSTANCE % OWN, group=GROUP % own)
    fact = database_facts(deploy({}), database)["pg.max_connections"]

    assert isinstance(fact, Value)
    assert (fact.value, str(fact.location)) == (8 * GIB // 19062784, "group.tf:6")
    assert value(database, "pg.sized_by_class") is False


def test_the_family_says_the_version_where_the_server_does_not() -> None:
    text = (INSTANCE % OWN).replace('  engine_version = "16.3"\n', "")

    assert value(main(text, group=GROUP % ""), "pg.major") == 15
    assert value(main(text), "pg.major") is None


DYNAMIC = """\
  dynamic "parameter" {
    for_each = local.parameters
    content {
      name  = %s
      value = %s
    }
  }
"""


@pytest.mark.parametrize(
    ("name", "there", "parameters"),
    [
        (
            "parameter.value.name",
            'parameter.value["value"]',
            '[{ name = "work_mem", value = 65536 }]',
        ),
        ("parameter.key", "parameter.value", '{ work_mem = "65536" }'),
    ],
)
def test_parameters_of_a_list(name: str, there: str, parameters: str) -> None:
    group = GROUP % (DYNAMIC % (name, there))
    database = main(
        INSTANCE % OWN, group=group, locals=f"locals {{\n  parameters = {parameters}\n}}\n"
    )

    assert value(database, "pg.work_mem") == 64 * MIB
    assert value(database, "pg.random_page_cost") == 4


@pytest.mark.parametrize(
    "files",
    [
        {"group": GROUP % (DYNAMIC % ("parameter.value.name", "parameter.value.value"))},
        {"group": GROUP % (WORK_MEM + '  parameter {\n    name = var.x\n    value = "1"\n  }\n')},
        {"other": "# the group is in another module\n"},
        {"group": GROUP % WORK_MEM, "broken": 'x = "\n'},
    ],
)
def test_parameters_that_cannot_be_read_make_the_others_unknown(files: dict[str, str]) -> None:
    database = main(INSTANCE % OWN, **files)

    assert value(database, "pg.max_connections") is None
    assert value(database, "pg.random_page_cost") is None
    assert value(database, "host.cpus") == 2


def test_a_value_that_is_computed_is_not_known() -> None:
    own = WORK_MEM.replace('"65536"', "var.work_mem * 1024")
    database = main(INSTANCE % OWN, group=GROUP % own)

    assert value(database, "pg.work_mem") is None
    assert value(database, "pg.max_connections") == 8 * GIB // 9531392


class TestVariables:
    """Where a class comes from outside."""

    TEXT = INSTANCE.replace('"db.m6g.large"', "var.class") % ""
    VARIABLE = 'variable "class" {\n  default = "db.t4g.micro"\n}\n'

    def test_a_default_is_an_assumption(self) -> None:
        database = main(self.TEXT, variables=self.VARIABLE)

        assert isinstance(database.host.memory, Value)
        assert (database.host.memory.value, database.host.memory.origin) == (GIB, Origin.ASSUMED)

    def test_a_file_of_variables_is_none(self) -> None:
        files = {"main.tf": self.TEXT, "variables.tf": self.VARIABLE}
        found = deploy({**files, "terraform.tfvars": 'class = "db.t4g.small"\n'})
        prod = deploy(
            {
                **files,
                "terraform.tfvars": 'class = "db.t4g.small"\n',
                "prod.tfvars": 'class = "db.m6g.xlarge"\n',
                "dev.tfvars": 'class = "db.t4g.micro"\n',
            }
        )

        memory = only(found).host.memory
        assert isinstance(memory, Value)
        assert (memory.value, memory.origin) == (2 * GIB, Origin.EVALUATED)
        assert str(memory.location) == "terraform.tfvars:1"
        assert value(only(prod), "host.memory") == 16 * GIB

    def test_a_module_gets_the_arguments_of_its_call(self) -> None:
        root = (
            'locals {\n  size = "large"\n}\n'
            'module "db" {\n  source = "./modules/db"\n'
            '  class = "db.r6g.${local.size}"\n  instance_class = "x"\n}\n'
        )
        files = {
            "main.tf": root,
            "modules/db/main.tf": self.TEXT,
            "modules/db/v.tf": 'variable "class" {}\n',
        }

        assert value(only(deploy(files)), "host.memory") == 16 * GIB

    def test_what_nobody_says_is_not_known(self) -> None:
        database = main(self.TEXT, variables='variable "class" {}\n')

        assert value(database, "host.memory") is None
        assert value(database, "pg.max_connections") is None
        stated = deploy({"main.tf": self.TEXT}, host={"memory": "4GB"})
        assert value(only(stated), "host.memory") == 4 * GIB

    def test_variables_that_name_each_other(self) -> None:
        loop = "locals {\n  a = local.b\n  b = local.a\n}\n"
        database = main(self.TEXT.replace("var.class", "local.a"), locals=loop)

        assert value(database, "host.memory") is None


def test_the_module_of_the_registry() -> None:
    database = main(
        'module "db" {\n  source = "terraform-aws-modules/rds/aws"\n  engine = "postgres"\n'
        '  family = "postgres16"\n  instance_class = "db.t4g.large"\n'
        '  parameters = [\n    { name = "work_mem", value = "8192" },\n  ]\n}\n'
    )

    assert (database.name, value(database, "pg.major")) == ("module.db", 16)
    assert (value(database, "pg.work_mem"), value(database, "host.memory")) == (8 * MIB, 8 * GIB)


def test_aurora() -> None:
    database = main(
        'resource "aws_rds_cluster" "a" {\n  engine = "aurora-postgresql"\n'
        '  engine_version = "15.4"\n'
        "  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.a.name\n}\n"
        'resource "aws_rds_cluster_instance" "a" {\n  count = 2\n'
        '  cluster_identifier = aws_rds_cluster.a.id\n  instance_class = "db.r6g.large"\n}\n'
        'resource "aws_rds_cluster_parameter_group" "a" {\n'
        '  family = "aurora-postgresql15"\n' + WORK_MEM + "}\n"
    )

    assert (value(database, "pg.platform"), value(database, "pg.major")) == ("aurora", 15)
    assert (value(database, "host.memory"), value(database, "pg.work_mem")) == (16 * GIB, 64 * MIB)
    assert value(database, "pg.max_connections") == 16 * GIB // 9531392
    assert value(database, "pg.shared_buffers") is None


def test_cloud_sql() -> None:
    database = main(
        'resource "google_sql_database_instance" "a" {\n  database_version = "POSTGRES_16"\n'
        '  settings {\n    tier = "db-custom-2-7680"\n    disk_type = "PD_HDD"\n'
        '    database_flags {\n      name = "work_mem"\n      value = "8192"\n    }\n  }\n}\n'
    )

    assert (value(database, "pg.platform"), value(database, "pg.major")) == ("cloudsql", 16)
    assert (value(database, "host.cpus"), value(database, "host.storage")) == (2, "hdd")
    assert (value(database, "pg.work_mem"), value(database, "pg.max_connections")) == (
        8 * MIB,
        400,
    )


def test_azure() -> None:
    database = main(
        'resource "azurerm_postgresql_flexible_server" "a" {\n  version = "16"\n'
        '  sku_name = "GP_Standard_D2ds_v5"\n}\n'
        'resource "azurerm_postgresql_flexible_server_configuration" "a" {\n'
        '  server_id = azurerm_postgresql_flexible_server.a.id\n  name = "work_mem"\n'
        '  value = "8192"\n}\n'
    )

    assert (value(database, "pg.platform"), value(database, "pg.major")) == ("azure", 16)
    assert value(database, "pg.work_mem") == 8 * MIB
    assert value(database, "connections.usable") == 844


@pytest.mark.parametrize(
    "text",
    [
        (INSTANCE % "").replace('"postgres"', '"mysql"'),
        (INSTANCE % "").replace('"postgres"', "var.engine"),
        INSTANCE % "  count = 0\n",
        INSTANCE % "  replicate_source_db = aws_db_instance.other.id\n",
        'resource "google_sql_database_instance" "a" {\n  database_version = "MYSQL_8_0"\n}\n',
    ],
)
def test_what_is_no_server_of_its_own(text: str) -> None:
    assert deploy({"main.tf": text}).databases == ()


@pytest.mark.parametrize("of", ["null", '""', "var.of"])
def test_a_module_that_can_make_copies(of: str) -> None:
    variable = 'variable "of" {\n  default = null\n}\n'
    found = deploy({"main.tf": INSTANCE % f"  replicate_source_db = {of}\n", "v.tf": variable})

    assert only(found).name == "aws_db_instance.shop"


def test_a_module_that_is_called_for_several_stages() -> None:
    call = 'module "%s" {\n  source = "./db"\n  instance_class = "db.%s"\n}\n'
    text = INSTANCE.replace('"db.m6g.large"', "var.instance_class") % ""
    calls = call % ("staging", "t4g.micro") + call % ("prod", "r6g.large")
    found = deploy({"main.tf": calls, "db/main.tf": text})

    database = only(found)
    assert database.name == "module.prod.aws_db_instance.shop"
    assert value(database, "host.memory") == 16 * GIB
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    ("extra", "known"),
    [
        ("locals {\n  parameters = []\n}\n", True),
        ('locals {\n  parameters = var.p\n}\nvariable "p" {\n  default = []\n}\n', False),
    ],
)
def test_a_default_may_not_be_all_there_is(extra: str, known: bool) -> None:  # noqa: FBT001
    group = GROUP % (DYNAMIC % ("parameter.value.name", "parameter.value.value"))
    database = main(INSTANCE % OWN, group=group, extra=extra)

    assert (value(database, "pg.max_connections") is not None) == known


def test_a_copy_is_said() -> None:
    found = deploy({"main.tf": INSTANCE % "  replicate_source_db = var.x\n"})

    assert found.notes == (
        "main.tf:1: aws_db_instance.shop is not judged: it is a copy of another server",
    )


def test_of_several_stages_production_counts() -> None:
    found = deploy({f"envs/{stage}/main.tf": INSTANCE % "" for stage in ("dev", "staging", "prod")})

    assert only(found).path == "envs/prod/main.tf"
    assert len(found.notes) == 2


def test_a_mistake_is_a_note() -> None:
    found = deploy({"main.tf": (INSTANCE % "") + 'x = "\n'})

    assert found.problems == ()
    assert found.notes == (
        "main.tf:6: a string that nothing closes; the rest of the file is not read",
    )


def test_an_application_reaches_the_server() -> None:
    found = deploy(
        {
            "main.tf": INSTANCE % "",
            "gunicorn.conf.py": "workers = 4\n",
            "app/db.py": (
                "import os\nfrom sqlalchemy import create_engine\n"
                "engine = create_engine(os.environ['DATABASE_URL'])\n"
            ),
        }
    )

    (edge,) = found.database_edges
    assert edge.database is only(found)


CLUSTER_GROUP = GROUP.replace("aws_db_", "aws_rds_cluster_").replace(
    '"postgres15"', '"aurora-postgresql15"'
)


@pytest.mark.parametrize(
    ("group", "platform"), [(GROUP, "rds"), (CLUSTER_GROUP, "aurora")], ids=["rds", "aurora"]
)
def test_a_group_without_a_server_is_judged_by_itself(group: str, platform: str) -> None:
    database = main(group % WORK_MEM)

    assert database.name.endswith("_parameter_group.shop")
    assert str(database.location) == "main.tf:1"
    assert (value(database, "pg.major"), value(database, "pg.platform")) == (15, platform)
    assert value(database, "pg.work_mem") == 64 * MIB
    assert isinstance(database.host.memory, Unknown)
    assert isinstance(database.host.storage, Unknown)
    assert value(database, "pg.certificate") == "elsewhere"


@pytest.mark.parametrize("family", ["mysql8.0", "aurora-mysql8.0", "docdb5.0"])
def test_a_group_for_another_server_is_none(family: str) -> None:
    text = GROUP.replace("postgres15", family) % ""

    assert deploy({"main.tf": text + GROUP.replace('"shop"', '"other"') % ""}).databases[
        0
    ].name == ("aws_db_parameter_group.other")
    assert deploy({"main.tf": text}).databases == ()


def test_where_there_is_a_server_further_groups_are_not_judged() -> None:
    old = GROUP.replace('"shop"', '"old"')

    assert main(INSTANCE % OWN, groups=GROUP % "" + old % "").name == "aws_db_instance.shop"


def test_new_settings_go_to_the_group() -> None:
    database = main(INSTANCE % OWN, group=GROUP % "")

    assert (str(database.location), database.path) == ("group.tf:1", "group.tf")
    assert str(main(INSTANCE % "").location) == "main.tf:1"


def test_new_settings_of_aurora_go_to_the_group_of_the_cluster() -> None:
    cluster = (
        'resource "aws_rds_cluster" "shop" {\n  engine = "aurora-postgresql"\n'
        "  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.shop.name\n}\n"
    )

    assert str(main(cluster, group=CLUSTER_GROUP % "").location) == "group.tf:1"
