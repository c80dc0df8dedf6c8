"""The model card and the training curves, from the figures of a run."""

# ruff: noqa: E501  the card is wrapped as Markdown, where its figures are short

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from torch.utils.tensorboard import SummaryWriter

from seq2label.checkpoint import Network
from seq2label.training import EpochRecord

mpl.use("Agg")
from matplotlib.figure import Figure

PICTURE = "curves.png"


def curves(records: Sequence[EpochRecord]) -> bytes:
    """Loss and validation exact-F1 by epoch, as a PNG."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axis, name in zip(figure.subplots(1, 2), ("loss", "validation_f1"), strict=True):
        for stage in dict.fromkeys(record.stage for record in records):
            places = [place for place, record in enumerate(records, start=1) if record.stage == stage]
            axis.plot(
                places, [getattr(records[place - 1], name) for place in places], marker="o", label=stage
            )
        axis.set(xlabel="epoch", title=name.replace("_", " "))
        axis.legend()
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=100)
    return picture.getvalue()


def log_curves(records: Sequence[EpochRecord], directory: Path) -> None:
    """The same curves for TensorBoard."""
    with SummaryWriter(str(directory)) as writer:
        for place, record in enumerate(records, start=1):
            writer.add_scalar(f"loss/{record.stage}", record.loss, place)
            writer.add_scalar("validation/exact_f1", record.validation_f1, place)


def model_card(network: Network, metrics: Mapping[str, Any]) -> str:
    """Markdown: what the model is, what it was trained on, its figures, its limits."""
    config, sizes, test = network.model.config, metrics["sizes"], metrics["test"]
    weights = sum(parameter.numel() for parameter in network.model.parameters())
    rows = "\n".join(_row(f"{name} (peer)", scores) for name, scores in test["peers"].items())
    seconds = "\n".join(f"| {stage} | {spent:,.0f} |" for stage, spent in metrics["seconds"].items())
    return f"""# Seq2Label

Reads two reviews of a grocery product and writes up to two short labels (“great taste”, “too salty”) that a shop
can print. English only; it says one of {len(network.inventory)} labels it has seen, never another text.

## Figures

On {test["pairs"]} held-out pairs whose products and texts appear in no other part, each labeller fitted on the same
{sizes["train"]} pairs (exact-F1 and token-F1 at two labels; one rater).

| | exact-F1 | token-F1 | duplicates |
| --- | --- | --- | --- |
{_row("**Seq2Label**", test["scores"])}
{rows}

The standard error of an exact-F1 here is about .02, of the difference between two labellers about .01. Validation
exact-F1 {metrics["validation_f1"]:.3f} ({sizes["validation"]} pairs; the best of the epochs, so a little too high). Labels unchanged when the reviews are
swapped: {test["unchanged_by_swap"]:.1%}. Polarity agrees with the stars: {_share(test["polarity_agrees"])} (the reference
labels themselves: {_share(test["polarity_agrees_in_reference"])}). Grounded in the text or the label vocabulary:
{test["grounded"]:.1%}.

## The network

{weights:,} weights: Word2Vec embeddings ({config.embedding}), a bidirectional GRU (2 × {config.hidden}) that reads each
review by itself, a symmetric joint summary ({config.summary}), an evidence head that weighs every label, and a GRU
decoder with Luong attention ({config.attention}), input feeding and tied embeddings, searched with a beam of
{network.search.beam} over a trie of the labels. A label's score is {1 - network.search.decoder_share:.2f} × the head's
probability + {network.search.decoder_share:.2f} × the decoder's; the two highest are the pair with the highest expected
F1. A label whose words stand together in a review gains {network.search.copied:.2f} in log-odds (copying), one of which the stars say
the opposite loses {network.search.contrary:.2f}. The weights were chosen on the validation part, as was the threshold
({network.search.threshold:.2f}) under which a label of a single review is left unsaid. `share_a` compares what each review alone gives
the label.

## What each part adds

Exact-F1 on the validation part, where the standard error is about .02; smaller differences mean nothing.

| | exact-F1 |
| --- | --- |
{_parts(metrics, network.search.decoder_share)}

## Training

{sizes["train"]} labelled pairs and {sizes["unlabelled"]:,} unlabelled reviews. {_teachers(metrics)}
fitted on the training pairs weigh the labels of random pairs of reviews; the network learns from that (weak), then from the
labelled pairs (fine), and keeps the epoch that does best on the validation part. No training saw the held-out pairs, their products or
their texts. Made at commit {metrics["commit"]} on {metrics["machine"]}.

| stage | seconds |
| --- | --- |
{seconds}

![Training curves]({PICTURE})

## Limits

Labels were written by a language model under a guide, one rater for each pair; rare opinions outside the vocabulary
are lost or replaced by a commoner one. In a review of few words a label and its negation (“too sweet”, “not too sweet”)
are mistaken for each other. Trained on reviews of 1999–2012 from one shop.
"""


def _row(name: str, scores: Mapping[str, Any]) -> str:
    agreement = scores["agreement"]
    return (
        f"| {name} | {agreement['exact_f1']:.3f} | {agreement['token_f1']:.3f} | {scores['duplicates']:.1%} |"
    )


def _parts(metrics: Mapping[str, Any], chosen: float) -> str:
    """The network as it is, each of its two voices alone, and runs that left something out."""
    by_share = {float(share): figure for share, figure in metrics["validation_f1_by_decoder_share"].items()}
    rows = {
        f"**as it is** (decoder’s share {chosen:.2f})": by_share[chosen],
        "the same weights, without copying and stars": metrics["validation_f1_ungrounded"],
        "the same weights, evidence head alone": by_share[0.0],
        "the same weights, decoder alone": by_share[1.0],
    }
    rows |= {
        f"trained with {variant['changed']}": variant["validation_f1"] for variant in metrics["variants"]
    }
    return "\n".join(f"| {name} | {figure:.3f} |" for name, figure in rows.items())


def _teachers(metrics: Mapping[str, Any]) -> str:
    linear = "ridge regression over word and character TF-IDF and stars"
    if metrics["training"]["sentence_teacher"]:
        return f"Two teachers ({linear}; MiniLM with its upper half fine-tuned)"
    return f"Teachers ({linear})"


def _share(share: float | None) -> str:
    return "not measured" if share is None else f"{share:.1%}"
