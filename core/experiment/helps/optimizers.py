"""Help on optimisers. The formulas are those of torch.optim, which does the steps."""

from __future__ import annotations

from core.experiment.helps.entry import Help

_ADAM = "Kingma & Ba 2015"
_MOMENTS = "Adam AdamW NAdam RAdam"

HELP: dict[str, Help] = {
    "Training.optimizer": Help(
        "θ ← θ − η · u(g, memory)",
        "SGD shows the gradient as it is; Adam and its kin rescale it for each weight, and so hide"
        " vanishing gradients.",
        "Each has its own scale of η: compare optimisers only with a tuned rate each.",
        "Goodfellow, Bengio & Courville 2016, section 8.5",
    ),
    "Sgd": Help(
        "b ← μ b + g, θ ← θ − η b",
        "The step is the gradient: where it vanishes, learning stops.",
        "Momentum lengthens the step up to 1 / (1 − μ) times: 10 times at 0.9.",
        "Sutskever, Martens, Dahl & Hinton 2013",
    ),
    "RmsProp": Help(
        "v ← ρ v + (1 − ρ) g², θ ← θ − η g / (√v + ε)",
        "Every weight takes steps of about η, however small its gradient.",
        "v starts at 0 and is not corrected: the first steps are larger, at ρ = 0.99 ten times.",
        "Tieleman & Hinton 2012, Coursera lecture 6.5",
    ),
    "Adagrad": Help(
        "s ← s + g², θ ← θ − η g / (√s + ε)",
        "Rare features keep large steps.",
        "s only grows: steps shrink for ever, and training may end before the minimum.",
        "Duchi, Hazan & Singer 2011",
    ),
    "Adadelta": Help(
        "v ← ρ v + (1 − ρ) g², Δ = g √(u + ε) / √(v + ε), u ← ρ u + (1 − ρ) Δ², θ ← θ − η Δ",
        "Needs no rate: η = 1 is the paper's.",
        "u starts at 0: the first steps are about √ε, so it begins slowly.",
        "Zeiler 2012",
    ),
    "Adam": Help(
        "m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η m̂ / (√v̂ + ε)",
        "m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ). Steps of about η, whatever the gradient's size.",
        "A vanished gradient is scaled up again with its noise: the update ratio looks healthy.",
        _ADAM,
    ),
    "AdamW": Help(
        "θ ← (1 − η λ) θ, then as Adam: θ ← θ − η m̂ / (√v̂ + ε)",
        "Adam whose weight decay is not divided by the gradient's size.",
        "Decay and rate are tied: halving η halves the decay too.",
        "Loshchilov & Hutter 2019",
    ),
    "NAdam": Help(
        "θ ← θ − η ((1 − μₜ) g / (1 − Πμ) + μₜ₊₁ m / (1 − Πμ μₜ₊₁)) / (√v̂ + ε)",
        "Adam with Nesterov's look-ahead; μₜ = β₁ (1 − 0.96^(t ψ) / 2), ψ the momentum decay.",
        "In short runs the momentum is still growing: half of β₁ at the start.",
        "Dozat 2016",
    ),
    "RAdam": Help(
        "θ ← θ − η r m̂ √(1 − β₂ᵗ) / (√v + ε) once ρₜ > 5, before that θ ← θ − η m̂",
        "Waits until v can be trusted: a warm-up built in.",
        "The first steps (5 at β₂ = 0.999) are plain momentum: a vanished gradient is not rescued"
        " there.",
        "Liu, Jiang, He, Chen, Liu, Gao & Han 2020",
    ),
    "Adamax": Help(
        "u ← max(β₂ u, |g| + ε), θ ← θ − η m / ((1 − β₁ᵗ) u)",
        "Adam by the largest recent gradient: no step of a weight is much larger than η.",
        "One outlier keeps a weight slow for about 1 / (1 − β₂) steps.",
        "Kingma & Ba 2015, section 7.1",
    ),
    "Rprop": Help(
        "s ← s · grow or s · shrink, θ ← θ − s sign g; after a change of sign no step",
        "Only signs count: vanishing does not matter until g is exactly 0.",
        "With small batches signs are noise, and steps shrink to nothing.",
        "Riedmiller & Braun 1993",
    ),
    # Rates --------------------------------------------------------------------------------
    "Sgd.lr": Help(
        "θ ← θ − η b, η = rate · schedule",
        "As large as the loss bears: too large it jumps or diverges, too small it crawls."
        " Look for ‖ΔW‖/‖W‖ near 0.001.",
        "A rate that is good at the start may be too large later. It fits one batch size only.",
        "Bengio 2012, section 3.1.1",
    ),
    "RmsProp Adam AdamW NAdam RAdam Adamax.lr": Help(
        "|Δθ| ≈ η while g keeps its sign, η = rate · schedule",
        "About the size of a weight's step: it should be small beside a typical weight.",
        "0.1, which is common with SGD, is far too large here.",
        _ADAM,
    ),
    "Adagrad.lr": Help(
        "Δθ = −η g / (√Σg² + ε), η = rate · schedule",
        "The first step of every weight is η; later ones shrink by themselves.",
        "A rate that is good for 100 steps is too small for 10,000: after t steps about η / √t.",
        "Duchi, Hazan & Singer 2011",
    ),
    "Adadelta.lr": Help(
        "θ ← θ − η Δ, η = rate · schedule",
        "1 is the method as published; smaller slows it down.",
        "Rates of other optimisers, such as 0.001, bring it to a halt.",
        "Zeiler 2012",
    ),
    "Rprop.lr": Help(
        "s = η at step 0",
        "Matters for the first steps only.",
        "Not a rate as elsewhere: each weight finds its own step, and no schedule acts on it.",
        "Riedmiller & Braun 1993",
    ),
    # Memory -------------------------------------------------------------------------------
    "Sgd.momentum": Help(
        "b ← μ b + g",
        "Averages over about 1 / (1 − μ) steps: damps zigzag, speeds up along valleys.",
        "Raising μ lengthens steps too: 0.99 with the rate of 0.9 is ten times as far.",
        "Sutskever, Martens, Dahl & Hinton 2013",
    ),
    "RmsProp.momentum": Help(
        "b ← μ b + g / (√v + ε), θ ← θ − η b",
        "Momentum of the rescaled gradient; 0 is the plain method.",
        "Steps grow up to 1 / (1 − μ) times: lower η with it.",
        "Sutskever, Martens, Dahl & Hinton 2013",
    ),
    "Sgd.nesterov": Help(
        "θ ← θ − η (g + μ b)",
        "Reacts a step earlier: a little steadier at large momentum.",
        "With small, noisy batches it makes hardly any difference.",
        "Sutskever, Martens, Dahl & Hinton 2013",
    ),
    f"{_MOMENTS} Adamax.beta1": Help(
        "m ← β₁ m + (1 − β₁) g",
        "Mean gradient over about 1 / (1 − β₁) steps: 10 at 0.9.",
        "Near 1 the direction is out of date: the run overshoots.",
        _ADAM,
    ),
    f"{_MOMENTS}.beta2": Help(
        "v ← β₂ v + (1 − β₂) g²",
        "Mean square over about 1 / (1 − β₂) steps: 1,000 at 0.999.",
        "After a burst of gradient a weight stays slow for that long; far below 0.99 steps get"
        " noisy.",
        "Kingma & Ba 2015; Reddi, Kale & Kumar 2018",
    ),
    "Adamax.beta2": Help(
        "u ← max(β₂ u, |g| + ε)",
        "How fast the largest gradient is forgotten: over about 1 / (1 − β₂) steps.",
        "Near 1 a single outlier rules for long.",
        "Kingma & Ba 2015, section 7.1",
    ),
    "RmsProp Adadelta.rho": Help(
        "v ← ρ v + (1 − ρ) g²",
        "Mean square over about 1 / (1 − ρ) steps.",
        "Small values follow every noisy batch; large ones react late.",
        "Tieleman & Hinton 2012; Zeiler 2012",
    ),
    "RmsProp Adagrad.epsilon": Help(
        "g / (√v + ε): outside the root",
        "Weights with |g| well below ε are not rescued: their steps shrink as with SGD.",
        "Small for weights, not for vanishing gradients: a δ of 1e-9 is below it.",
        "Tieleman & Hinton 2012; Duchi, Hazan & Singer 2011",
    ),
    "Adadelta.epsilon": Help(
        "√(u + ε) / √(v + ε): inside the root",
        "Sets the first steps, about √ε; larger starts faster.",
        "Its floor for gradients is √ε, 0.001 at 1e-6: far higher than Adam's.",
        "Zeiler 2012",
    ),
    "Adam AdamW NAdam RAdam.epsilon": Help(
        "m̂ / (√v̂ + ε): outside the root (RAdam: √v + ε)",
        "Weights with |g| well below ε are not rescued: raise it to see a vanishing gradient.",
        "Harmless beside ordinary gradients, decisive in the first layers of a deep network.",
        _ADAM,
    ),
    "Adamax.epsilon": Help(
        "u ← max(β₂ u, |g| + ε)",
        "Only keeps the division from 0 / 0.",
        "Weights with |g| well below ε are not rescued.",
        "Kingma & Ba 2015, section 7.1",
    ),
    "AdamW.weight_decay": Help(
        "W ← (1 − η λ) W before the update, λ = this + the network's",
        "0.01 is usual; in n steps weights without gradient shrink by about e^(−η λ n).",
        "Adds to the weight decay under Regularisation: set only one of them.",
        "Loshchilov & Hutter 2019",
    ),
    "NAdam.momentum_decay": Help(
        "μₜ = β₁ (1 − 0.96^(t ψ) / 2)",
        "Larger: the momentum is at its full size sooner. 0.004 takes thousands of steps.",
        "At 0 it stays at β₁ / 2 for ever.",
        "Dozat 2016",
    ),
    # Rprop --------------------------------------------------------------------------------
    "Rprop.shrink": Help(
        "s ← shrink · s when g changes its sign",
        "0.5: half a step back from an overshoot.",
        "Near 1 it swings around the minimum for long.",
        "Riedmiller & Braun 1993",
    ),
    "Rprop.grow": Help(
        "s ← grow · s while g keeps its sign",
        "1.2: steps double in four updates.",
        "Large values overshoot again and again.",
        "Riedmiller & Braun 1993",
    ),
    "Rprop.min_step": Help(
        "s ≥ least step",
        "Keeps steps from dying out.",
        "It also is the precision at which training ends.",
        "Riedmiller & Braun 1993",
    ),
    "Rprop.max_step": Help(
        "s ≤ largest step",
        "Lower it if weights jump away.",
        "50 is far more than any weight should move: it hardly ever acts.",
        "Riedmiller & Braun 1993",
    ),
}
