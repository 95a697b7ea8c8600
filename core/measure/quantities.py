"""What is measured: names, units, formulas, and how to read them. The app's help is this."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Per(StrEnum):
    """What a quantity has one value for."""

    STEP = "step"
    LAYER = "layer and step"
    EVALUATION = "evaluation"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One measured quantity.

    Attributes
    ----------
    name : str
        Column name in records and files.
    title, symbol, unit : str
        As shown on screen; an empty unit means a pure number or a norm without unit.
    per : Per
        Whether there is a value for each step, each layer and step, or each evaluation.
    formula, reading, misleads, source : str
        Definition, how to read it, when it misleads, where it comes from.
    log : bool
        Whether it is best read on a logarithmic axis.
    """

    name: str
    title: str
    symbol: str
    unit: str
    per: Per
    formula: str
    reading: str
    misleads: str
    source: str = ""
    log: bool = False


_ALL = (
    Quantity(
        "loss",
        "Loss",
        "L",
        "nats",
        Per.STEP,
        "L = L_data + L_penalty, on the step's batch, before its update",
        "Falls while the network learns. ln(classes) is the loss of guessing.",
        "A flat loss says nothing about why; a low one says nothing about new data.",
        log=True,
    ),
    Quantity(
        "loss_data",
        "Data loss",
        "L_data",
        "nats",
        Per.STEP,
        "mean over the batch of −ln p(correct class)",
        "The part of the loss that the data causes.",
        "Jumps from batch to batch: compare averages.",
        log=True,
    ),
    Quantity(
        "loss_penalty",
        "Penalty",
        "L_pen",
        "nats",
        Per.STEP,
        "l1 Σ|W| + l2 ΣW², over all weight matrices",
        "The part of the loss that L1 and L2 add.",
        "Decoupled weight decay is not in it: it acts on the weights, not on the loss.",
        log=True,
    ),
    Quantity(
        "accuracy",
        "Training accuracy",
        "acc",
        "share",
        Per.STEP,
        "share of the batch whose largest output is the right class",
        "1 is perfect; 1/classes is guessing.",
        "With a batch of 32 it moves in steps of 1/32.",
    ),
    Quantity(
        "val_loss",
        "Validation loss",
        "L_val",
        "nats",
        Per.EVALUATION,
        "mean −ln p(correct class) over the validation samples, dropout off",
        "Rising while the training loss falls means overfitting.",
        "Measured once an epoch, before that epoch's first update.",
        log=True,
    ),
    Quantity(
        "val_accuracy",
        "Validation accuracy",
        "acc_val",
        "share",
        Per.EVALUATION,
        "share of validation samples classified correctly",
        "What the network gets right on samples it never learned from.",
        "A small validation set makes it coarse.",
    ),
    Quantity(
        "grad_norm",
        "Gradient norm",
        "‖g‖",
        "",
        Per.STEP,
        "L2 norm of the whole gradient (data and penalty, all parameters) before clipping",
        "Jumps before a divergence; shrinks to nothing when learning stops.",
        "Dominated by the layers with the largest gradients: look at each layer.",
        log=True,
    ),
    Quantity(
        "clip_factor",
        "Clip factor",
        "c",
        "",
        Per.STEP,
        "norm after clipping / norm before clipping",
        "1: not clipped. 0.1: only a tenth of the gradient was used.",
        "Clipping hides an exploding gradient from the loss curve, not from this number.",
    ),
    Quantity(
        "clip_angle",
        "Clip angle",
        "∠",
        "degrees",
        Per.STEP,
        "angle between the raw and the clipped gradient",
        "0 when clipping by norm; clipping by value turns the gradient.",
        "Small when few components are clipped, even if those were the important ones.",
    ),
    Quantity(
        "learning_rate",
        "Learning rate",
        "η",
        "",
        Per.STEP,
        "the optimiser's rate times the schedule's factor, as the step used it",
        "Follows the schedule; every live change of the rate is a jump.",
        "Adaptive optimisers take steps of other sizes: look at the update ratio.",
        log=True,
    ),
    Quantity(
        "weight_grad_norm",
        "Weight gradient",
        "‖∂L/∂W‖",
        "",
        Per.LAYER,
        "Frobenius norm of dL_data/dW of the layer",
        "How strongly the data pulls at the layer's weights.",
        "It is delta times input: both can shrink in opposite directions and look flat.",
        "Glorot & Bengio 2010",
        log=True,
    ),
    Quantity(
        "weight_grad_mean",
        "Gradient mean",
        "mean ∂L/∂W",
        "",
        Per.LAYER,
        "mean of the elements of dL_data/dW",
        "Near 0 against its spread: the samples pull in different directions.",
        "Elements of both signs cancel: look at the norm for strength.",
        "Glorot & Bengio 2010",
    ),
    Quantity(
        "weight_grad_std",
        "Gradient spread",
        "std ∂L/∂W",
        "",
        Per.LAYER,
        "standard deviation of the elements of dL_data/dW",
        "How wide the distribution of the gradient is: equal in all layers is healthy.",
        "Says nothing about single large elements: look at the distribution.",
        "Glorot & Bengio 2010",
        log=True,
    ),
    Quantity(
        "penalty_grad_norm",
        "Penalty gradient",
        "‖∂L_pen/∂W‖",
        "",
        Per.LAYER,
        "Frobenius norm of the gradient that L1 and L2 add to the layer's weights",
        "Above the weight gradient of the data: the layer is shrunk more than taught.",
        "Decoupled weight decay is not in it: it acts on the weights, not on the loss.",
        log=True,
    ),
    Quantity(
        "raw_grad_norm",
        "Raw gradient",
        "‖g‖ raw",
        "",
        Per.LAYER,
        "Frobenius norm of the gradient of data and penalties for W, before clipping",
        "What clipping would see.",
        "Equal to the weight gradient where nothing is penalised.",
        log=True,
    ),
    Quantity(
        "clipped_grad_norm",
        "Clipped gradient",
        "‖g‖ clipped",
        "",
        Per.LAYER,
        "Frobenius norm of the gradient for W after clipping, as the optimiser gets it",
        "Below the raw one: clipping took something away.",
        "Adaptive optimisers undo most of a constant factor.",
        "Pascanu, Mikolov & Bengio 2013",
        log=True,
    ),
    Quantity(
        "below_floor",
        "Below Adam's floor",
        "|g| < 10 ε",
        "share",
        Per.LAYER,
        "share of elements with |g| < 10 ε, of the clipped gradient for W (1,024 of a large one)",
        "Near 1: ε, not the gradient, decides how small the steps are.",
        "Only for optimisers with an ε; the moments of Adam lag behind the gradient.",
        "Kingma & Ba 2015",
    ),
    Quantity(
        "delta_norm",
        "Error signal",
        "‖δ‖",
        "",
        Per.LAYER,
        "Frobenius norm over the batch of δ = dL_data/dz, z the argument of the activation",
        "What backpropagation brings to the layer: compare it across layers.",
        "The loss is a batch mean, so it falls with the batch size as 1/√B.",
        "Nielsen 2015, chapter 5",
        log=True,
    ),
    Quantity(
        "activation_norm",
        "Activations",
        "‖h‖",
        "",
        Per.LAYER,
        "Frobenius norm over the batch of what the layer passes on",
        "The forward signal: it should neither die out nor blow up with depth.",
        "Sigmoid outputs are never near 0, so their norm hides that nothing varies.",
        "Glorot & Bengio 2010",
        log=True,
    ),
    Quantity(
        "activation_mean",
        "Activation mean",
        "mean h",
        "",
        Per.LAYER,
        "mean over batch and units of what the layer passes on",
        "Far from 0 it pushes the next layer to one side.",
        "Units of both signs cancel.",
        "Glorot & Bengio 2010",
    ),
    Quantity(
        "activation_std",
        "Activation spread",
        "std h",
        "",
        Per.LAYER,
        "standard deviation over batch and units of what the layer passes on",
        "Falling from layer to layer: the network forgets its input.",
        "Counts differences between units as well as those between samples.",
        "Glorot & Bengio 2010",
        log=True,
    ),
    Quantity(
        "preactivation_mean",
        "Argument mean",
        "mean z",
        "",
        Per.LAYER,
        "mean over batch and units of z, the argument of the activation",
        "Far from 0: sigmoid and tanh work in their flat part, ReLU is shut or always open.",
        "Units of both signs cancel.",
    ),
    Quantity(
        "preactivation_std",
        "Argument spread",
        "std z",
        "",
        Per.LAYER,
        "standard deviation over batch and units of z",
        "About 1 suits most activations; above 4 a sigmoid saturates.",
        "Counts differences between units as well as those between samples.",
        log=True,
    ),
    Quantity(
        "derivative_mean",
        "Mean derivative",
        "φ′/sup",
        "share of sup",
        Per.LAYER,
        "mean of φ′(z) over batch and units, divided by the largest φ′ possible",
        "Near 1: the activation passes errors on. Near 0: saturated or dead.",
        "For sigmoid a value of 1 still means a factor of only 1/4.",
    ),
    Quantity(
        "saturated_fraction",
        "Saturated",
        "sat",
        "share",
        Per.LAYER,
        "share of entries (sample, unit) with φ′(z) < 0.05 sup φ′",
        "The share of the layer through which almost no error flows.",
        "For ReLU half is normal: the closed half is what makes it sparse.",
    ),
    Quantity(
        "dead_fraction",
        "Dead units",
        "dead",
        "share",
        Per.LAYER,
        "share of units with φ′(z) = 0 exactly for every sample of the last epoch",
        "Units that cannot learn any more unless their inputs change.",
        "Early in the first epoch few samples have been seen, so it starts too high.",
    ),
    Quantity(
        "update_ratio",
        "Update ratio",
        "‖ΔW‖/‖W‖",
        "",
        Per.LAYER,
        "norm of the change of W that the step really made / norm of W before it",
        "About 0.001 is healthy; far below, the layer stands still; above 0.1 it jumps.",
        "Not defined for weights that are all 0: then it is Inf or NaN.",
        log=True,
    ),
    Quantity(
        "weight_norm",
        "Weights",
        "‖W‖",
        "",
        Per.LAYER,
        "Frobenius norm of the layer's weights before the step's update",
        "Exponential growth announces a divergence.",
        "Grows with the number of weights: compare a layer with itself.",
        log=True,
    ),
    Quantity(
        "weight_distance",
        "Distance travelled",
        "‖W − W₀‖/‖W₀‖",
        "",
        Per.LAYER,
        "norm of the difference to the weights first drawn / norm of those",
        "How far the layer has moved: layers that learn nothing stay near 0.",
        "A layer that is drawn again begins at 0; there and back counts as nothing.",
        log=True,
    ),
    Quantity(
        "learned_slope",
        "Learned slope",
        "α",
        "",
        Per.LAYER,
        "slope of PReLU for z < 0 before the step's update; NaN in other layers",
        "Where it goes from its start of 0.25: 0 is ReLU, 1 is linear.",
        "One slope for the whole layer; He et al. also learn one for each channel.",
        "He, Zhang, Ren & Sun 2015",
    ),
)

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}
SCALARS = tuple(q.name for q in _ALL if q.per is Per.STEP)
"""Names in the order of the record's columns, one value a step."""
LAYER_QUANTITIES = tuple(q.name for q in _ALL if q.per is Per.LAYER)
"""Names in the order of the record's columns, one value a layer and step."""
EVALUATIONS = tuple(q.name for q in _ALL if q.per is Per.EVALUATION)
