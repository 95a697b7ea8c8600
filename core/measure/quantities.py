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
        As shown on screen; the unit is "pure number" where there is none, and is never empty.
    per : Per
        Whether there is a value for each step, each layer and step, or each evaluation.
    formula, reading, misleads, source : str
        Definition, how to read it, when it misleads, and where it comes from: a work with its year,
        or "this laboratory" where the definition is our own.
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
    source: str
    log: bool = False


_ALL = (
    Quantity(
        "loss",
        "Loss",
        "L",
        "nats for cross-entropy",
        Per.STEP,
        "L = L_data + L_pen, on the step's batch, before its update",
        "Falls while the network learns. Cross-entropy of mere guessing is ln(classes).",
        "A flat loss says nothing about why; a low one says nothing about new data.",
        "Goodfellow, Bengio & Courville 2016, section 7.1",
        log=True,
    ),
    Quantity(
        "loss_data",
        "Data loss",
        "L_data",
        "nats for cross-entropy",
        Per.STEP,
        "mean over the batch of the loss of a sample; for cross-entropy −ln p(right class)",
        "The part of the loss that the data cause: what the network has yet to learn.",
        "Jumps from batch to batch: compare averages. Dropout raises it.",
        "Goodfellow, Bengio & Courville 2016, section 6.2.1",
        log=True,
    ),
    Quantity(
        "loss_penalty",
        "Penalty",
        "L_pen",
        "as the loss",
        Per.STEP,
        "Σ (l1 |w| + l2 w²) over all weights, and over biases and norms if asked",
        "The part of the loss that L1 and L2 add. Large beside the data loss: they rule.",
        "Decoupled weight decay is not in it: it acts on the weights, not on the loss.",
        "Goodfellow, Bengio & Courville 2016, section 7.1",
        log=True,
    ),
    Quantity(
        "accuracy",
        "Training accuracy",
        "acc",
        "share",
        Per.STEP,
        "share of the batch whose largest output is that of the right class",
        "1 is perfect; 1/classes is guessing, where all classes are equally frequent.",
        "With a batch of 32 it moves in steps of 1/32. Dropout lowers it.",
        "Goodfellow, Bengio & Courville 2016, section 5.1.2",
    ),
    Quantity(
        "val_loss",
        "Validation loss",
        "L_val",
        "nats for cross-entropy",
        Per.EVALUATION,
        "data loss over all validation samples, without dropout, batch norm by running statistics",
        "Rising while the training loss falls means overfitting.",
        "Once an epoch, before its first update. It has no penalty in it: compare with L_data.",
        "Goodfellow, Bengio & Courville 2016, section 7.8",
        log=True,
    ),
    Quantity(
        "val_accuracy",
        "Validation accuracy",
        "acc_val",
        "share",
        Per.EVALUATION,
        "share of the validation samples whose largest output is that of the right class",
        "What the network gets right on samples it never learned from.",
        "A small validation set makes it coarse. Settings chosen by it make it look too good.",
        "Goodfellow, Bengio & Courville 2016, sections 5.1.2 and 5.3",
    ),
    Quantity(
        "grad_norm",
        "Gradient norm",
        "‖g‖",
        "loss units per weight unit",
        Per.STEP,
        "L2 norm of the whole gradient (data and penalty, all parameters) before clipping",
        "Often jumps before a divergence; shrinks when learning slows down.",
        "Small in a minimum and on a plateau alike: look at the loss. Large layers drown small"
        " ones.",
        "Pascanu, Mikolov & Bengio 2013",
        log=True,
    ),
    Quantity(
        "clip_factor",
        "Clip factor",
        "c",
        "pure number",
        Per.STEP,
        "norm of the whole gradient after clipping / norm before",
        "1: not clipped. 0.1: only a tenth of the gradient's length was used.",
        "Adam and its kin divide by the size of past gradients: a constant factor changes little.",
        "Pascanu, Mikolov & Bengio 2013",
    ),
    Quantity(
        "clip_angle",
        "Clip angle",
        "∠",
        "degrees",
        Per.STEP,
        "angle between the whole gradient before and after clipping",
        "0 when clipping the norm of all; by value or layer by layer, clipping turns the gradient.",
        "Small when few components are clipped, even if those were the important ones.",
        "this laboratory; clipping and direction: Goodfellow, Bengio & Courville 2016,"
        " section 10.11.1",
    ),
    Quantity(
        "learning_rate",
        "Learning rate",
        "η",
        "weight² per loss with SGD, weight with Adam",
        Per.STEP,
        "the optimiser's rate times the schedule's factor, as the step used it",
        "Follows the schedule; every live change of the rate is a jump.",
        "It is not the size of the step, least of all with Adam: look at the update ratio.",
        "Goodfellow, Bengio & Courville 2016, section 8.3.1",
        log=True,
    ),
    Quantity(
        "weight_grad_norm",
        "Weight gradient",
        "‖∂L/∂W‖",
        "loss units per weight unit",
        Per.LAYER,
        "Frobenius norm of ∂L_data/∂W of the layer",
        "How strongly the data pull at the layer's weights.",
        "It is δ times the layer's input: a vanishing δ can hide behind a large input. Grows"
        " with the layer's size.",
        "Glorot & Bengio 2010",
        log=True,
    ),
    Quantity(
        "weight_grad_mean",
        "Gradient mean",
        "mean ∂L/∂W",
        "loss units per weight unit",
        Per.LAYER,
        "mean of the elements of ∂L_data/∂W",
        "Usually small beside the spread. Large: most weights are pushed the same way, as when"
        " all inputs are positive.",
        "Elements of both signs cancel: 0 does not mean that nothing pulls. Look at the norm.",
        "LeCun, Bottou, Orr & Müller 1998",
    ),
    Quantity(
        "weight_grad_std",
        "Gradient spread",
        "std ∂L/∂W",
        "loss units per weight unit",
        Per.LAYER,
        "standard deviation of the elements of ∂L_data/∂W",
        "Of like size in layers of like shape: they learn at a like pace.",
        "Can be alike in all layers while δ vanishes. Hides single large elements: look at the"
        " distribution.",
        "Glorot & Bengio 2010",
        log=True,
    ),
    Quantity(
        "penalty_grad_norm",
        "Penalty gradient",
        "‖∂L_pen/∂W‖",
        "loss units per weight unit",
        Per.LAYER,
        "Frobenius norm of the gradient that L1 and L2 add to the layer's weights",
        "Above the weight gradient of the data: the layer is shrunk more than taught.",
        "Decoupled weight decay is not in it: it acts on the weights, not on the loss.",
        "Goodfellow, Bengio & Courville 2016, section 7.1",
        log=True,
    ),
    Quantity(
        "raw_grad_norm",
        "Raw gradient",
        "‖g‖ raw",
        "loss units per weight unit",
        Per.LAYER,
        "Frobenius norm of the gradient of data and penalties for W, before clipping",
        "The layer's share of what is clipped. Equal to the weight gradient without L1 and L2.",
        "Clipping by the norm of all looks at all layers and biases together, not at this number.",
        "Pascanu, Mikolov & Bengio 2013",
        log=True,
    ),
    Quantity(
        "clipped_grad_norm",
        "Clipped gradient",
        "‖g‖ clipped",
        "loss units per weight unit",
        Per.LAYER,
        "Frobenius norm of the gradient for W after clipping, as the optimiser gets it",
        "Below the raw one: clipping took something away.",
        "Adam and its kin undo most of a constant factor.",
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
        "Near 1: ε begins to decide how small the steps are, and Adam no longer rescues the layer.",
        "An early sign: at 10 ε a step is only a tenth shorter. Moments lag behind. NaN without"
        " an ε; Adadelta's floor is √ε.",
        "Kingma & Ba 2015",
    ),
    Quantity(
        "delta_norm",
        "Error signal",
        "‖δ‖",
        "loss units per unit of z",
        Per.LAYER,
        "Frobenius norm over the batch of δ = ∂L_data/∂z, z the argument of the activation",
        "What backpropagation brings to the layer: compare it across layers.",
        "The loss is a batch mean, so it falls with the batch size as about 1/√B. The layer's"
        " width matters too.",
        "Nielsen 2015, chapter 5",
        log=True,
    ),
    Quantity(
        "activation_norm",
        "Activations",
        "‖h‖",
        "pure number",
        Per.LAYER,
        "Frobenius norm over the batch of what the layer passes on",
        "The forward signal: it should neither die out nor blow up with depth.",
        "Grows as √(batch × units). Sigmoid outputs lie around 0.5: their norm hides that"
        " nothing varies.",
        "Glorot & Bengio 2010",
        log=True,
    ),
    Quantity(
        "activation_mean",
        "Activation mean",
        "mean h",
        "pure number",
        Per.LAYER,
        "mean over batch and units of what the layer passes on",
        "Far from 0 it pushes the next layer to one side. Sigmoid and ReLU are never centred.",
        "Units of both signs cancel.",
        "LeCun, Bottou, Orr & Müller 1998",
    ),
    Quantity(
        "activation_std",
        "Activation spread",
        "std h",
        "pure number",
        Per.LAYER,
        "standard deviation over batch and units of what the layer passes on",
        "Falling from layer to layer: the network forgets its input.",
        "Differences between units count as well: it can be large though all samples look the"
        " same.",
        "Glorot & Bengio 2010",
        log=True,
    ),
    Quantity(
        "preactivation_mean",
        "Argument mean",
        "mean z",
        "pure number",
        Per.LAYER,
        "mean over batch and units of z, the argument of the activation",
        "Far from 0: sigmoid and tanh work in their flat part, ReLU is shut or always open.",
        "Units of both signs cancel.",
        "Ioffe & Szegedy 2015",
    ),
    Quantity(
        "preactivation_std",
        "Argument spread",
        "std z",
        "pure number",
        Per.LAYER,
        "standard deviation over batch and units of z, the argument of the activation",
        "About 1 suits sigmoid and tanh; at 4 over a quarter of a sigmoid's entries are saturated.",
        "ReLU works at any scale. Differences between units count as well as those between"
        " samples.",
        "LeCun, Bottou, Orr & Müller 1998",
        log=True,
    ),
    Quantity(
        "derivative_mean",
        "Mean derivative",
        "φ′/sup",
        "share of sup",
        Per.LAYER,
        "mean of φ′(z) over batch and units, divided by the largest |φ′| possible",
        "Near 1: the activation passes errors on. Near 0: saturated or dead. ReLU: about 0.5.",
        "For sigmoid a value of 1 still means a factor of only 1/4. Where φ′ has both signs"
        " they cancel.",
        "Nielsen 2015, chapter 5",
    ),
    Quantity(
        "saturated_fraction",
        "Saturated",
        "sat",
        "share",
        Per.LAYER,
        "share of entries (sample, unit) with |φ′(z)| < 0.05 sup |φ′|",
        "The share of the layer through which almost no error flows.",
        "For ReLU half is normal: the closed half is what makes it sparse. The 0.05 is our choice.",
        "Glorot & Bengio 2010",
    ),
    Quantity(
        "dead_fraction",
        "Dead units",
        "dead",
        "share",
        Per.LAYER,
        "share of units (channels) with φ′(z) = 0 exactly for every sample of the last epoch",
        "Units that cannot learn any more unless their inputs change.",
        "Too high while few samples have been seen: early in the first epoch, and wherever only"
        " some steps are measured.",
        "Maas, Hannun & Ng 2013",
    ),
    Quantity(
        "update_ratio",
        "Update ratio",
        "‖ΔW‖/‖W‖",
        "pure number",
        Per.LAYER,
        "norm of the change of W that the step really made / norm of W before it",
        "About 0.001 is a rule of thumb; far below, the layer stands still; above 0.1 it jumps.",
        "Falls on purpose with the rate. Inf or NaN where W is all 0. Of large layers 8,192 weights"
        " are followed: right to some per cent.",
        "Karpathy, CS231n course notes",
        log=True,
    ),
    Quantity(
        "weight_norm",
        "Weights",
        "‖W‖",
        "pure number",
        Per.LAYER,
        "Frobenius norm of the layer's weights before the step's update",
        "Exponential growth announces a divergence.",
        "Grows with the number of weights: compare a layer with itself. Before a batch norm its"
        " scale hardly matters.",
        "Goodfellow, Bengio & Courville 2016, section 2.5 (Frobenius norm)",
        log=True,
    ),
    Quantity(
        "weight_distance",
        "Distance travelled",
        "‖W − W₀‖/‖W₀‖",
        "pure number",
        Per.LAYER,
        "norm of the difference to the weights first drawn / norm of those, before the step's"
        " update",
        "How far the layer has moved: layers that learn nothing stay near 0.",
        "Far is not learned: Adam moves a layer by noise too. Drawn again, it begins at 0. Of large"
        " layers 8,192 weights are followed.",
        "Schneider, Dangel & Hennig 2021 (Cockpit)",
        log=True,
    ),
    Quantity(
        "nonfinite",
        "Not finite",
        "NaN, Inf",
        "code 0 to 3",
        Per.LAYER,
        "first of mean z, mean h, ‖δ‖, mean ∂L/∂W, ‖W‖ that is not finite: 1 NaN, 2 +Inf, 3 −Inf",
        "0 is as it should be. The layer with the first other number is where to look.",
        "A sum of +Inf and −Inf is NaN. Where it began is said when a run diverges.",
        "IEEE 754-2019, clause 6 (infinities, NaN); the codes: this laboratory",
    ),
    Quantity(
        "learned_slope",
        "Learned slope",
        "α",
        "pure number",
        Per.LAYER,
        "slope of PReLU for z < 0 before the step's update; NaN in other layers",
        "Where it goes from its start (0.25 unless set): 0 is ReLU, 1 is linear.",
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
