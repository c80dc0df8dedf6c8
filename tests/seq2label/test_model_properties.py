"""What must hold for any weights: padding, neighbours, order and the future change nothing."""

import torch

from seq2label.batching import pad
from seq2label.config import ModelConfig
from seq2label.inference import ReviewText, Tagger
from seq2label.model import Seq2Label
from seq2label.objective import SequenceTargets, marginal_loss, permutation_loss, sequence_loss
from tests.seq2label.builders import TEXTS, a_network

A, B, C = (ReviewText(text, stars) for text, stars in zip(TEXTS, (5, 2, None), strict=True))
CPU = torch.device("cpu")


def _encoded(text: str, stars: int | None = 5) -> list[int]:
    return a_network().vocabulary.encode_review(text, stars, 110)


def test_padding_changes_no_reading() -> None:
    model = a_network().model
    short, long = _encoded(TEXTS[0]), _encoded(TEXTS[2])
    alone, padded = model.read(pad([short])), model.read(pad([short, long]))
    torch.testing.assert_close(padded.summary[0], alone.summary[0])
    torch.testing.assert_close(padded.values[0, : len(short)], alone.values[0])
    assert padded.values[0, len(short) :].abs().sum() == 0


def test_batch_order_changes_no_reading() -> None:
    model = a_network().model
    rows = [_encoded(text) for text in TEXTS]
    forward, backward = model.read(pad(rows)), model.read(pad(rows[::-1]))
    torch.testing.assert_close(forward.summary, backward.summary.flip(0))


def test_an_empty_review_reads_as_nothing() -> None:
    readings = a_network().model.read(pad([[], _encoded(TEXTS[1])]))
    assert readings.summary[0].abs().sum() == 0
    assert readings.values[0].abs().sum() == 0
    assert not readings.mask[0].any()


def test_swapping_the_two_reviews_changes_no_logit() -> None:
    model = a_network().model
    readings = model.read(pad([_encoded(text) for text in TEXTS]))
    one, other = torch.tensor([0, 1]), torch.tensor([2, 0])
    summary = model.joined(readings.summary[one], readings.summary[other])
    swapped = model.joined(readings.summary[other], readings.summary[one])
    assert torch.equal(summary, swapped)
    targets = torch.tensor([[3, 1, 4, 2], [5, 1, 3, 2]])
    spoken = model.unroll(targets, summary, model.remember(readings, one, other))
    torch.testing.assert_close(spoken, model.unroll(targets, swapped, model.remember(readings, other, one)))


def test_future_symbols_change_no_earlier_logits() -> None:
    model = a_network().model
    readings = model.read(pad([_encoded(text) for text in TEXTS[:2]]))
    one, other = torch.tensor([0]), torch.tensor([1])
    summary, memory = (
        model.joined(readings.summary[one], readings.summary[other]),
        model.remember(readings, one, other),
    )
    before = model.unroll(torch.tensor([[3, 4, 1, 5, 2]]), summary, memory)
    after = model.unroll(torch.tensor([[3, 4, 1, 6, 1]]), summary, memory)
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.equal(before[:, 4], after[:, 4])


def test_attention_lies_on_words_only() -> None:
    model = a_network().model
    readings = model.read(pad([_encoded(TEXTS[0]), _encoded(TEXTS[2])]))
    one, other = torch.tensor([0]), torch.tensor([1])
    memory = model.remember(readings, one, other)
    state = model.decoder.start(model.joined(readings.summary[one], readings.summary[other]))
    _, _, weights = model.decoder.step(torch.tensor([0]), state, memory)
    assert weights.shape == (1, 2 * 12)
    assert weights[~memory.mask].sum() == 0
    torch.testing.assert_close(weights.sum(), torch.tensor(1.0))


def test_swapped_and_rebatched_pairs_get_the_same_labels() -> None:
    tagger = Tagger(a_network(), "made", CPU)
    pairs = [(A, B), (B, C), (C, A)]
    together = tagger.label_pairs(pairs, always_two=True)
    alone = [tagger.label_pairs([pair], always_two=True)[0] for pair in pairs]
    swapped = tagger.label_pairs([(b, a) for a, b in pairs], batch_size=2, always_two=True)
    texts = [[label.text for label in labels] for labels in together]
    assert [[label.text for label in labels] for labels in alone] == texts
    assert [[label.text for label in labels] for labels in swapped] == texts
    assert [len(labels) for labels in together] == [2, 2, 2]


def test_the_number_of_threads_changes_no_label() -> None:
    tagger = Tagger(a_network(), "made", CPU)
    one = tagger.label_pairs([(A, B), (B, C), (C, A)])
    torch.set_num_threads(2)
    two = tagger.label_pairs([(A, B), (B, C), (C, A)])
    torch.set_num_threads(1)
    assert [[label.text for label in labels] for labels in two] == [
        [label.text for label in labels] for labels in one
    ]


def test_swapping_mirrors_the_shares_and_keeps_every_digit_of_the_scores() -> None:
    tagger = Tagger(a_network(), "made", CPU)
    [forward], [backward] = tagger.label_pairs([(A, B)]), tagger.label_pairs([(B, A)])
    assert [label.score for label in forward] == [label.score for label in backward]
    shares = torch.tensor([label.share_a for label in forward])
    torch.testing.assert_close(shares, 1 - torch.tensor([label.share_a for label in backward]))


def test_a_single_review_holds_all_the_evidence() -> None:
    tagger = Tagger(a_network(), "made", CPU)
    [labels] = tagger.label_pairs([(A, ReviewText(""))], always_two=True)
    assert [label.share_a for label in labels] == [1.0, 1.0]


def test_two_empty_reviews_have_no_labels() -> None:
    found = Tagger(a_network(), "made", CPU).label_pairs([(ReviewText(" "), ReviewText("<br />")), (A, B)])
    assert found[0] == ()
    assert len(found[1]) == 2


def test_three_pairs_can_be_learned_by_heart() -> None:
    network = a_network()
    torch.manual_seed(5)
    labels = len(network.inventory)
    config = ModelConfig(embedding=11, hidden=13, summary=17, topics=7, attention="dot", dropout=0.0)
    model = Seq2Label(config, len(network.vocabulary.words), network.vocabulary.outputs, labels)
    symbols = SequenceTargets(
        [network.vocabulary.encode_label(label.text) for label in network.inventory.labels]
    )
    gold = [(0, 2), (3, 4), (1, 3)]
    marginals = torch.zeros(3, labels)
    marginals[torch.arange(3).repeat_interleave(2), torch.tensor(gold).flatten()] = 1.0
    batch, one, other = (
        pad([_encoded(text) for text in TEXTS]),
        torch.tensor([0, 1, 2]),
        torch.tensor([1, 2, 0]),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    orders = [symbols.of(gold), symbols.of([(b, a) for a, b in gold])]
    for _ in range(120):
        readings = model.read(batch)
        summary = model.joined(readings.summary[one], readings.summary[other])
        memory = model.remember(readings, one, other)
        spoken = permutation_loss(
            *(sequence_loss(model.unroll(order, summary, memory), order, 0.0) for order in orders)
        )
        loss = spoken + marginal_loss(model.weigh(summary), marginals)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert round(float(spoken.detach()), 1) == 0.0
    assert [set(row.tolist()) for row in model.marginals(summary).topk(2).indices] == [
        set(pair) for pair in gold
    ]
