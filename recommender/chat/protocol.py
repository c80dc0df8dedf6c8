"""What is asked of a chat model, and what it answers, as both stand on the wire, live or in a batch."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.chat.exceptions import NoCompletion

# Nobody's address and number leaves, whoever typed it. Figures of a price or a weight are shorter.
_PRIVATE = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # mail addresses
    r"|(?:https?://|www\.)\S+"
    r"|\+?\d(?:[ ()./-]{0,2}\d){6,}"  # telephone, card and order numbers
    r"|(?<!\w)@\w{3,}"
)
HIDDEN = "[…]"


def without_private_data(text: str) -> str:
    """The text with mail addresses, links, names of accounts and long numbers taken out."""
    return _PRIVATE.sub(HIDDEN, text)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens."""

    read: int = 0
    written: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.read + other.read, self.written + other.written)


@dataclass(frozen=True, slots=True)
class Question:
    """Instructions and a text, to be answered by JSON after a schema, in at most `longest_answer` tokens."""

    instructions: str
    text: str
    name: str
    schema: Mapping[str, Any]
    longest_answer: int

    @property
    def tokens_at_most(self) -> int:
        """More than a tokenizer makes of it: text of any language takes two bytes a token and more."""
        return self._bytes // 2 + 64

    @property
    def tokens_about(self) -> int:
        return self._bytes // 4 + 16

    @property
    def _bytes(self) -> int:
        parts = (self.instructions, self.text, json.dumps(self.schema))
        return sum(len(part.encode()) for part in parts)

    def body(self, model: str) -> dict[str, Any]:
        """As `POST /chat/completions` takes it."""
        return {
            "model": model,
            "messages": self.messages,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": self.name, "strict": True, "schema": dict(self.schema)},
            },
            "max_completion_tokens": self.longest_answer,
        }

    @property
    def messages(self) -> Sequence[Mapping[str, str]]:
        return [
            {"role": "system", "content": self.instructions},
            {"role": "user", "content": self.text},
        ]


@dataclass(frozen=True, slots=True)
class Reply:
    """`problem` says why there is no `content`, which was to be paid for all the same."""

    content: str
    usage: Usage
    problem: str = ""


def reply_of(completion: object) -> Reply:
    """What stands in a completion. Raises NoCompletion where it is none."""
    try:
        choice = completion["choices"][0]  # type: ignore[index]
        message, finish = choice["message"], choice.get("finish_reason")
        told = completion.get("usage") or {}  # type: ignore[attr-defined]
        usage = Usage(int(told.get("prompt_tokens") or 0), int(told.get("completion_tokens") or 0))
        content, refusal = message.get("content"), message.get("refusal")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise NoCompletion from error
    if refusal:
        return Reply("", usage, "the model refused to answer")
    if finish == "length":
        return Reply("", usage, "it was cut off at the longest allowed")
    if finish == "content_filter":
        return Reply("", usage, "the server's filter held it back")
    if not isinstance(content, str) or not content.strip():
        return Reply("", usage, "it is empty")
    return Reply(content, usage)
