"""Who answers prompts: a command, or a server that speaks OpenAI's chat completions.

Nothing that comes back is trusted: it is cut at a size, read as UTF-8, and only text.
"""

from __future__ import annotations

import contextlib
import email.utils
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO, Protocol

import httpx

LARGEST = 1_000_000  # bytes of a reply; the longest that is asked for has some 5,000
TRIES = 3
BETWEEN = 1.0  # seconds before the second try, twice as long before the third
LONGEST_WAIT = 60.0  # seconds, whatever the server asks for
DRAINED = 10.0  # seconds; a command's grandchild may keep its output open for ever
COMPLAINT = 200  # characters of what a command or a server says about its failure


class Failed(Exception):
    """One call came to nothing, and why; `again` whether another one may do better, `after` how
    many seconds the server asks for."""

    def __init__(self, why: str, again: bool = True, after: float = 0.0) -> None:
        super().__init__(why)
        self.again = again
        self.after = after


class Hopeless(Exception):
    """No call will ever come to anything: one sentence that says what to set right."""


class Model(Protocol):
    """Answers a prompt; raises Failed or Hopeless."""

    def __call__(self, prompt: str) -> str: ...

    def close(self) -> None:
        """Give up what is being answered."""
        ...


def patiently(model: Model, prompt: str, wait: Callable[[float], object] = time.sleep) -> str:
    """The model's reply, asked up to three times."""
    for tried in range(1, TRIES):
        try:
            return model(prompt)
        except Failed as failure:
            if not failure.again:
                raise
            wait(min(LONGEST_WAIT, max(failure.after, BETWEEN * 2 ** (tried - 1))))
    return model(prompt)


# ── a command ────────────────────────────────────────────────────────────────────────────────────


class Command:
    """A command that reads a prompt on stdin and prints its answer; a class because whoever stops
    has to take along what still runs."""

    def __init__(self, words: Sequence[str], timeout: float) -> None:
        if not words or not shutil.which(words[0]):
            name = words[0] if words else ""
            raise Hopeless(f"--via: 没有“{name}”这个命令; 写一个装好了的命令,例如 'llm -m …'。")
        self._words = list(words)
        self._timeout = timeout
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def __call__(self, prompt: str) -> str:
        if self._closed:
            raise Failed("已经停下", again=False)
        try:
            process = subprocess.Popen(
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # so that its children can be ended along with it
            )
        except OSError as error:
            raise Hopeless(f"--via: “{self._words[0]}”运行不了({error.strerror})。") from None
        self._running.add(process)
        try:
            return self._talk(process, prompt)
        finally:
            self._running.discard(process)

    def _talk(self, process: subprocess.Popen[bytes], prompt: str) -> str:
        """Hand over the prompt and gather what is printed, until it ends or goes on too long."""
        said, complained = bytearray(), bytearray()
        threads = [
            _started(_feed, process.stdin, prompt.encode("utf-8", "replace")),
            _started(_gather, process.stdout, said, lambda: _end(process)),
            _started(_gather, process.stderr, complained, lambda: None),
        ]
        try:
            process.wait(0 if self._closed else self._timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"命令过了 {self._timeout:g} 秒还没有答完") from None
        finally:
            _end(process)
            for thread in threads:
                thread.join(DRAINED)
        return _outcome(process.returncode, bytes(said), bytes(complained))

    def close(self) -> None:
        self._closed = True
        for process in list(self._running):
            if process.poll() is None:
                _end(process)


def _outcome(status: int, said: bytes, complained: bytes) -> str:
    if len(said) > LARGEST:
        raise Failed("命令没完没了地输出")
    if status:
        raise Failed(f"命令以 {status} 结束:{_short(complained.decode('utf-8', 'replace'))}")
    if not (reply := said.decode("utf-8", "replace").strip()):
        raise Failed("命令什么也没有输出")
    return reply


def _started(
    work: Callable[..., None], stream: IO[bytes] | None, *more: object
) -> threading.Thread:
    thread = threading.Thread(target=work, args=(stream, *more), daemon=True)
    thread.start()
    return thread


def _feed(stream: IO[bytes], data: bytes) -> None:
    # A command that does not read its prompt to the end may still have an answer.
    with contextlib.suppress(OSError, ValueError), stream:
        stream.write(data)


def _gather(stream: IO[bytes], into: bytearray, too_much: Callable[[], None]) -> None:
    """Everything up to what is too much; the rest is read and forgotten."""
    with contextlib.suppress(OSError, ValueError), stream:
        while data := stream.read1(1 << 16):  # type: ignore[attr-defined]
            if len(into) <= LARGEST:
                into += data
                if len(into) > LARGEST:
                    too_much()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and all that it has started; nothing where it has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# ── an endpoint ──────────────────────────────────────────────────────────────────────────────────


class Endpoint:
    """A server with `POST {base}/chat/completions`; a class because it keeps its connections."""

    def __init__(self, base: str, key: str, model: str, timeout: float) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url = f"{base.rstrip('/')}/chat/completions"
        self._model = model
        self._timeout = timeout
        self._key = key
        # A redirect would carry the prompt, and with another client the key, to somewhere else.
        self._client = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=min(10.0, timeout)),
            follow_redirects=False,
        )

    def __call__(self, prompt: str) -> str:
        message = {"role": "user", "content": prompt}
        request = {"model": self._model, "messages": [message], "stream": False}
        try:
            with self._client.stream("POST", self._url, json=request) as response:
                body = self._body(response)
        except httpx.TimeoutException:
            raise Failed("服务器太久没有回答") from None
        except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: closed meanwhile
            raise Failed(f"服务器联系不上({type(error).__name__})") from None
        if response.status_code != 200:
            raise _refusal(response, self._told(body))
        return _content(body)

    def _body(self, response: httpx.Response) -> bytes:
        """The response's body; a server that sends drop by drop is not waited for for ever."""
        deadline = time.monotonic() + self._timeout
        body = bytearray()
        for data in response.iter_bytes():
            body += data
            if len(body) > LARGEST:
                raise Failed("服务器没完没了地回答")
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("drop by drop")
        return bytes(body)

    def _told(self, body: bytes) -> str:
        """What the server says about its refusal; some repeat the key that they were given."""
        try:
            message = json.loads(body)["error"]["message"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return ""
        if not isinstance(message, str):
            return ""
        return message.replace(self._key, "…") if self._key else message

    def close(self) -> None:
        self._client.close()


def _refusal(response: httpx.Response, told: str) -> Failed | Hopeless:
    """What a status other than 200 means for this call and the others."""
    status = response.status_code
    said = f"服务器答 {status}:{_short(told)}"
    if response.is_redirect:
        return Hopeless(f"{said}; 服务器要转到别处,没有跟去: 检查 OPENAI_BASE_URL。")
    if status in (401, 403, 404, 405):
        return Hopeless(f"{said}; 检查 OPENAI_BASE_URL、OPENAI_API_KEY 和 --model。")
    again = status in (408, 409, 425, 429) or status >= 500
    return Failed(said, again, _retry_after(response.headers.get("Retry-After", "")))


def _retry_after(value: str) -> float:
    """The seconds that the header asks to wait for, given as a number or as a date."""
    with contextlib.suppress(ValueError):
        seconds = float(value)
        return seconds if 0 <= seconds < float("inf") else 0.0
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    return 0.0


def _content(body: bytes) -> str:
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Failed("服务器的回答不是 chat completions 的样子") from None
    if not isinstance(content, str) or not content.strip():
        raise Failed("服务器的回答是空的")
    return content


def _short(text: str) -> str:
    """The end of what was said, on one line, without what a terminal would obey."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line[-COMPLAINT:] or "没说为什么"
