"""Which server is asked, as whom, for which model, and at what price: from the settings alone."""

from dataclasses import dataclass, replace
from decimal import Decimal

from django.conf import settings

from recommender.chat.exceptions import NotConfigured
from recommender.chat.protocol import Question, Usage

A_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost."""

    read: Decimal
    written: Decimal = Decimal(0)

    def of(self, usage: Usage) -> Decimal:
        return (self.read * usage.read + self.written * usage.written) / A_MILLION

    def at_most(self, question: Question) -> Decimal:
        """More than a call can cost that asks this and gets the longest answer allowed."""
        return self.of(Usage(question.tokens_at_most, question.longest_answer))


@dataclass(frozen=True, slots=True)
class Account:
    base_url: str
    api_key: str
    model: str
    price: Price


def access() -> tuple[str, str]:
    """The server's address and our key. Raises NotConfigured."""
    if not settings.OPENAI_API_KEY:
        raise NotConfigured(
            "OPENAI_API_KEY", "the key of OpenAI, or for a server of your own (OPENAI_BASE_URL) to any word"
        )
    return settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY


def chat_account(model: str = "") -> Account:
    """For `model`, or the one that OPENAI_CHAT_MODEL names. Raises NotConfigured."""
    base_url, api_key = access()
    if not (model or settings.OPENAI_CHAT_MODEL):
        raise NotConfigured("OPENAI_CHAT_MODEL", "the name of a chat model that the server offers")
    if settings.OPENAI_CHAT_PRICE is None:
        raise NotConfigured(
            "OPENAI_CHAT_PRICE",
            "what a million tokens cost, read and written, such as 0.15/0.60, or 0/0 if they cost nothing",
        )
    price = Price(*settings.OPENAI_CHAT_PRICE)
    return Account(base_url, api_key, model or settings.OPENAI_CHAT_MODEL, price)


def batch_account(model: str = "") -> Account:
    """The same for questions that wait up to a day, at OPENAI_BATCH_PRICE where it is set."""
    account = chat_account(model)
    if settings.OPENAI_BATCH_PRICE is None:
        return account
    return replace(account, price=Price(*settings.OPENAI_BATCH_PRICE))


def tuning_price() -> Price:
    """Of what a model is taught by. Raises NotConfigured."""
    if settings.OPENAI_TUNING_PRICE is None:
        raise NotConfigured(
            "OPENAI_TUNING_PRICE",
            "what a million tokens of teaching cost, such as 25, or 0 if they cost nothing",
        )
    return Price(*settings.OPENAI_TUNING_PRICE)


def embedding_account(model: str = "") -> Account:
    """For embeddings, by `model` or the one that OPENAI_EMBEDDING_MODEL names. Raises NotConfigured."""
    base_url, api_key = access()
    if not (model or settings.OPENAI_EMBEDDING_MODEL):
        raise NotConfigured("OPENAI_EMBEDDING_MODEL", "the name of an embedding model that the server offers")
    if settings.OPENAI_EMBEDDING_PRICE is None:
        raise NotConfigured(
            "OPENAI_EMBEDDING_PRICE", "what a million tokens cost, such as 0.02, or 0 if they cost nothing"
        )
    price = Price(*settings.OPENAI_EMBEDDING_PRICE)
    return Account(base_url, api_key, model or settings.OPENAI_EMBEDDING_MODEL, price)
