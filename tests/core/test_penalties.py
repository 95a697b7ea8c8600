"""Penalties against loops in float64, against autograd, and bit for bit where it matters."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.engine.penalties import Penalties, Segment
from core.experiment.optimizers import AdamW
from core.experiment.penalties import PENALTY_KINDS, AsNetwork, OwnPenalty
from core.experiment.training import Training

CPU = torch.device("cpu")
PLAIN = AsNetwork()


def segments(penalties=(PLAIN, PLAIN), sizes=(6, 4)):
    """Segments of layers with weights, biases, batch norm and PReLU, weights first."""
    pieces = [("weight", size, own) for size, own in zip(sizes, penalties, strict=True)]
    for own in penalties:
        pieces += [("bias", 2, own), ("norm", 2, own), ("norm", 2, own), ("other", 1, own)]
    found, start = [], 0
    for role, size, own in pieces:
        found.append(Segment(start, start + size, role, own))
        start += size
    return found, start


def numbers_of(training, segment):
    """L1, L2 and decay of a segment, as the settings say."""
    if segment.role == "other":
        return 0.0, 0.0, 0.0
    if segment.role == "bias" and not training.penalize_biases:
        return 0.0, 0.0, 0.0
    if segment.role == "norm" and not training.penalize_norms:
        return 0.0, 0.0, 0.0
    own = segment.penalty
    if own.kind == "own":
        return own.l1, own.l2, own.weight_decay
    extra = training.optimizer.weight_decay if training.optimizer.kind == "adamw" else 0.0
    return training.l1, training.l2, training.weight_decay + extra


def reference(training, pieces, gradient, theta, lr):
    """Return gradient, loss and decayed parameters, element by element."""
    gradient, decayed, loss = gradient.astype(float), theta.astype(float), 0.0
    for piece in pieces:
        l1, l2, decay = numbers_of(training, piece)
        for i in range(piece.start, piece.stop):
            loss += l1 * abs(float(theta[i])) + l2 * float(theta[i]) ** 2
            gradient[i] += l1 * np.sign(theta[i]) + 2 * l2 * float(theta[i])
            decayed[i] *= 1 - lr * decay
    return gradient, loss, decayed


def draw(size, seed=0):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=size).astype(np.float32)
    theta[::5] = 0.0  # where |W| has no slope
    return rng.normal(size=size).astype(np.float32), theta


share = st.sampled_from([0.0, 0.0, 1e-3, 0.3])
own = st.builds(OwnPenalty, l1=share, l2=share, weight_decay=share) | st.just(PLAIN)
trainings = st.builds(
    Training,
    l1=share,
    l2=share,
    weight_decay=share,
    penalize_biases=st.booleans(),
    penalize_norms=st.booleans(),
    optimizer=st.sampled_from([Training().optimizer, AdamW(), AdamW(weight_decay=0.0)]),
)


@given(trainings, st.lists(own, max_size=4), st.floats(1e-4, 1), st.integers(0, 1000))
def test_any_penalties_of_any_layers_follow_the_formula(training, layers, lr, seed):
    pieces, size = segments(layers, range(1, len(layers) + 1))
    gradient, theta = draw(size, seed)
    penalties = Penalties(training, pieces, CPU, size)
    expected, loss, decayed = reference(training, pieces, gradient, theta, lr)

    changed, parameters = torch.tensor(gradient), torch.tensor(theta)
    part = penalties.add_(changed, parameters)
    assert part.shape == ()
    assert part.item() == pytest.approx(loss, rel=1e-5)
    assert changed.numpy() == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert parameters.numpy().tobytes() == theta.tobytes()

    penalties.decay_(parameters, lr)
    assert parameters.numpy() == pytest.approx(decayed, rel=1e-5)

    numbers = np.array([numbers_of(training, piece) for piece in pieces]).reshape(-1, 3)
    assert penalties.active == bool(numbers[:, :2].any())
    assert penalties.decays == bool(numbers[:, 2].any())


@pytest.mark.parametrize("penalize", [False, True])
def test_the_gradient_is_the_slope_of_the_loss(penalize):
    training = Training(l1=0.01, l2=0.3, penalize_biases=penalize, penalize_norms=penalize)
    pieces, size = segments((PLAIN, OwnPenalty(l1=0.2, l2=0.05)))
    penalties = Penalties(training, pieces, CPU, size)
    theta = torch.tensor(draw(size)[1], requires_grad=True)
    slope = torch.autograd.grad(penalties.add_(torch.zeros(size), theta), theta)[0]
    gradient = torch.zeros(size)
    with torch.no_grad():
        penalties.add_(gradient, theta)
    assert gradient.tolist() == pytest.approx(slope.tolist(), rel=1e-6)


@pytest.mark.parametrize(("l1", "l2"), [(0.01, 0.0), (0.0, 0.02), (0.01, 0.02)])
def test_one_number_for_all_weights_gives_the_plain_formula_to_the_bit(l1, l2):
    pieces, size = segments()
    gradient, theta = (torch.tensor(one) for one in draw(size))
    n = 10
    expected, loss = gradient.clone(), torch.zeros(())
    if l1:
        expected[:n].add_(theta[:n].sign(), alpha=l1)
        loss = loss + l1 * torch.linalg.vector_norm(theta[:n], ord=1)
    if l2:
        expected[:n].add_(theta[:n], alpha=2.0 * l2)
        loss = loss + l2 * torch.dot(theta[:n], theta[:n])
    part = Penalties(Training(l1=l1, l2=l2), pieces, CPU, size).add_(gradient, theta)
    assert gradient.numpy().tobytes() == expected.numpy().tobytes()
    assert part.item() == loss.item()


def test_plain_weight_decay_scales_all_weights_to_the_bit_and_nothing_else():
    pieces, size = segments()
    theta = torch.tensor(draw(size)[1])
    expected = theta.clone()
    expected[:10].mul_(1.0 - 0.1 * 0.02)
    Penalties(Training(weight_decay=0.02), pieces, CPU, size).decay_(theta, 0.1)
    assert theta.numpy().tobytes() == expected.numpy().tobytes()


def test_without_penalties_nothing_is_active_and_nothing_changes():
    pieces, size = segments()
    penalties = Penalties(Training(penalize_biases=True), pieces, CPU, size)
    assert not penalties.active
    assert not penalties.decays
    gradient, theta = (torch.tensor(one) for one in draw(size))
    before = gradient.clone(), theta.clone()
    assert penalties.add_(gradient, theta).item() == 0.0
    penalties.decay_(theta, 0.1)
    assert torch.equal(gradient, before[0])
    assert torch.equal(theta, before[1])


def test_adamw_decays_as_pytorchs_adamw_does_to_weights():
    theta = torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
    spec = AdamW(lr=0.1, weight_decay=0.3)
    theirs = torch.optim.AdamW([theta], lr=0.1, weight_decay=0.3)
    theta.grad = torch.zeros(3)
    theirs.step()
    ours = torch.tensor([1.0, -2.0, 3.0])
    training = Training(optimizer=spec)
    Penalties(training, [Segment(0, 3, "weight", PLAIN)], CPU, 3).decay_(ours, spec.lr)
    assert ours.tolist() == pytest.approx(theta.tolist(), rel=1e-6)


def test_a_layers_own_numbers_replace_those_of_network_and_adamw():
    training = Training(l1=0.1, l2=0.2, weight_decay=0.3, optimizer=AdamW(weight_decay=0.4))
    pieces = [Segment(0, 1, "weight", PLAIN), Segment(1, 2, "weight", OwnPenalty(l1=0.5))]
    penalties = Penalties(training, pieces, CPU, 2)
    theta, gradient = torch.tensor([2.0, 2.0]), torch.zeros(2)
    assert penalties.add_(gradient, theta).item() == pytest.approx(0.1 * 2 + 0.2 * 4 + 0.5 * 2)
    assert gradient.tolist() == pytest.approx([0.1 + 2 * 0.2 * 2, 0.5])
    penalties.decay_(theta, 0.1)
    assert theta.tolist() == pytest.approx([2 * (1 - 0.1 * 0.7), 2.0])


def test_a_layer_names_its_penalty_by_these_kinds():
    assert list(PENALTY_KINDS.items()) == [("as_network", AsNetwork), ("own", OwnPenalty)]
    assert OwnPenalty().model_dump() == {"kind": "own", "l1": 0, "l2": 0, "weight_decay": 0}
