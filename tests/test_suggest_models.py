"""Who answers prompts: commands that fail, hang and babble, servers that do."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.suggest.calls import GIVE_UP, Calls
from bot.suggest.models import (
    LARGEST,
    LONGEST_WAIT,
    Command,
    Endpoint,
    Failed,
    Hopeless,
    Model,
    patiently,
)
from bot.suggest.prompts import Prompt

PATIENCE = 60.0  # seconds for what must happen
SOON = 0.5  # seconds for what never will


# ── commands ─────────────────────────────────────────────────────────────────────────────────────


def python(code: str, timeout: float = PATIENCE) -> Command:
    return Command([sys.executable, "-c", code], timeout)


def test_a_command_gets_the_prompt_on_stdin_and_its_output_is_the_reply() -> None:
    echo = python("import sys; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d[::1] + d)")
    assert echo("问“谁”?\n") == "问“谁”?\n问“谁”?"


def test_a_long_prompt_and_a_long_reply_do_not_wait_for_each_other() -> None:
    prompt = "长" * 100_000  # more than pipes hold
    assert python("import sys; print(sys.stdin.read())")(prompt) == prompt


def test_a_command_that_does_not_read_its_prompt_may_still_answer() -> None:
    assert python("print('2|碎了几扇窗')")("长" * 100_000) == "2|碎了几扇窗"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit('no such model')", "no such model"),
        ("raise SystemExit(3)", "3"),
        ("pass", "什么也没有输出"),
        ("print('  ')", "什么也没有输出"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "-9"),
        ("while True: print('喋' * 1000)", "没完没了"),
        ("import sys\nwhile True: sys.stderr.write('喋' * 1000)", "0.5 秒"),
        ("import time; time.sleep(999)", "0.5 秒"),
        ("import os, time; os.close(1); os.close(2); time.sleep(999)", "0.5 秒"),
    ],
)
def test_a_command_may_fail_and_it_is_said_why(code: str, why: str) -> None:
    # What does not hang must not fail for being slow to start.
    timeout = SOON if "秒" in why else PATIENCE
    with pytest.raises(Failed, match=why) as failure:
        python(code, timeout)("问")
    assert failure.value.again


def test_what_a_command_complains_of_cannot_draw_on_the_terminal() -> None:
    code = r"import sys; sys.stderr.write('\x1b[2J\x07bad\r\nnews'); raise SystemExit(1)"
    with pytest.raises(Failed) as failure:
        python(code)("问")
    assert str(failure.value).isprintable() and "bad news" in str(failure.value)


def test_bytes_that_are_no_text_are_replaced() -> None:
    code = r"import sys; sys.stdout.buffer.write('2|窗'.encode() + b'\xff')"
    assert python(code)("问") == "2|窗\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("words", [[], [""], ["no-such-command-anywhere"], ["/"]])
def test_a_command_that_is_not_there_is_hopeless(words: Sequence[str]) -> None:
    with pytest.raises(Hopeless, match="--via"):
        Command(words, PATIENCE)


def test_a_command_that_the_system_cannot_run_is_hopeless(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(b"\x7fELF no program")
    script.chmod(0o755)
    with pytest.raises(Hopeless, match="--via"):
        Command([str(script)], PATIENCE)("问")


def test_a_command_is_no_shell_line(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1])"
    command = Command([sys.executable, "-c", code, f"$(touch {tmp_path}/here); x"], PATIENCE)
    assert command("问").startswith("$(touch")
    assert list(tmp_path.iterdir()) == []


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def test_who_stops_a_command_stops_what_it_has_started(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    child = (
        "import os, time; os.fork(); open({!r}, 'a').write(f'{{os.getpid()}} '); time.sleep(999)"
    )
    command = python(child.format(str(file)))
    outcome: list[Exception] = []

    def ask() -> None:
        try:
            command("问")
        except Failed as failure:
            outcome.append(failure)

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: file.exists() and len(file.read_text().split()) == 2)
    command.close()
    asking.join(PATIENCE)
    assert len(outcome) == 1
    pids = [int(pid) for pid in file.read_text().split()]
    eventually(lambda: not any(map(alive, pids)))
    with pytest.raises(Failed):
        command("问")


# ── patience ─────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Moody:
    """A model with a list of outcomes; the last one stays."""

    outcomes: list[str | Exception]
    asked: int = 0

    def __call__(self, prompt: str) -> str:
        outcome = self.outcomes[min(self.asked, len(self.outcomes) - 1)]
        self.asked += 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("outcomes", "reply", "waits"),
    [
        (["好"], "好", []),
        ([Failed("1"), "好"], "好", [1.0]),
        ([Failed("1"), Failed("2"), "好"], "好", [1.0, 2.0]),
        ([Failed("1"), Failed("2"), Failed("3"), "好"], None, [1.0, 2.0]),
        ([Failed("1", again=False), "好"], None, []),
        ([Hopeless("1"), "好"], None, []),
        ([Failed("1", after=7.0), "好"], "好", [7.0]),
        ([Failed("1", after=0.1), "好"], "好", [1.0]),
        ([Failed("1", after=86_400.0), "好"], "好", [LONGEST_WAIT]),
    ],
)
def test_a_failed_call_is_tried_up_to_three_times(
    outcomes: list[str | Exception], reply: str | None, waits: list[float]
) -> None:
    waited: list[float] = []
    model = Moody(outcomes)
    if reply is None:
        with pytest.raises((Failed, Hopeless)):
            patiently(model, "问", waited.append)
    else:
        assert patiently(model, "问", waited.append) == reply
    assert waited == waits
    assert model.asked == len(waits) + 1


def prompt(number: int) -> Prompt:
    return Prompt(f"q{number}/about", f"q{number}", "about", str(number))


def test_several_calls_run_at_once() -> None:
    """Each waits until all have begun."""
    together = threading.Barrier(3)

    class Meeting:
        def __call__(self, prompt: str) -> str:
            together.wait(PATIENCE)
            return prompt

        def close(self) -> None:
            pass

    calls = Calls(Meeting(), 3)
    for number in range(3):
        calls.ask(prompt(number))
    assert {calls.next()[1] for _ in range(3)} == {"0", "1", "2"}
    calls.close()


@pytest.mark.parametrize(
    ("outcomes", "asked"),
    [
        ([Failed("x", again=False)], GIVE_UP),
        ([Hopeless("x")], 1),
        ([*[Failed("x", again=False)] * (GIVE_UP - 1), "好", Failed("x", again=False)], None),
    ],
)
def test_who_fails_time_after_time_is_asked_no_more(
    outcomes: list[str | Exception], asked: int | None
) -> None:
    model = Moody(outcomes)
    calls = Calls(model, 1)
    count = 2 * GIVE_UP - 1
    for number in range(count):
        calls.ask(prompt(number))
        calls.next()
    calls.close()
    assert model.asked == (asked or count)


def test_a_mistake_of_ours_is_no_failure_of_the_model() -> None:
    calls = Calls(Moody([ZeroDivisionError("ours")]), 1)
    calls.ask(prompt(1))
    with pytest.raises(ZeroDivisionError):
        calls.next()
    calls.close()


# ── servers ──────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Answer:
    """What the server sends: a status, headers, a body; or nothing, for as long as it runs."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    endless: bytes = b""


class Server(ThreadingHTTPServer):
    """An endpoint on loopback that answers as it was told and records what it was sent."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def answer(self, request: Any) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def stop(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        request = json.loads(self.rfile.read(length))
        self.server.requests.append((self.path, dict(self.headers), request))
        answer = self.server.answer(request)
        if answer.silent:
            self.server.over.wait(PATIENCE)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if not answer.endless:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        try:
            while answer.endless and not self.server.over.wait(0.01):
                self.wfile.write(answer.endless)
        except OSError:
            pass

    do_GET = do_POST

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*answers: Answer) -> Server:
        servers.append(Server(answers))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def said(content: object) -> Answer:
    return Answer(json.dumps({"choices": [{"message": {"content": content}}]}).encode())


def refused(status: int, message: object = "no", **headers: str) -> Answer:
    return Answer(json.dumps({"error": {"message": message}}).encode(), status, headers)


def endpoint(server: Server, key: str = "sk-secret", timeout: float = PATIENCE) -> Endpoint:
    return Endpoint(server.url + "/", key, "some-model", timeout)


def test_an_endpoint_is_asked_as_openai_would_be(serve: Callable[..., Server]) -> None:
    server = serve(said("2|碎了几扇窗"))
    model = endpoint(server)
    assert model("问“谁”?") == "2|碎了几扇窗"
    model.close()
    ((path, headers, request),) = server.requests
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer sk-secret"
    assert request == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "问“谁”?"}],
        "stream": False,
    }


def test_without_a_key_none_is_sent(serve: Callable[..., Server]) -> None:
    server = serve(said("好"))
    model = endpoint(server, key="")
    model("问")
    model.close()
    assert "Authorization" not in server.requests[0][1]


def failure(model: Model) -> Failed:
    with pytest.raises(Failed) as caught:
        model("问")
    model.close()
    return caught.value


@pytest.mark.parametrize(
    ("answer", "again"),
    [
        (refused(429), True),
        (refused(500), True),
        (refused(503, "busy"), True),
        (refused(408), True),
        (refused(400, "context too long"), False),
        (refused(422), False),
        (Answer(b"not json"), True),
        (Answer(b"{}"), True),
        (Answer(b'{"choices": []}'), True),
        (Answer(b'{"choices": [{"message": null}]}'), True),
        (Answer(b"[" * 100_000), True),  # deeper than Python's stack
        (said(None), True),
        (said(""), True),
        (said(["list"]), True),
        (Answer(b"x" * (LARGEST + 1)), True),
        (Answer(endless=b"x" * 100_000), True),
    ],
)
def test_a_server_may_fail(serve: Callable[..., Server], answer: Answer, again: bool) -> None:
    found = failure(endpoint(serve(answer)))
    assert found.again is again and str(found)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(silent=True),
        Answer(endless=b" "),  # drop by drop, each in time
    ],
)
def test_a_server_that_hangs_is_not_waited_for(
    serve: Callable[..., Server], answer: Answer
) -> None:
    assert failure(endpoint(serve(answer), timeout=SOON)).again


def test_a_server_that_is_not_there_is_a_failure() -> None:
    assert failure(Endpoint("http://127.0.0.1:9/v1", "", "m", PATIENCE)).again


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        ("0.5", 0.5, 0.5),
        ("in an hour", 60, 3601),  # as a date
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("-3", 0, 0),
        ("nan", 0, 0),
        ("inf", 0, 0),
        ("soon", 0, 0),
    ],
)
def test_a_server_says_how_long_to_wait(
    serve: Callable[..., Server], value: str, least: float, most: float
) -> None:
    if value == "in an hour":
        value = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    found = failure(endpoint(serve(refused(429, **{"Retry-After": value}))))
    assert least <= found.after <= most


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_refusal_of_everything_is_hopeless_and_no_key_is_told(
    serve: Callable[..., Server], status: int
) -> None:
    model = endpoint(serve(refused(status, "the key sk-secret is bad")))
    with pytest.raises(Hopeless, match="OPENAI_API_KEY") as caught:
        model("问")
    model.close()
    assert "sk-secret" not in str(caught.value) and "is bad" in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve: Callable[..., Server], status: int) -> None:
    elsewhere = serve(said("好"))
    answer = Answer(b"", status, {"Location": elsewhere.url})
    model = endpoint(serve(answer))
    with pytest.raises(Hopeless, match="OPENAI_BASE_URL"):
        model("问")
    model.close()
    assert elsewhere.requests == []
