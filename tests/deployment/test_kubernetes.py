"""Services of manifests: who runs, with which settings, and how others reach them."""

from __future__ import annotations

import pytest

from advisor.deployment.kubernetes import read_manifests
from advisor.deployment.model import Deployment
from advisor.deployment.services import RunningService, Services
from advisor.model import Location, Origin, Secret, Unknown, Value
from advisor.sources.tree import MemoryTree
from tests.support.deployments import ENGINE, deploy, facts_of, known, origin

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: registry.example.com/shop/web:1
          command: [gunicorn, app:app, --bind, "0.0.0.0:8000"]
          ports: [{name: http, containerPort: 8000}]
"""
SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
"""
SCALER = """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 10}
"""
NGINX = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: front, namespace: shop}
data:
  nginx.conf: |
    events {}
    http {
      upstream app { server %s; }
      server { listen 80; location / { proxy_pass http://app; } }
    }
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: shop}
spec:
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
        - name: nginx
          image: nginx:1.30
          volumeMounts: [{name: c, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}]
      volumes: [{name: c, configMap: {name: front}}]
"""
CLUSTER = """\
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: db, namespace: shop}
spec:
  instances: 2
  imageName: ghcr.io/cloudnative-pg/postgresql:16.4
  postgresql: {parameters: {max_connections: "50"}}
  resources: {limits: {cpu: 2, memory: 4Gi}}
"""


def read(files: dict[str, str]) -> Services:
    """Services of all YAML files; Dockerfiles may build their images."""
    manifests = {path: text for path, text in files.items() if path.endswith(".yaml")}
    dockerfiles = {path: text for path, text in files.items() if "Dockerfile" in path}
    tree = MemoryTree(files)
    return read_manifests(manifests, tree, dockerfiles=dockerfiles, kustomizations={})


def only(text: str, **files: str) -> RunningService:
    (found,) = read({"k8s/web.yaml": text, **files}).running
    return found


def box(body: str, *, above: str = "") -> RunningService:
    """A container whose entries are given, in a pod whose entries are given."""
    inner = "".join(f"          {line}\n" for line in body.splitlines())
    outer = "".join(f"      {line}\n" for line in above.splitlines())
    head, _, _ = WEB.partition("      containers:\n")
    return only(
        f"{head}{outer}      containers:\n        - name: app\n          image: x/a\n{inner}"
    )


class TestContainers:
    def test_one_service_per_container(self) -> None:
        found = only(WEB)

        assert (found.name, found.title, found.pod) == ("web", "deployment web", "deployment web")
        assert [word.value for word in found.words][:2] == ["gunicorn", "app:app"]
        assert isinstance(found.service.replicas, Value)
        assert found.service.replicas.value == 3
        assert isinstance(found.service.stop_grace_period, Value)
        assert found.service.stop_grace_period.value == 30.0
        assert found.own_network

    def test_several_containers_of_one_pod(self) -> None:
        first, second = read({"a.yaml": WEB + "        - {name: side, image: x/side}\n"}).running

        assert [first.name, second.name] == ["web/app", "web/side"]
        assert second.title == "container side of deployment web"
        assert first.near(second)

    def test_workloads_of_one_name(self) -> None:
        text = WEB + "---\n" + WEB.replace("Deployment", "StatefulSet")

        assert [one.name for one in read({"a.yaml": text}).running] == [
            "deployment-web",
            "statefulset-web",
        ]

    def test_jobs_end(self) -> None:
        job = WEB.replace("Deployment", "Job").replace("apps/v1", "batch/v1")

        assert read({"a.yaml": job}).running == ()

    def test_no_copies(self) -> None:
        services = read({"a.yaml": WEB.replace("replicas: 3", "replicas: 0")})

        assert services.running == ()
        assert services.notes == ("deployment web is left out: it has 0 replicas",)

    def test_the_autoscaler_says_how_many_there_are_at_most(self) -> None:
        replicas = only(WEB + SCALER).service.replicas

        assert isinstance(replicas, Value)
        assert (replicas.value, replicas.note) == (10, "2 to 10 by horizontalpodautoscaler web")
        assert str(replicas.location) == "k8s/web.yaml:18"

    @pytest.mark.parametrize(
        ("strategy", "surge"),
        [
            ("", 1),
            ("  strategy: {type: Recreate}\n", 0),
            ("  strategy: {rollingUpdate: {maxSurge: 2}}\n", 2),
            ("  strategy: {rollingUpdate: {maxSurge: 50%}}\n", 2),
        ],
    )
    def test_copies_during_a_rollout(self, strategy: str, surge: int) -> None:
        found = only(WEB.replace("spec:\n", f"spec:\n{strategy}", 1)).service.surge

        assert isinstance(found, Value)
        assert found.value == surge


class TestLimits:
    def test_limits_are_the_host(self) -> None:
        host = (
            deploy({"a.yaml": WEB + "          resources: {limits: {cpu: 1500m, memory: 1Gi}}\n"})
            .applications[0]
            .host
        )

        assert isinstance(host.cpus, Value)
        assert isinstance(host.memory, Value)
        assert (host.cpus.value, host.memory.value) == (1.5, 2**30)
        assert (host.cpus.origin, host.container, host.limited) == (Origin.LITERAL, True, True)

    def test_requests_are_assumptions(self) -> None:
        host = (
            deploy({"a.yaml": WEB + "          resources: {requests: {cpu: 2, memory: 1G}}\n"})
            .applications[0]
            .host
        )

        assert isinstance(host.cpus, Value)
        assert isinstance(host.memory, Value)
        assert (host.cpus.value, host.cpus.origin) == (2.0, Origin.ASSUMED)
        assert (host.memory.value, host.memory.origin) == (10**9, Origin.ASSUMED)
        assert not host.limited

    def test_nothing_is_unknown(self) -> None:
        host = deploy({"a.yaml": WEB}).applications[0].host

        assert isinstance(host.cpus, Unknown)
        assert isinstance(host.memory, Unknown)

    def test_shared_memory(self) -> None:
        mount = "volumeMounts: [{name: shm, mountPath: /dev/shm}]"
        sized = box(
            mount, above="volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 1Gi}}]"
        )
        limited = box(
            f"{mount}\nresources: {{limits: {{memory: 2Gi}}}}",
            above="volumes: [{name: shm, emptyDir: {medium: Memory}}]",
        )
        unknown = box(mount, above="volumes: [{name: shm, emptyDir: {medium: Memory}}]")
        disk = box(mount, above="volumes: [{name: shm, emptyDir: {}}]")

        assert isinstance(sized.service.shm_size, Value)
        assert isinstance(limited.service.shm_size, Value)
        assert (sized.service.shm_size.value, limited.service.shm_size.value) == (2**30, 2**31)
        assert isinstance(unknown.service.shm_size, Unknown)
        assert disk.service.shm_size is None


class TestVariables:
    CONFIG = (
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
        "data: {A: map, B: map, HOST: db, DB_PASSWORD: pw}\n"
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {URL: 'pg://u:pw@h/x'}\n"
    )

    def env(self, entries: str) -> RunningService:
        inner = "".join(f"          {line}\n" for line in entries.splitlines())
        return only(WEB + inner + self.CONFIG)

    def test_the_nearest_wins(self) -> None:
        found = self.env(
            "envFrom: [{configMapRef: {name: c}}, {configMapRef: {name: c}, prefix: P_}]\n"
            "env: [{name: B, value: own}]"
        )

        assert found.environment == {
            "A": "map",
            "B": "own",
            "HOST": "db",
            "P_A": "map",
            "P_B": "map",
            "P_HOST": "db",
        }
        assert str(found.variables["A"].location) == "k8s/web.yaml:20"

    def test_config_maps_that_are_not_there_are_said(self) -> None:
        entry = "          envFrom: [{configMapRef: {name: gone}}, {secretRef: {name: gone}}]\n"

        assert read({"a.yaml": WEB + entry}).notes == (
            "configmap gone is not among the files: what it sets for deployment web is not known",
        )

    def test_references(self) -> None:
        found = self.env(
            "env:\n"
            "  - {name: H, valueFrom: {configMapKeyRef: {name: c, key: HOST}}}\n"
            "  - {name: GONE, valueFrom: {configMapKeyRef: {name: c, key: none}}}\n"
            "  - {name: POD, valueFrom: {fieldRef: {fieldPath: status.podIP}}}\n"
            "  - {name: URL, valueFrom: {secretKeyRef: {name: s, key: URL}}}\n"
            "  - {name: FULL, value: 'x://$(H):$(NOWHERE)/$$(H)'}\n"
            "  - {name: DSN_TOO, value: 'pre-$(URL)'}"
        )

        assert found.environment == {"H": "db", "FULL": "x://db:$(NOWHERE)/$(H)"}
        assert found.url == {"URL": Secret("pg://u:pw@h/x"), "DSN_TOO": Secret("pre-pg://u:pw@h/x")}
        assert "pw" not in repr(found.variables)

    @pytest.mark.parametrize(
        ("resource", "text"),
        [
            ("{resource: limits.cpu}", "2"),
            ("{resource: limits.cpu, divisor: 500m}", "3"),
            ("{resource: requests.cpu}", "1"),
            ("{resource: limits.memory, divisor: 1Mi}", "512"),
            ("{resource: limits.ephemeral-storage}", None),
        ],
    )
    def test_limits_as_variables(self, resource: str, text: str | None) -> None:
        found = self.env(
            "resources: {limits: {cpu: 1500m, memory: 512Mi}, requests: {cpu: 1}}\n"
            f"env: [{{name: N, valueFrom: {{resourceFieldRef: {resource}}}}}]"
        )

        assert found.environment.get("N") == text

    def test_words_with_variables(self) -> None:
        text = WEB.replace('"0.0.0.0:8000"', '"$(HOST):$(PORT)", "$(URL)", "$$(HOST)"')
        found = only(
            text + "          env: [{name: HOST, value: h}, {name: URL, value: 'a://b:c@d'}]\n"
        )

        assert [(one.value, one.origin) for one in found.words[3:]] == [
            ("h:${PORT}", Origin.ASSUMED),
            ("***", Origin.EVALUATED),
            ("$(HOST)", Origin.EVALUATED),
        ]


class TestNames:
    def reached(self, text: str, host: str, port: int | None = None) -> list[str]:
        services = read({"a.yaml": text}).running
        return [one.name for one in services if one.answers_to(host, port)]

    @pytest.mark.parametrize(
        ("host", "found"),
        [
            ("web", ["web"]),
            ("WEB.shop", ["web"]),
            ("web.shop.svc", ["web"]),
            ("web.shop.svc.cluster.local", ["web"]),
            ("web.shop.svc.cluster.local.", ["web"]),
            ("web.other", []),
            ("web.example.com", []),
            ("xweb", []),
        ],
    )
    def test_the_name_of_a_service(self, host: str, found: list[str]) -> None:
        assert self.reached(WEB + SERVICE, host) == found

    def test_the_name_of_a_workload_is_none(self) -> None:
        assert self.reached(WEB, "web") == []

    def test_ports_are_translated(self) -> None:
        service = only(WEB + SERVICE)

        assert service.inside("web", 80) == 8000
        assert not service.answers_to("web", 81)

    def test_a_headless_service_translates_nothing(self) -> None:
        service = only(WEB + SERVICE.replace("spec: {", "spec: {clusterIP: None, "))

        assert service.answers_to("web", 8000)
        assert service.inside("web", 8000) == 8000

    def test_the_container_that_declares_the_port(self) -> None:
        side = "        - {name: side, image: x/side, ports: [{containerPort: 9000}]}\n"
        service = SERVICE.replace("targetPort: http}", "targetPort: http}, {port: 9000}")

        assert self.reached(WEB + side + service, "web", 80) == ["web/app"]
        assert self.reached(WEB + side + service, "web", 9000) == ["web/side"]

    def test_copies_of_a_stateful_set(self) -> None:
        text = WEB.replace("Deployment", "StatefulSet").replace(
            "replicas: 3", "replicas: 3\n  serviceName: web"
        )
        service = SERVICE.replace("spec: {", "spec: {clusterIP: None, ")

        assert self.reached(text + service, "web-0.web.shop.svc") == ["web"]
        assert self.reached(text + service, "web-x.web") == []

    def test_other_labels(self) -> None:
        assert self.reached(WEB + SERVICE.replace("app: web", "app: other"), "web") == []


def edges(found: Deployment) -> list[tuple[str, str]]:
    return [(one.upstream, one.application.name) for one in found.proxy_edges]


class TestStack:
    @pytest.mark.parametrize("address", ["web", "web:80", "web.shop.svc.cluster.local:80"])
    def test_nginx_reaches_the_application_by_its_service(self, address: str) -> None:
        found = deploy({"k8s/all.yaml": WEB + SERVICE + NGINX % address})

        assert edges(found) == [("app", "deployment web")]
        assert found.proxies[0].service == "front"
        assert found.notes == ()

    def test_a_port_that_the_service_does_not_offer(self) -> None:
        found = deploy({"k8s/all.yaml": WEB + SERVICE + NGINX % "web:8000"})

        assert edges(found) == []
        assert len(found.notes) == 1

    def test_a_service_that_leads_elsewhere(self) -> None:
        service = SERVICE.replace("targetPort: http", "targetPort: 9000")
        found = deploy({"k8s/all.yaml": WEB + service + NGINX % "web:80"})

        assert edges(found) == []
        assert found.notes == (
            "upstream app (web:80): gunicorn of deployment web does not listen on port 9000",
        )

    def test_a_pod_has_one_loopback(self) -> None:
        nginx = (NGINX % "127.0.0.1:8000").partition("kind: Deployment")[0].rpartition("---")[0]
        text = WEB + (
            "        - name: nginx\n          image: nginx:1.30\n"
            "          volumeMounts: [{name: c, mountPath: /etc/nginx/nginx.conf, "
            "subPath: nginx.conf}]\n      volumes: [{name: c, configMap: {name: front}}]\n"
        )
        found = deploy({"k8s/all.yaml": text + nginx})

        assert edges(found) == [("app", "container app of deployment web")]

    def test_loopback_of_another_pod_is_not_it(self) -> None:
        assert edges(deploy({"k8s/all.yaml": WEB + NGINX % "127.0.0.1:8000"})) == []

    def test_a_cluster_by_its_roles(self) -> None:
        files = {"app.py": ENGINE.replace("//db/", "//db-rw.shop/"), "k8s/a.yaml": WEB + CLUSTER}
        found = deploy(files)
        edge = found.database_edges[0]
        place = edge.database.document.settings["max_connections"].location

        assert edge.why == "cluster db"
        assert str(found.embedded[place.path].locate(place)) == "k8s/a.yaml:21"
        assert isinstance(edge.database.host.platform, Value)
        assert edge.database.host.platform.value == "cloudnativepg"

    def test_demand_counts_all_copies(self) -> None:
        files = {
            "app.py": ENGINE.replace("//db/", "//db-rw/"),
            "k8s/a.yaml": WEB + SCALER + CLUSTER,
        }
        facts = facts_of(files, "stack.database")

        assert known(facts, "gunicorn.replicas") == 10
        assert origin(facts, "gunicorn.replicas") is Origin.LITERAL
        assert known(facts, "pg.max_connections") == 50
        assert known(facts, "host.memory") == 4 * 2**30

    def test_a_pooler_before_a_cluster(self) -> None:
        pooler = (
            "---\napiVersion: postgresql.cnpg.io/v1\nkind: Pooler\nmetadata: {name: pool}\n"
            "spec: {cluster: {name: db}, instances: 2, type: rw, pgbouncer: {poolMode: "
            "transaction, parameters: {default_pool_size: '20'}}}\n"
        )
        found = deploy(
            {"app.py": ENGINE.replace("//db/", "//pool/"), "k8s/a.yaml": WEB + CLUSTER + pooler}
        )
        (one,) = found.poolers

        assert one.database is found.databases[0]
        assert [edge.pooler.name for edge in found.pooler_edges] == ["pooler pool"]
        assert [edge.pooler for edge in found.database_edges] == ["pooler pool"]
        assert isinstance(one.replicas, Value)
        assert one.replicas.value == 2

    def test_a_pooler_in_the_pod(self) -> None:
        side = (
            "        - name: pool\n          image: edoburu/pgbouncer:1.23.1\n"
            "          env: [{name: DB_HOST, value: db-rw}, {name: LISTEN_PORT, value: '6432'}]\n"
        )
        engine = ENGINE.replace("//db/", "//127.0.0.1:6432/")
        found = deploy({"app.py": engine, "k8s/a.yaml": WEB + side + CLUSTER})

        assert [edge.pooler.name for edge in found.pooler_edges] == [
            "container pool of deployment web"
        ]

    def test_loopback_leads_to_no_other_pod(self) -> None:
        engine = ENGINE.replace("//db/", "//127.0.0.1/")
        found = deploy({"app.py": engine, "k8s/a.yaml": WEB + CLUSTER})

        assert found.database_edges == ()
        assert len(found.notes) == 1


class TestFiles:
    def test_configuration_files_of_a_config_map(self) -> None:
        found = deploy({"k8s/all.yaml": NGINX % "web"})
        (proxy,) = found.proxies

        assert proxy.document.path == "k8s/all.yaml/shop/front/nginx.conf"
        assert found.embedded[proxy.document.path].locate(Location("x", 1)).line == 7

    @pytest.mark.parametrize(
        "volume",
        [
            "configMap: {name: g}",
            "configMap: {name: g, items: [{key: gunicorn.conf.py, path: gunicorn.conf.py}]}",
        ],
    )
    def test_gunicorn_by_a_mounted_folder(self, volume: str) -> None:
        config = (
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: g}\n"
            "data:\n  gunicorn.conf.py: |\n    workers = 7\n"
        )
        text = WEB.replace("--bind", "-c, /conf/gunicorn.conf.py, --bind") + (
            "          volumeMounts: [{name: c, mountPath: /conf}]\n"
            f"      volumes: [{{name: c, {volume}}}]\n"
        )
        (application,) = deploy({"k8s/a.yaml": text + config}).applications

        assert application.path == "k8s/a.yaml/g/gunicorn.conf.py"
        assert known(facts_of({"k8s/a.yaml": text + config}, "gunicorn"), "gunicorn.workers") == 7

    def test_files_that_kustomize_takes(self) -> None:
        text = (NGINX % "web").partition("---\napiVersion: apps/v1")[2]
        files = {
            "k8s/front.yaml": "apiVersion: apps/v1" + text,
            "k8s/kustomization.yaml": "configMapGenerator: [{name: front, files: [nginx.conf]}]\n",
            "k8s/nginx.conf": "events {}\nhttp { server { listen 80; } }\n",
        }
        found = deploy(files)

        assert [(one.document.path, one.service) for one in found.proxies] == [
            ("k8s/nginx.conf", "front")
        ]

    def test_variables_that_kustomize_makes(self) -> None:
        files = {
            "k8s/web.yaml": WEB + "          envFrom: [{configMapRef: {name: e}}]\n",
            "k8s/kustomization.yaml": (
                "configMapGenerator: [{name: e, literals: [WEB_CONCURRENCY=9]}]\n"
            ),
        }

        assert known(facts_of(files, "gunicorn"), "gunicorn.workers") == 9
        assert deploy(files).notes == ()

    def test_what_is_not_there_is_said(self) -> None:
        text = (NGINX % "web").partition("---\napiVersion: apps/v1")[2]

        assert deploy({"a.yaml": "apiVersion: apps/v1" + text}).notes == (
            "configmap front, which deployment front mounts, is not among the files",
        )

    def test_namespaces_keep_config_maps_apart(self) -> None:
        one = NGINX % "web:1"
        both = one + (NGINX % "web:2").replace("namespace: shop", "namespace: other")
        found = deploy({"k8s/all.yaml": both})

        assert {proxy.service: proxy.document.path for proxy in found.proxies} == {
            "deployment-front-shop": "k8s/all.yaml/shop/front/nginx.conf",
            "deployment-front-other": "k8s/all.yaml/other/front/nginx.conf",
        }

    def test_secrets_are_no_files(self) -> None:
        secret = (
            (NGINX % "web")
            .replace("kind: ConfigMap", "kind: Secret")
            .replace("data:", "stringData:", 1)
        )

        assert deploy({"a.yaml": secret}).embedded == {}


class TestImages:
    DOCKERFILE = (
        "FROM python:3.12\nWORKDIR /srv\nENV WEB_CONCURRENCY=6\nCOPY app.py .\n"
        'CMD ["gunicorn", "app:app"]\n'
    )
    BARE = WEB.replace('          command: [gunicorn, app:app, --bind, "0.0.0.0:8000"]\n', "")

    def test_the_only_dockerfile_builds_the_only_image(self) -> None:
        found = only(self.BARE, Dockerfile=self.DOCKERFILE, **{"app.py": ENGINE})

        assert [word.value for word in found.words] == ["gunicorn", "app:app"]
        assert found.environment == {"WEB_CONCURRENCY": "6"}
        assert found.context == ""

    def test_of_several_the_one_with_the_name(self) -> None:
        files = {
            "k8s/a.yaml": self.BARE,
            "web/Dockerfile": self.DOCKERFILE,
            "web/app.py": "",
            "other/Dockerfile": "FROM python:3.12\nCMD other\n",
        }
        (found,) = read(files).running

        assert found.context == "web"
        assert found.words[0].value == "gunicorn"

    def test_a_file_that_copies_from_the_root(self) -> None:
        files = {"k8s/a.yaml": self.BARE, "docker/web.Dockerfile": self.DOCKERFILE, "app.py": ""}
        (found,) = read(files).running

        assert found.context == ""

    def test_several_images_and_one_file(self) -> None:
        text = self.BARE + "---\n" + self.BARE.replace("web", "api")
        services = read({"a.yaml": text, "Dockerfile": self.DOCKERFILE})

        assert [one.stage for one in services.running] == [None, None]

    def test_known_programs_are_built_elsewhere(self) -> None:
        text = WEB.replace("registry.example.com/shop/web:1", "redis:7")

        assert only(text, Dockerfile=self.DOCKERFILE).stage is None
