"""Small networks and made-up pairs."""

import json
from pathlib import Path

import torch

from seq2label.checkpoint import Network
from seq2label.config import ModelConfig, SearchConfig
from seq2label.examples import Pair, ReviewText
from seq2label.model import Seq2Label
from seq2label.vocabulary import Label, LabelInventory, Vocabulary, tokenize

LABELS = (
    Label("great taste", 9, 1),
    Label("great taste in coffee", 2, 1),
    Label("too sweet", 5, -1),
    Label("stale", 4, -1),
    Label("crunchy", 3, 1),
)
TEXTS = (
    "great taste with my morning coffee",
    "far too sweet for me and a bit stale",
    "so crunchy the kids ate the whole bag in one day",
)


def a_network(seed: int = 3, decoder_share: float = 0.5) -> Network:
    """An untrained network with sizes that differ pairwise."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    vocabulary = Vocabulary.build(map(tokenize, TEXTS), (label.text for label in LABELS), min_count=1)
    config = ModelConfig(embedding=5, hidden=3, summary=7, topics=4, dropout=0.0, max_words=110)
    model = Seq2Label(config, len(vocabulary.words), vocabulary.outputs, len(LABELS)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3.0)  # far enough from zero for choices to be clear
    search = SearchConfig(beam=6, decoder_share=decoder_share, threshold=0.0)
    return Network(model, vocabulary, LabelInventory(LABELS), search)


def a_pair(number: int, text_a: str, text_b: str, labels: tuple[str, ...], product: str) -> Pair:
    return Pair(f"p{number}", ReviewText(text_a, 5), ReviewText(text_b, 4), labels, products=(product,))


OPINIONS = {
    "crunchy": "what a crunchy snack, a real crunch",
    "too sweet": "this is far too sweet, sugar and nothing else",
    "stale": "it came stale, old and past its date",
    "great value": "a great value, cheap for what it is",
}


def write_pairs(path: Path, products: int = 40) -> Path:
    """Pairs whose reviews each say one of four opinions plainly, one pair a product."""
    opinions = list(OPINIONS)
    with path.open("w", encoding="utf-8") as lines:
        for number in range(products):
            one, other = opinions[number % 4], opinions[(number + 1 + number // 4 % 3) % 4]
            row = {
                "id": f"p{number:03}",
                "asin": f"B{number:09}",
                "review_a": f"{OPINIONS[one]} number {number}",
                "review_b": f"{OPINIONS[other]} again {number}",
                "stars_a": 5 if one in {"crunchy", "great value"} else 1,
                "stars_b": None,
                "labels": [one, other],
            }
            lines.write(json.dumps(row) + "\n")
    return path
