"""The trie and the search over it."""

from itertools import permutations

import torch

from seq2label.batching import pad
from seq2label.model import BETWEEN_SYMBOL, END_SYMBOL, START_SYMBOL
from seq2label.search import ABSENT, Trie, beam_search
from tests.seq2label.builders import LABELS, TEXTS, a_network


def _case() -> tuple:  # type: ignore[type-arg]
    network = a_network()
    readings = network.model.read(
        pad(
            [
                network.vocabulary.encode_review(text, stars, 110)
                for text, stars in zip(TEXTS, (5, 1, 3), strict=True)
            ]
        )
    )
    one, other = torch.tensor([0, 1, 2]), torch.tensor([1, 2, 0])
    summary = network.model.joined(readings.summary[one], readings.summary[other])
    symbols = [network.vocabulary.encode_label(label.text) for label in LABELS]
    trie = Trie.build(symbols, network.vocabulary.outputs)
    return network.model.decoder, summary, network.model.remember(readings, one, other), trie, symbols


def _said_at(trie: Trie, node: int, first: int) -> set[int]:
    allowed = trie.allowed(torch.tensor([node]), torch.tensor([first]))[0]
    return set(allowed.nonzero().flatten().tolist())


def test_a_trie_leads_along_its_labels_only() -> None:
    trie = Trie.build([(3, 4), (3, 5), (6,)], outputs=7)
    assert _said_at(trie, 0, ABSENT) == {3, 6}
    assert _said_at(trie, int(trie.child[0, 3]), ABSENT) == {4, 5}
    assert _said_at(trie, int(trie.child[0, 6]), ABSENT) == {BETWEEN_SYMBOL}
    assert _said_at(trie, int(trie.child[0, 6]), 0) == {END_SYMBOL}


def test_a_label_already_said_cannot_be_said_again() -> None:
    trie = Trie.build([(3, 4), (3, 4, 5), (6,)], outputs=7)
    whole = int(trie.child[int(trie.child[0, 3]), 4])
    assert _said_at(trie, whole, 0) == {5}
    assert _said_at(trie, whole, 2) == {5, END_SYMBOL}
    assert _said_at(trie, 0, 2) == {3}


@torch.inference_mode()
def _exhaustive() -> list[dict[tuple[int, int], float]]:
    """The log-probability of every ordered pair of labels, by walking each through the decoder."""
    decoder, summary, memory, trie, symbols = _case()
    scores: list[dict[tuple[int, int], float]] = [{}, {}, {}]
    for first, second in permutations(range(len(LABELS)), 2):
        state, total = decoder.start(summary), torch.zeros(3)
        previous, node, said = (
            torch.full((3,), START_SYMBOL),
            torch.zeros(3, dtype=torch.long),
            torch.full((3,), ABSENT),
        )
        for symbol in [*symbols[first], BETWEEN_SYMBOL, *symbols[second], END_SYMBOL]:
            logits, state, _ = decoder.step(previous, state, memory)
            steps = logits.masked_fill(~trie.allowed(node, said), -torch.inf).log_softmax(dim=1)
            total += steps[:, symbol]
            previous = torch.full((3,), symbol)
            said = torch.full((3,), first) if symbol == BETWEEN_SYMBOL else said
            node = trie.child[node, symbol].clamp(min=0)
        for pair in range(3):
            scores[pair][first, second] = float(total[pair])
    return scores


@torch.inference_mode()
def test_a_wide_beam_equals_brute_force() -> None:
    expected = _exhaustive()
    decoder, summary, memory, trie, _ = _case()
    found = beam_search(decoder, summary, memory, trie, width=20)
    for pair in range(3):
        ranked = sorted(expected[pair], key=lambda labels: -expected[pair][labels])
        assert [tuple(labels) for labels in found.labels[pair].tolist()] == ranked
        torch.testing.assert_close(
            found.log_probability[pair], torch.tensor([expected[pair][key] for key in ranked])
        )
        torch.testing.assert_close(found.log_probability[pair].exp().sum(), torch.tensor(1.0))


@torch.inference_mode()
def test_a_beam_of_one_equals_greedy_search() -> None:
    decoder, summary, memory, trie, _ = _case()
    state, previous = decoder.start(summary), torch.full((3,), START_SYMBOL)
    node, said, labels = (
        torch.zeros(3, dtype=torch.long),
        torch.full((3,), ABSENT),
        torch.full((3, 2), ABSENT),
    )
    for _ in range(2 * (trie.longest + 1)):
        logits, state, _ = decoder.step(previous, state, memory)
        open_ = labels[:, 1] == ABSENT
        previous = logits.masked_fill(~trie.allowed(node, said), -torch.inf).argmax(dim=1)
        labels[:, 0] = torch.where(open_ & (previous == BETWEEN_SYMBOL), trie.ends[node], labels[:, 0])
        labels[:, 1] = torch.where(open_ & (previous == END_SYMBOL), trie.ends[node], labels[:, 1])
        said = labels[:, 0]
        node = trie.child[node, previous].clamp(min=0)
    assert beam_search(decoder, summary, memory, trie, width=1).labels[:, 0].tolist() == labels.tolist()


@torch.inference_mode()
def test_marginals_share_two_labels_worth_of_probability() -> None:
    decoder, summary, memory, trie, _ = _case()
    marginals = beam_search(decoder, summary, memory, trie, width=20).marginals(len(LABELS))
    torch.testing.assert_close(marginals.sum(dim=1), torch.full((3,), 2.0))
