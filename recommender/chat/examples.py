"""What a chat model is taught by: wishes, each with what it asks for, as a page would ask and be answered."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from recommender.chat.exceptions import BadAnswer, ChatError
from recommender.chat.wishes import told_in, wish_question

FEWEST, MOST = 10, 50_000
MOST_TOLD = 20  # wrong lines


class ExamplesUnusable(ChatError):
    """The file of examples; every wrong line is told."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        told = "; ".join(problems[:MOST_TOLD])
        more = f"; and {len(problems) - MOST_TOLD} more" if len(problems) > MOST_TOLD else ""
        super().__init__(f"{path} cannot be used, and nothing was sent: {told}{more}.")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Examples:
    """As they are uploaded: one chat a line."""

    digest: str  # of the file as it was written: which labels the shop has may change before the next run
    content: bytes
    count: int
    tokens: int  # about
    tokens_at_most: int


def examples_in(path: Path, labels: Sequence[str]) -> Examples:
    """Raises ExamplesUnusable. A line is `{"sentence": …, "wish": {…}}`, or a chat that ends in a wish."""
    lines: list[bytes] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, text in lines_of(path):
        try:
            messages = chat_of(text, labels)
            sentence = messages[-2]["content"]
            line = line_of(messages)
            if (first := seen.setdefault(sentence, number)) != number:
                raise BadAnswer(f"the sentence of line {first} again")
        except BadAnswer as error:
            problems.append(f"line {number}: {error.reason}")
            continue
        lines.append(line)
    if not problems and not FEWEST <= len(lines) <= MOST:
        problems.append(f"it holds {len(lines)} examples, and {FEWEST} to {MOST:,} are needed")
    if problems:
        raise ExamplesUnusable(path, problems)
    content = b"".join(lines)
    digest, size = sha256(path.read_bytes()).hexdigest(), len(content)
    return Examples(digest, content, len(lines), tokens=size // 4, tokens_at_most=size // 2)


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered from 1, without those that are blank."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except UnicodeDecodeError as error:
        raise ExamplesUnusable(path, ["it is no text in UTF-8: store it as UTF-8"]) from error
    except OSError as error:
        raise ExamplesUnusable(path, [f"it cannot be read ({error.strerror})"]) from error


def line_of(messages: list[dict[str, str]]) -> bytes:
    """Raises BadAnswer."""
    try:
        return json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError as error:
        raise BadAnswer("half a character, as in \\ud83d alone") from error


def chat_of(text: str, labels: Sequence[str]) -> list[dict[str, str]]:
    """Raises BadAnswer."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("no JSON that can be read") from error
    match row:
        case {"sentence": str(sentence), "wish": dict(wish)} if sentence.strip() and len(row) == 2:
            content = json.dumps(wish, ensure_ascii=False)
            told_in(content)
            question = wish_question(sentence, labels)
            return [*map(dict, question.messages), {"role": "assistant", "content": content}]
        case {"messages": list(messages)} if len(row) == 1:
            return whole_chat(messages)
        case _:
            raise BadAnswer('neither {"sentence", "wish"} nor {"messages"}')


def whole_chat(messages: list[Any]) -> list[dict[str, str]]:
    match messages:
        case [
            {"role": "system", "content": str()},
            {"role": "user", "content": str()},
            {"role": "assistant", "content": str(content)},
        ] if all(len(message) == 2 for message in messages):
            told_in(content)
            return messages
        case _:
            raise BadAnswer("a chat is a system's, a user's and an assistant's message")
