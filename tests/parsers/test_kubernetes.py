"""Kubernetes manifests: what each object says, where, and what cannot be read."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location, Secret, Unknown, Value
from advisor.parsers.kubernetes import parse_manifests
from advisor.parsers.kubernetes_model import (
    Container,
    ContainerPort,
    Manifests,
    ServicePort,
    Variable,
    VariableSource,
    Volume,
    VolumeMount,
)
from advisor.parsers.yaml_nodes import MAX_DOCUMENTS, read_documents


def read(text: str) -> Manifests:
    return parse_manifests("m.yaml", text)


def deployment(pod: str, *, spec: str = "", kind: str = "Deployment") -> Manifests:
    """One workload whose pod spec is given, indented by two."""
    inner = "".join(f"      {line}\n" for line in pod.splitlines())
    outer = "".join(f"  {line}\n" for line in spec.splitlines())
    return read(
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\n"
        f"spec:\n{outer}  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n{inner}"
    )


def container(body: str) -> Container:
    """The only container of a pod."""
    inner = "".join(f"    {line}\n" for line in body.splitlines())
    found = deployment(f"containers:\n  - name: app\n{inner}")
    assert found.problems == ()
    (box,) = found.workloads[0].pod.containers
    return box


class TestDocuments:
    def test_every_document_counts(self) -> None:
        found = read_documents("m", "---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n")

        assert [root.location.line for root in found.roots] == [2, 7]

    def test_anchors_end_with_their_document(self) -> None:
        found = read_documents("m", "a: &x 1\n---\nb: *x\n")

        assert [one.message for one in found.problems] == [
            "the alias *x refers to nothing that is complete"
        ]
        assert len(found.roots) == 1

    def test_there_is_a_limit(self) -> None:
        found = read_documents("m", "---\na: 1\n" * (MAX_DOCUMENTS + 5))

        assert len(found.roots) == MAX_DOCUMENTS
        assert [one.message for one in found.problems] == [
            "only the first 2,000 documents of the file are read"
        ]


class TestWorkloads:
    def test_what_identifies_it(self) -> None:
        (found,) = deployment("containers: []", spec="replicas: 3").workloads

        assert (found.named.kind, found.named.name, found.named.namespace) == (
            "Deployment",
            "web",
            "shop",
        )
        assert found.named.title == "deployment web"
        assert str(found.named.location) == "m.yaml:3"
        assert found.pod.labels == {"app": "web"}
        assert isinstance(found.replicas, Value)
        assert (found.replicas.value, str(found.replicas.location)) == (3, "m.yaml:5")

    def test_the_strategy(self) -> None:
        (recreated,) = deployment("{}", spec="strategy: {type: Recreate}").workloads
        (rolling,) = deployment("{}", spec="strategy: {rollingUpdate: {maxSurge: 1}}").workloads

        assert recreated.recreated
        assert rolling.surge is not None
        assert rolling.surge.value == "1"

    def test_one_per_node(self) -> None:
        (found,) = deployment("{}", kind="DaemonSet").workloads

        assert isinstance(found.replicas, Unknown)

    def test_a_cron_job_has_its_pod_deeper(self) -> None:
        found = read(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: n}\nspec: {jobTemplate: {spec: "
            "{template: {spec: {containers: [{name: c, image: i}]}}}}}\n"
        )

        assert [one.name for one in found.workloads[0].pod.containers] == ["c"]

    def test_a_list_holds_objects(self) -> None:
        found = read(
            "apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: Pod, metadata: "
            "{name: p}, spec: {containers: [{name: c, image: i}]}}\n"
        )

        assert [one.named.title for one in found.workloads] == ["pod p"]

    @pytest.mark.parametrize(
        "text",
        [
            "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n",
            "apiVersion: cluster.x-k8s.io/v1\nkind: Cluster\nmetadata: {name: a}\n",
            "apiVersion: v1\nkind: Config\nclusters: []\n",
            "kind: Deployment\n",
            "a: 1\n",
            "- 1\n",
            "",
        ],
    )
    def test_other_objects_are_passed_over(self, text: str) -> None:
        assert read(text) == Manifests("m.yaml")


class TestPods:
    def test_containers_that_stay(self) -> None:
        found = deployment(
            "initContainers: [{name: a, image: i}, {name: b, image: i, restartPolicy: Always}]\n"
            "containers: [{name: c, image: i}]"
        )

        assert [one.name for one in found.workloads[0].pod.containers] == ["b", "c"]

    def test_the_pod_itself(self) -> None:
        pod = (
            deployment(
                "terminationGracePeriodSeconds: 60\nhostNetwork: true\n"
                "securityContext: {sysctls: [{name: net.core.somaxconn, value: '4096'}]}\n"
            )
            .workloads[0]
            .pod
        )

        assert isinstance(pod.grace, Value)
        assert pod.grace.value == 60
        assert pod.host_network == Location("m.yaml", 9, 20, 9, 24)
        assert pod.sysctls["net.core.somaxconn"].value == "4096"

    def test_limits_in_every_notation(self) -> None:
        box = container(
            "resources:\n  limits: {cpu: 500m, memory: 1Gi}\n"
            "  requests: {cpu: '0.25', memory: 512M}"
        )
        parts = (box.cpus, box.memory, box.cpus_requested, box.memory_requested)

        assert [one.value for one in parts if isinstance(one, Value)] == [
            0.5,
            2**30,
            0.25,
            512_000_000,
        ]
        assert isinstance(box.memory, Value)
        assert str(box.memory.location) == "m.yaml:11"

    def test_words_with_their_places(self) -> None:
        box = container('command:\n  - gunicorn\nargs: ["-w", "4"]')

        assert box.command is not None
        assert box.args is not None
        assert [(one.value, str(one.location)) for one in (*box.command, *box.args)] == [
            ("gunicorn", "m.yaml:11"),
            ("-w", "m.yaml:12"),
            ("4", "m.yaml:12"),
        ]

    def test_passwords_in_words_are_dropped(self) -> None:
        box = container("args: [redis-server, --requirepass, hunter2, 'postgres://u:pw@h/d']")

        assert box.args is not None
        assert [one.value for one in box.args][2:] == ["***", "postgres://u:***@h/d"]

    def test_variables_and_where_they_come_from(self) -> None:
        box = container(
            "env:\n"
            "  - {name: A, value: x}\n"
            "  - {name: B, valueFrom: {configMapKeyRef: {name: c, key: k}}}\n"
            "  - {name: C, valueFrom: {secretKeyRef: {name: s, key: p}}}\n"
            "  - {name: D, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 500m}}}\n"
            "  - {name: E, valueFrom: {fieldRef: {fieldPath: status.podIP}}}\n"
            "  - {name: F}\n"
            "envFrom: [{configMapRef: {name: c}, prefix: P_}, {secretRef: {name: s}}]"
        )
        plain = [
            Variable(one.name, Location("", 0), one.text, one.source, one.ref, one.key, one.divisor)
            for one in box.variables
        ]
        nowhere = Location("", 0)

        assert plain == [
            Variable("A", nowhere, "x"),
            Variable("B", nowhere, source="configmap", ref="c", key="k"),
            Variable("C", nowhere, source="secret", ref="s", key="p"),
            Variable("D", nowhere, source="resource", ref="limits.cpu", divisor=0.5),
            Variable("E", nowhere, source="other"),
            Variable("F", nowhere),
        ]
        assert box.sources == (
            VariableSource("configmap", "c", "P_", Location("m.yaml", 17, 21, 17, 58)),
            VariableSource("secret", "s", "", Location("m.yaml", 17, 60, 17, 82)),
        )

    def test_texts_of_variables_are_not_shown(self) -> None:
        assert "hunter2" not in repr(container("env: [{name: DB_PASSWORD, value: hunter2}]"))

    def test_ports_mounts_probes_and_hooks(self) -> None:
        box = container(
            "ports: [{name: http, containerPort: 8000}]\n"
            "volumeMounts: [{name: v, mountPath: /etc/x, subPath: y}]\n"
            "readinessProbe: {httpGet: {path: /}}\n"
            "lifecycle: {preStop: {sleep: {seconds: 5}}}\n"
            "workingDir: /srv\n"
            "securityContext: {readOnlyRootFilesystem: true}"
        )

        assert box.ports == (ContainerPort(8000, "http"),)
        assert box.mounts == (VolumeMount("v", "/etc/x", "y", box.mounts[0].location),)
        assert box.probed
        assert box.pre_stop is not None
        assert box.working_dir is not None
        assert (box.pre_stop.line, box.working_dir.value, box.read_only) == (13, "/srv", True)

    def test_volumes(self) -> None:
        pod = (
            deployment(
                "volumes:\n"
                "  - {name: a, configMap: {name: c, items: [{key: k, path: p}]}}\n"
                "  - {name: b, secret: {secretName: s}}\n"
                "  - {name: c, emptyDir: {medium: Memory, sizeLimit: 256Mi}}\n"
                "  - {name: d, emptyDir: {}}\n"
                "  - {name: e, persistentVolumeClaim: {claimName: x}}\n"
            )
            .workloads[0]
            .pod
        )
        size = pod.volumes["c"].size

        assert pod.volumes["a"] == Volume("a", "configmap", "c", {"k": "p"})
        assert pod.volumes["b"] == Volume("b", "secret", "s")
        assert isinstance(size, Value)
        assert (pod.volumes["c"].kind, size.value) == ("memory", 256 * 2**20)
        assert [pod.volumes[name].kind for name in "de"] == ["empty", "other"]


class TestOtherObjects:
    def test_a_service(self) -> None:
        (found,) = read(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
            "  selector: {app: web}\n  ports: [{port: 80, targetPort: http}, {port: 9000}]\n"
        ).services

        assert found.selector == {"app": "web"}
        assert found.ports == (ServicePort(80, "http"), ServicePort(9000, "9000"))
        assert not found.headless

    def test_a_service_without_an_address(self) -> None:
        (found,) = read(
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None}\n"
        ).services

        assert found.headless

    def test_an_autoscaler(self) -> None:
        (found,) = read(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
            "spec: {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 2, "
            "maxReplicas: 9}\n"
        ).autoscalers

        assert isinstance(found.lowest, Value)
        assert isinstance(found.highest, Value)
        assert (found.target_kind, found.target) == ("Deployment", "web")
        assert (found.lowest.value, found.highest.value) == (2, 9)

    def test_a_config_map(self) -> None:
        (found,) = read(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
            "  LEVEL: info\n  DB_PASSWORD: hunter2\n  nginx.conf: |\n    events {}\n"
        ).config_maps

        assert found.texts["LEVEL"].value == "info"
        assert found.texts["DB_PASSWORD"].value == Secret("hunter2")
        assert found.files["nginx.conf"].text == "events {}\n"
        assert list(found.files["nginx.conf"].lines) == [8]
        assert "hunter2" not in repr(found)

    def test_a_secret_is_secret_whatever_it_holds(self) -> None:
        encoded = base64.b64encode(b"postgres://u:p@db/x").decode()
        (found,) = read(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
            f"data: {{url: {encoded}, broken: '%%%', bytes: /w==}}\nstringData: {{level: info}}\n"
        ).secrets

        assert found.texts["url"].value == Secret("postgres://u:p@db/x")
        assert found.texts["level"].value == Secret("info")
        assert found.files == {}
        assert "bytes" not in found.texts

    def test_a_cluster(self) -> None:
        (found,) = read(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec:\n"
            "  instances: 3\n  imageName: ghcr.io/cloudnative-pg/postgresql:16.4\n"
            "  postgresql:\n"
            "    parameters:\n"
            '      max_connections: "200"\n'
            "      log_line_prefix: \"%m 'x' \\\\\"\n"
            "    shared_preload_libraries: [pg_stat_statements, auto_explain]\n"
            "    pg_hba: ['host all all 10.0.0.0/8 scram-sha-256']\n"
            "  resources: {limits: {cpu: 4, memory: 8Gi}}\n"
        ).clusters

        assert found.parameters is not None
        assert found.parameters.text == (
            "max_connections = '200'\n"
            "log_line_prefix = '%m ''x'' \\\\'\n"
            "shared_preload_libraries = 'pg_stat_statements,auto_explain'\n"
        )
        assert found.parameters.locate(Location("x", 2, 5, 2, 9)) == Location("m.yaml", 10, 7)
        assert found.hba is not None
        assert found.hba.text == "host all all 10.0.0.0/8 scram-sha-256\n"
        assert isinstance(found.container.cpus, Value)
        assert found.container.cpus.value == 4.0

    def test_a_pooler(self) -> None:
        (found,) = read(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Pooler\nmetadata: {name: pool}\nspec:\n"
            "  cluster: {name: db}\n  instances: 2\n  type: rw\n"
            "  pgbouncer:\n    poolMode: transaction\n"
            "    parameters: {max_client_conn: '1000'}\n"
        ).poolers

        assert found.settings.text == (
            "[databases]\n"
            "* = host=db-rw\n"
            "[pgbouncer]\n"
            "pool_mode = transaction\n"
            "max_client_conn = 1000\n"
        )
        assert found.settings.locate(Location("x", 5)).line == 10
        assert found.settings.locate(Location("x", 4)).line == 9

    @pytest.mark.parametrize(
        ("postgresql", "preloaded"),
        [
            ("{parameters: {auto_explain.log_min_duration: 10s}}", ("auto_explain", 1)),
            (
                "{parameters: {pgaudit.log: all, pg_failover_slots.drop: 'off'}}",
                ("pgaudit,pg_failover_slots", 2),
            ),
            (
                "{parameters: {pgaudit.log: all}, shared_preload_libraries: [citus, pgaudit]}",
                ("pgaudit,citus", 1),
            ),
            ("{parameters: {cron.database_name: app}}", None),
        ],
    )
    def test_the_operator_preloads_what_parameters_ask_for(
        self, postgresql: str, preloaded: tuple[str, int] | None
    ) -> None:
        (found,) = read(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\n"
            f"spec: {{postgresql: {postgresql}}}\n"
        ).clusters
        lines = found.parameters.text.splitlines() if found.parameters else []
        written = [one for one in lines if one.startswith("shared_preload_libraries")]

        if preloaded is None:
            assert written == []
        else:
            assert written == [f"shared_preload_libraries = '{preloaded[0]}'"]
            assert len(lines) == preloaded[1] + 1


class TestProblems:
    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ("resources: {limits: {cpu: lots}}", "cpu is not a quantity"),
            ("resources: {limits: [a]}", "limits is not a mapping"),
            ("ports: {a: b}", "ports is not a list"),
            ("ports: [{containerPort: http}]", "containerPort is not a port"),
            ("image: [a]", "image is not a single value"),
            ("env: [a]", "an item of env is not a mapping"),
        ],
    )
    def test_what_has_the_wrong_form(self, body: str, message: str) -> None:
        found = deployment(f"containers:\n  - name: app\n    {body}")

        assert [one.message for one in found.problems] == [message]
        assert found.problems[0].location.line == 10
        assert len(found.workloads) == 1

    def test_a_broken_file_keeps_what_came_before(self) -> None:
        found = read("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\nkind: [\n")

        assert [one.named.name for one in found.workloads] == ["a"]
        assert [one.location.line for one in found.problems] == [6]

    def test_a_template_is_one(self) -> None:
        text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: {{ boxes }} }\n"

        assert [one.category for one in read(text).problems] == ["template"]

    def test_aliases_do_not_multiply(self) -> None:
        boxes = ", ".join(["*box"] * 3000)
        items = ", ".join(["*pod"] * 3000)
        text = (
            "apiVersion: v1\nkind: List\n"
            "x-box: &box {name: c, image: i}\n"
            f"x-boxes: &boxes [{boxes}]\n"
            "x-pod: &pod {apiVersion: v1, kind: Pod, spec: {containers: *boxes}}\n"
            f"items: [{items}]\n"
        )
        found = read(text)

        assert [one.category for one in found.problems] == ["unreadable"]

    def test_merges_end(self) -> None:
        text = "apiVersion: v1\nkind: Pod\nmetadata: &a {name: p}\nspec: {<<: *a, containers: []}\n"

        assert read(text).problems == ()


KEYS = """
    apiVersion kind metadata name spec template containers env data valueFrom resources limits cpu
    ports volumes postgresql parameters Deployment ConfigMap Cluster Pooler Service Secret v1
    apps/v1 postgresql.cnpg.io/v1 List items 1 ~ *a &a << | {{x}}
"""
WORDS = st.sampled_from(KEYS.split())
VALUES = st.recursive(
    WORDS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(WORDS, inner, max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{k}: {v}" for k, v in pairs.items()) + "}"
        )
    ),
    max_leaves=15,
)
OBJECTS = st.builds(
    lambda kind, spec, data: (
        f"apiVersion: {kind[0]}\nkind: {kind[1]}\nspec: {spec}\ndata: {data}\n"
    ),
    st.sampled_from(
        [
            ("apps/v1", "Deployment"),
            ("v1", "Service"),
            ("v1", "ConfigMap"),
            ("v1", "Secret"),
            ("postgresql.cnpg.io/v1", "Cluster"),
            ("postgresql.cnpg.io/v1", "Pooler"),
            ("batch/v1", "CronJob"),
            ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ]
    ),
    VALUES,
    VALUES,
)


@given(st.lists(OBJECTS, max_size=3).map("---\n".join) | st.text())
@settings(max_examples=150, deadline=None)
def test_any_text_gives_manifests(text: str) -> None:
    """What does not fit is a problem with a place, never an error."""
    found = read(text)

    assert all(one.location.line >= 1 for one in found.problems)
