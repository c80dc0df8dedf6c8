"""Which embedder is asked: the one that made the vectors in use, until another's are complete.

EMBEDDER says which is wanted. A new shop begins with it; later `manage.py rebuild_embeddings` changes over.
"""

from pathlib import Path
from threading import Lock

from django.conf import settings
from django.utils import timezone

from recommender.chat.account import embedding_account
from recommender.chat.embedder import LONG, ServedEmbedder
from recommender.chat.exceptions import NotConfigured
from recommender.embedding import Embedder, default_embedder, refuse_a_mismatch
from recommender.exceptions import EmbedderSilent
from recommender.models import EmbedderInUse
from recommender.word_vectors import WordVectors

MINILM, WORD2VEC, OPENAI = "minilm", "word2vec", "openai"

_loading = Lock()
_word_vectors: dict[Path, WordVectors] = {}


def embedder_in_use() -> Embedder:
    """For a page: of the vectors that are searched now. Raises EmbedderUnusable or EmbedderSilent."""
    row, seconds = EmbedderInUse.objects.first(), settings.CHAT_TIMEOUT_MS / 1000
    if row is not None:
        return embedder_of(row, seconds=seconds)
    try:
        return embedder_wanted(seconds=seconds)
    except NotConfigured as error:
        raise EmbedderSilent(str(error)) from error


def working_embedder() -> Embedder:
    """For who stores vectors: the one in use, or where there are none yet, the one that is wanted."""
    row = EmbedderInUse.objects.first()
    if row is not None:
        return embedder_of(row, seconds=LONG)
    embedder = embedder_wanted(seconds=LONG)
    refuse_a_mismatch(embedder)
    put_in_use(embedder)
    return embedder


def embedder_wanted(*, seconds: float) -> Embedder:
    """The one that EMBEDDER names. Raises EmbedderUnusable, EmbedderSilent or NotConfigured."""
    match settings.EMBEDDER:
        case "word2vec":
            return word_vectors_in(settings.LABEL_MODEL_DIR)
        case "openai":
            return ServedEmbedder(embedding_account(), seconds)
        case _:
            return default_embedder()


def embedder_of(row: EmbedderInUse, *, seconds: float) -> Embedder:
    """The one whose vectors are stored. Raises EmbedderUnusable or EmbedderSilent."""
    if row.name == WORD2VEC:
        return kept_word_vectors(row.model_version)
    if row.name == OPENAI:
        try:
            return ServedEmbedder(embedding_account(row.model), seconds)
        except NotConfigured as error:
            raise EmbedderSilent(str(error)) from error
    return default_embedder()


def put_in_use(embedder: Embedder) -> None:
    """From the next page on; the caller stores its vectors in the same transaction, where there are any."""
    name, model = MINILM, ""
    if isinstance(embedder, WordVectors):
        name = WORD2VEC
        embedder.keep(copies())
    elif isinstance(embedder, ServedEmbedder):
        name, model = OPENAI, embedder.account.model
    EmbedderInUse.objects.update_or_create(
        pk=EmbedderInUse.ONLY,
        defaults={
            "name": name,
            "model": model,
            "model_version": embedder.model_version,
            "since": timezone.now(),
        },
    )


def kept_word_vectors(model_version: str) -> WordVectors:
    """Raises EmbedderSilent where neither the copy nor the model in use is of that version."""
    if (copies() / model_version).is_dir():
        return word_vectors_in(copies() / model_version)
    found = word_vectors_in(settings.LABEL_MODEL_DIR)
    if found.model_version != model_version:
        raise EmbedderSilent(
            f"The vectors in use are of {model_version}, which is not in {copies()}, and the model has "
            f"{found.model_version}: run manage.py rebuild_embeddings."
        )
    return found


def word_vectors_in(directory: Path) -> WordVectors:
    """The process's one copy of them. Raises EmbedderSilent."""
    with _loading:
        if directory not in _word_vectors:
            _word_vectors[directory] = WordVectors.load(directory)
        return _word_vectors[directory]


def copies() -> Path:
    return Path(settings.VAR_DIR) / "word_vectors"
