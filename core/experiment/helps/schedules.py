"""Help on schedules of the learning rate, each a factor f of the optimiser's rate."""

from __future__ import annotations

from core.experiment.helps.entry import Help

_CYCLE = "Smith & Topin 2019"
_BOOK = "Goodfellow, Bengio & Courville 2016, section 8.3.1"
_PLATEAU = "PyTorch, ReduceLROnPlateau"

HELP: dict[str, Help] = {
    "Training.schedule": Help(
        "η(t) = rate · f(t)",
        "Large steps first, small ones at the end: noise of the batches is averaged out late.",
        "Updates that shrink by plan look like a vanishing gradient in ‖ΔW‖/‖W‖.",
        _BOOK,
    ),
    "ConstantRate": Help(
        "f = 1 after the warm-up",
        "Best for studying gradients: nothing but the network changes the steps.",
        "The loss ends at a level that the noise of the batches sets, not the network.",
        _BOOK,
    ),
    "StepDecay": Help(
        "f = factor^⌊e / every⌋, e epochs since the warm-up",
        "The loss often falls at once after each drop: noise goes, and not more is learned.",
        "A drop too early ends learning before its time.",
        "He, Zhang, Ren & Sun 2016, section 3.4",
    ),
    "ExponentialDecay": Help(
        "f = factor^e, e epochs since the warm-up, parts of epochs included",
        "A smooth fall; 0.95 halves the rate in 13.5 epochs.",
        "The total way is bounded: a small factor freezes the network for good.",
        "PyTorch, ExponentialLR",
    ),
    "CosineDecay": Help(
        "f = floor + (1 − floor) (1 + cos π p) / 2, p the share of the run since the warm-up",
        "Slow at first, fast in the middle, gentle at the end; nothing to tune but the rate.",
        "It depends on the length of the run: more epochs later change its course.",
        "Loshchilov & Hutter 2017",
    ),
    "OneCycle": Help(
        "f: half a cosine from 1/start up to 1 at the peak, then one down to 1/(start · end)",
        "Allows larger rates than a constant one: the rise is a warm-up.",
        "Momentum stays as it is; in the paper it falls while the rate rises.",
        _CYCLE,
    ),
    "ReduceOnPlateau": Help(
        "f ← max(f · factor, floor) after patience + 1 evaluations without a new best L_val",
        "The run itself says when to slow down.",
        "A noisy validation loss triggers it by chance. It needs validation samples.",
        _PLATEAU,
    ),
    "ConstantRate StepDecay ExponentialDecay CosineDecay ReduceOnPlateau.warmup": Help(
        "f is multiplied by min(1, (t + 1) / (warm-up + 1)), t = 0, 1 …",
        "Small first steps, while gradients are still wild and Adam's v is not yet settled.",
        "Long warm-up in a short run is all there is: the rate hardly gets to work.",
        "Goyal et al. 2017, section 2.2",
    ),
    "StepDecay.every": Help(
        "f falls at e = every, 2 every …",
        "A third of the run is a good start.",
        "In epochs, not in steps: with another batch size it is another number of updates.",
        "He, Zhang, Ren & Sun 2016, section 3.4",
    ),
    "StepDecay.factor": Help(
        "f ← f · factor at each drop",
        "0.1 is usual; 0.5 with more drops is gentler.",
        "Three drops of 0.1 are a thousandth: the network stands still.",
        "He, Zhang, Ren & Sun 2016, section 3.4",
    ),
    "ExponentialDecay.factor": Help(
        "f = factor^e",
        "Choose it by the end: factor^epochs is what is left.",
        "Per epoch, not per step: 0.95 a step would be nothing left after 200 steps.",
        "PyTorch, ExponentialLR",
    ),
    "CosineDecay.floor": Help(
        "f → floor at the end of the run",
        "0 comes to rest; 0.1 goes on learning if the run is made longer.",
        "With 0 the last steps change nothing: a flat end is no sign of convergence.",
        "Loshchilov & Hutter 2017",
    ),
    "OneCycle.peak": Help(
        "f = 1 at this share of the steps",
        "0.3 leaves most of the run for the fall.",
        "A very late peak leaves no time to settle.",
        _CYCLE,
    ),
    "OneCycle.start_divisor": Help(
        "f = 1 / start divisor at the first step",
        "25 as in PyTorch; with 1 there is no rise.",
        "Below about 3 the start is as wild as the peak.",
        "PyTorch, OneCycleLR",
    ),
    "OneCycle.end_divisor": Help(
        "f = 1 / (start divisor · end divisor) at the last step",
        "Large: comes to rest. 1: ends where it began.",
        "It divides the first rate, not the largest.",
        "PyTorch, OneCycleLR",
    ),
    "ReduceOnPlateau.factor": Help(
        "f ← f · factor",
        "0.1 is usual; 0.5 reacts more gently and more often.",
        "Too small ends learning at the first plateau, which may only be a slow stretch.",
        _PLATEAU,
    ),
    "ReduceOnPlateau.patience": Help(
        "reduces at evaluation patience + 1 without a new best",
        "More than the number of evaluations over which L_val swings by chance.",
        "Counted in evaluations, of which there is one an epoch.",
        _PLATEAU,
    ),
    "ReduceOnPlateau.threshold": Help(
        "new best: L_val < best · (1 − threshold)",
        "Gains below it do not count.",
        "A share of the loss: where that is near 0, any gain counts.",
        _PLATEAU,
    ),
    "ReduceOnPlateau.cooldown": Help(
        "after a reduction, so many evaluations do not count",
        "Gives the smaller rate time to show an effect.",
        "A new best is noted during it all the same.",
        _PLATEAU,
    ),
    "ReduceOnPlateau.floor": Help(
        "f ≥ floor",
        "Keeps the run from standing still.",
        "Raised later, it does not raise a rate that has fallen below it.",
        _PLATEAU,
    ),
}
