"""A server on this machine that speaks OpenAI's protocol and refuses what the real one would refuse.

What it is asked it notes; what it refused for its shape makes the test fail that asked it. `next_up` holds
what it does to the next calls instead of answering them.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

KEY = "sk-test"
EMBEDDING_MODELS = ("small-embedding", "other-embedding")
CHAT_MODELS = ("small-chat", "ft:small-chat:larder")

Body = dict[str, Any]


@dataclass(frozen=True)
class Refuse:
    """An error as the protocol has it."""

    status: int
    message: str = "no"
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """Answer, but only after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class WaitFor:
    """Answer, but only after something else has happened."""

    happened: threading.Event


@dataclass(frozen=True)
class Drip:
    """Send a byte now and then, for so many seconds: no single read takes long."""

    seconds: float


@dataclass(frozen=True)
class Say:
    """This text in place of an answer."""

    text: str
    status: int = 200


@dataclass(frozen=True)
class Message:
    """A completion with these in its choice."""

    message: Mapping[str, Any]
    finish_reason: str = "stop"


class HangUp:
    """Close the connection without a word."""


class DoAndHangUp:
    """Do what is asked, and close the connection without a word."""


Event = DoAndHangUp | Refuse | Wait | WaitFor | Drip | Say | Message | HangUp


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    body: Body


class Misshapen(Exception):
    """A request that the real server would refuse."""


@dataclass
class Upload:
    """A file, as it was sent or as the server made it."""

    id: str
    name: str
    purpose: str
    content: bytes

    @property
    def told(self) -> Body:
        return {
            "id": self.id, "object": "file", "bytes": len(self.content), "created_at": int(time.time()),
            "filename": self.name, "purpose": self.purpose, "status": "processed",
        }  # fmt: skip


@dataclass
class ChatServer:
    """What the server is and was asked. Endpoints are found by method and path."""

    url: str = ""
    answer: Callable[[Body], str] = lambda body: "{}"
    usage: tuple[int, int] | None = (1000, 50)
    delay: float = 0.0  # seconds that each completion takes
    asked: list[Asked] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)
    next_up: "deque[Event]" = field(default_factory=deque)
    lock: Lock = field(default_factory=Lock)

    def bodies(self, path: str) -> list[Body]:
        return [asked.body for asked in self.asked if asked.path == path]

    @property
    def completions(self) -> list[Body]:
        """The bodies of all calls for a completion."""
        return self.bodies("/chat/completions")

    def completion(self, body: Body) -> Body:
        """The answer to a well-formed request."""
        check_completion(body)
        time.sleep(self.delay)
        message = {"role": "assistant", "content": self.answer(body)}
        return completion(body["model"], message, "stop", self.usage)

    # Of batches: how often one is looked at before it is over, how it ends, what becomes of each line.
    looks: int = 2
    batch_ends: str = "completed"
    line_status: Callable[[int, Body], int | None] = lambda number, body: 200
    # Of embeddings: how long a vector is where none is asked for, and whether one may ask.
    size: int = 1536
    offers_dimensions: bool = True
    files: dict[str, Upload] = field(default_factory=dict)
    batches: dict[str, Body] = field(default_factory=dict)
    # Of fine-tuning jobs: how one ends; it is looked at as often as a batch.
    job_ends: str = "succeeded"
    jobs: dict[str, Body] = field(default_factory=dict)

    def respond(self, method: str, path: str, body: Body) -> Body | str:
        place = urlsplit(path)
        answer: Body | str
        match (method, *place.path.strip("/").split("/")):
            case ("POST", "chat", "completions"):
                answer = self.completion(body)
            case ("POST", "embeddings"):
                answer = self.embeddings(body)
            case ("POST", "files"):
                answer = self.keep(body["name"], body["purpose"], body["content"]).told
            case ("GET", "files", file_id, "content"):
                answer = self.files[file_id].content.decode()
            case ("POST", "batches"):
                answer = self.new_batch(body)
            case ("GET", "batches"):
                answer = page(list(self.batches.values()), parse_qs(place.query))
            case ("GET", "batches", batch_id):
                answer = self.look_at(self.batches[batch_id])
            case ("POST", "fine_tuning", "jobs"):
                answer = self.new_job(body)
            case ("GET", "fine_tuning", "jobs"):
                answer = page(list(self.jobs.values()), parse_qs(place.query))
            case ("GET", "fine_tuning", "jobs", job_id):
                answer = self.look_at_job(self.jobs[job_id])
            case ("GET", "fine_tuning", "jobs", job_id, "events"):
                answer = self.events(self.jobs[job_id])
            case _:
                raise Misshapen(f"there is no {method} {path}")
        return answer

    def embeddings(self, body: Body) -> Body:
        """Of each text a vector that follows from it alone."""
        expect(body.keys() <= {"model", "input", "encoding_format", "dimensions"}, f"fields {sorted(body)}")
        expect(body["model"] in EMBEDDING_MODELS, f"there is no model {body['model']}")
        expect(body["encoding_format"] == "float", "encoding_format")
        expect(1 <= len(body["input"]) <= 2048, "how many texts")
        expect(all(isinstance(text, str) and text for text in body["input"]), "an empty text")
        time.sleep(self.delay)
        size = body.get("dimensions", self.size)
        rows = [
            {"object": "embedding", "index": place, "embedding": vector_of(text, size)}
            for place, text in enumerate(body["input"])
        ]
        read = sum(len(text.split()) for text in body["input"])
        usage = {"prompt_tokens": read, "total_tokens": read}
        return {"object": "list", "data": rows[::-1], "model": body["model"], "usage": usage}

    @property
    def texts(self) -> list[str]:
        """All that were sent to become vectors."""
        return [text for body in self.bodies("/embeddings") for text in body["input"]]

    def keep(self, name: str, purpose: str, content: bytes) -> Upload:
        upload = Upload(f"file-{len(self.files) + 1}", name, purpose, content)
        self.files[upload.id] = upload
        return upload

    def new_batch(self, body: Body) -> Body:
        expect(
            body.keys() == {"input_file_id", "endpoint", "completion_window", "metadata"}, "fields of a batch"
        )
        expect(body["endpoint"] == "/v1/chat/completions", "endpoint")
        expect(body["completion_window"] == "24h", "completion_window")
        source = self.files[body["input_file_id"]]
        expect(source.purpose == "batch", "the purpose of the file")
        lines = [json.loads(line) for line in source.content.splitlines()]
        expect(
            all(line.keys() == {"custom_id", "method", "url", "body"} for line in lines), "fields of a line"
        )
        expect(len({line["custom_id"] for line in lines}) == len(lines), "a custom_id twice")
        expect(all((line["method"], line["url"]) == ("POST", body["endpoint"]) for line in lines), "an url")
        for line in lines:
            check_completion(line["body"])
        batch = {
            "id": f"batch_{len(self.batches) + 1}", "object": "batch", "created_at": int(time.time()),
            "status": "validating", **body, "output_file_id": None, "error_file_id": None, "errors": None,
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0}, "looks": 0,
        }  # fmt: skip
        self.batches[batch["id"]] = batch
        return batch

    def look_at(self, batch: Body) -> Body:
        """Each look brings it on."""
        batch["looks"] += 1
        if batch["looks"] < self.looks:
            batch["status"] = "in_progress"
        elif batch["status"] != self.batch_ends:
            batch["status"] = self.batch_ends
            if self.batch_ends == "failed":
                told = {"code": "token_limit", "message": "Too many tokens are waiting.", "line": None}
                batch["errors"] = {"object": "list", "data": [told]}
            else:
                self.end(batch)
        return batch

    def new_job(self, body: Body) -> Body:
        expect(body.keys() == {"model", "training_file", "suffix", "method", "metadata"}, "fields of a job")
        taught = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}
        expect(body["method"] == taught, "method")
        expect(body["model"] in CHAT_MODELS, f"there is no model {body['model']}")
        expect(len(body["suffix"]) <= 64, "suffix")
        source = self.files[body["training_file"]]
        expect(source.purpose == "fine-tune", "the purpose of the file")
        lines = [json.loads(line) for line in source.content.splitlines()]
        expect(len(lines) >= 10, "fewer than 10 examples")
        roles = ["system", "user", "assistant"]
        expect(all([part["role"] for part in line["messages"]] == roles for line in lines), "roles")
        job = {
            "id": f"ftjob-{len(self.jobs) + 1}", "object": "fine_tuning.job", "created_at": int(time.time()),
            "status": "validating_files", **body, "fine_tuned_model": None, "finished_at": None,
            "trained_tokens": None, "error": None, "hyperparameters": {"n_epochs": 3}, "seed": 1,
            "organization_id": "org-1", "result_files": [], "validation_file": None, "looks": 0,
        }  # fmt: skip
        self.jobs[job["id"]] = job
        return job

    def look_at_job(self, job: Body) -> Body:
        """Each look brings it on."""
        job["looks"] += 1
        job["status"] = "running" if job["looks"] < self.looks else self.job_ends
        if job["status"] == "succeeded":
            job |= {"fine_tuned_model": f"ft:{job['model']}:larder", "trained_tokens": 4200}
        if job["status"] == "failed":
            job["error"] = {"code": "bad_file", "message": "The file was not to our taste.", "param": None}
        return job

    def events(self, job: Body) -> Body:
        told = [f"Step {20 * look}/40: training loss=0.5" for look in range(job["looks"], 0, -1)]
        event = {"object": "fine_tuning.job.event", "level": "info", "created_at": 1, "type": "message"}
        items = [{**event, "id": f"e{place}", "message": text} for place, text in enumerate(told)]
        return {"object": "list", "data": items, "has_more": False}

    def end(self, batch: Body) -> None:
        answers: dict[str, list[str]] = {"output": [], "error": []}
        lines = self.files[batch["input_file_id"]].content.splitlines()
        for number, line in enumerate(map(json.loads, lines)):
            status = self.line_status(number, line["body"])
            told: Body = {"id": f"r{number}", "custom_id": line["custom_id"], "response": None, "error": None}
            if status is None:
                told["error"] = {"code": "batch_expired", "message": "It was not asked in time."}
            else:
                content = self.completion(line["body"]) if status == 200 else error("no")
                told["response"] = {"status_code": status, "request_id": "q", "body": content}
            answers["output" if status == 200 else "error"].append(json.dumps(told))
        for kind, told_lines in answers.items():
            if told_lines:
                made = self.keep(f"{kind}.jsonl", "batch_output", "\n".join(told_lines).encode())
                batch[f"{kind}_file_id"] = made.id
        counts = batch["request_counts"]
        counts["completed"], counts["failed"] = len(answers["output"]), len(answers["error"])


def vector_of(text: str, size: int) -> list[float]:
    """Of its words: texts that share some are near each other."""
    vector = [0.001] * size
    for word in text.lower().split():
        vector[crc32(word.encode()) % size] += 1.0
    return vector


def page(items: list[Body], query: Mapping[str, list[str]]) -> Body:
    """The newest first, after the one that is named."""
    newest = items[::-1]
    ids = [item["id"] for item in newest]
    start = ids.index(query["after"][0]) + 1 if "after" in query else 0
    shown = newest[start : start + int(query.get("limit", ["20"])[0])]
    return {"object": "list", "data": shown, "has_more": start + len(shown) < len(newest)}


def multipart(kind: str, raw: bytes) -> Body:
    """The parts of an upload, the file's name and content among them."""
    parts: Any = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + raw).get_payload()
    found: Body = {}
    for part in parts:
        content = part.get_payload(decode=True)
        if part.get_filename():
            found |= {"name": part.get_filename(), "content": content}
        else:
            found[part.get_param("name", header="content-disposition")] = content.decode()
    return found


def completion(model: str, message: Mapping[str, Any], finish: str, usage: tuple[int, int] | None) -> Body:
    told = (
        {"usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}}
        if usage
        else {}
    )
    choice = {"index": 0, "message": {"refusal": None, **message}, "finish_reason": finish, "logprobs": None}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice],
        **told,
    }  # fmt: skip


def check_completion(body: Body) -> None:
    """Raises Misshapen."""
    expect(
        body.keys() == {"model", "messages", "response_format", "max_completion_tokens"},
        f"its fields are {sorted(body)}",
    )
    expect(body["model"] in CHAT_MODELS, f"there is no model {body['model']}")
    expect([message["role"] for message in body["messages"]] == ["system", "user"], "roles")
    expect(
        all(set(message) == {"role", "content"} and message["content"] for message in body["messages"]),
        "messages",
    )
    expect(1 <= body["max_completion_tokens"] <= 4096, "max_completion_tokens")
    wanted = body["response_format"]
    expect(wanted["type"] == "json_schema" and wanted["json_schema"]["strict"] is True, "response_format")
    expect(wanted["json_schema"]["name"].isidentifier(), "the schema's name")
    check_schema(wanted["json_schema"]["schema"])


UNSUPPORTED = {"default", "minLength", "maxLength", "allOf", "not", "dependentRequired", "if", "then", "else"}


def check_schema(schema: Any) -> None:
    """What strict structured outputs ask of a schema. Raises Misshapen."""
    if isinstance(schema, list):
        for part in schema:
            check_schema(part)
    if not isinstance(schema, dict):
        return
    expect(not UNSUPPORTED & schema.keys(), f"keywords {sorted(UNSUPPORTED & schema.keys())}")
    if schema.get("type") == "object":
        expect(schema.get("additionalProperties") is False, "an object that allows more")
        expect(sorted(schema["required"]) == sorted(schema["properties"]), "a field that is not required")
    for name, part in schema.items():
        check_schema(list(part.values()) if name in {"properties", "$defs"} else part)


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise Misshapen(what)


def handler_of(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.handle_call("POST")

        def do_GET(self) -> None:
            self.handle_call("GET")

        def handle_call(self, method: str) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            if len(raw) < length:  # the sender was killed
                return
            path = self.path.removeprefix("/v1")
            with suppress(ConnectionError):
                if self.headers.get("Authorization") != f"Bearer {KEY}":
                    self.send(401, error("Incorrect API key provided."))
                    return
                kind = self.headers.get("Content-Type") or ""
                is_upload = kind.startswith("multipart/form-data")
                body = multipart(kind, raw) if is_upload else json.loads(raw) if raw else {}
                with server.lock:
                    server.asked.append(Asked(method, path, body))
                    event = server.next_up.popleft() if server.next_up else None
                self.answer(event, method, path, body)

        def answer(self, event: Event | None, method: str, path: str, body: Body) -> None:
            match event:
                case Refuse(status, message, code, headers):
                    self.send(status, error(message, code), headers)
                    return
                case Say(text, status):
                    self.send(status, text)
                    return
                case HangUp():
                    self.close_connection = True
                    return
                case Message(message, finish):
                    self.send(200, completion(body["model"], message, finish, server.usage))
                    return
                case Drip(seconds):
                    self.drip(seconds)
                    return
                case DoAndHangUp():
                    server.respond(method, path, body)
                    self.close_connection = True
                    return
                case Wait(seconds):
                    time.sleep(seconds)
                case WaitFor(happened):
                    happened.wait(300)
            try:
                if not server.offers_dimensions and "dimensions" in body:
                    self.send(400, error("This model does not support specifying dimensions."))
                else:
                    self.send(200, server.respond(method, path, body))
            except (Misshapen, KeyError, TypeError) as problem:
                server.misshapen.append(f"{method} {path}: {problem!r}")
                self.send(400, error(f"Invalid request: {problem}"))

        def send(self, status: int, content: Body | str, headers: Mapping[str, str] | None = None) -> None:
            data = (content if isinstance(content, str) else json.dumps(content)).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def drip(self, seconds: float) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
            self.close_connection = True

        def log_message(self, *arguments: object) -> None:
            """Tests print nothing."""

    return Handler


def error(message: str, code: str | None = None) -> Body:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


@contextmanager
def running() -> Iterator[ChatServer]:
    """A server on a free port, which must not have been asked anything out of shape."""
    server = ChatServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
        assert server.misshapen == []
    finally:
        http.shutdown()
        http.server_close()
