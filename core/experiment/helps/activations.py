"""Help on activations."""

from __future__ import annotations

from core.experiment.helps.entry import Help

HELP: dict[str, Help] = {
    "Dense Conv Output.activation": Help(
        "h = φ(z); backward δ is multiplied by φ′(z)",
        "φ′ decides how much of the error passes the layer: near 1 it passes, near 0 it is lost.",
        "The best φ depends on the initialiser: change one without the other and both look bad.",
        "Glorot & Bengio 2010",
    ),
    "Sigmoid": Help(
        "φ = 1 / (1 + e⁻ᶻ), φ′ = φ (1 − φ) ≤ 1/4",
        "φ′ takes at least three quarters of the error in each layer: the textbook case of a"
        " vanishing gradient.",
        "Its outputs are all positive: for a sample, all weights into a unit of the next layer are"
        " pushed the same way.",
        "LeCun, Bottou, Orr & Müller 1998, section 4.4",
    ),
    "Tanh": Help(
        "φ = tanh z, φ′ = 1 − φ² ≤ 1",
        "Centred, and slope 1 at 0: passes errors while |z| stays below about 1.",
        "Saturates as sigmoid does: at |z| = 3 only 1 % of the error passes.",
        "LeCun, Bottou, Orr & Müller 1998, section 4.4",
    ),
    "Relu": Help(
        "φ = max(0, z), φ′ = 1 for z > 0, else 0",
        "Errors pass unchanged or not at all; with He weights their size stays level over many"
        " layers.",
        "A unit that is shut for every sample gets no gradient and stays dead.",
        "Nair & Hinton 2010; Glorot, Bordes & Bengio 2011",
    ),
    "LeakyRelu": Help(
        "φ = z for z > 0, else α z; φ′ = 1 or α",
        "As ReLU, but shut units still learn a little.",
        "With α = 0 it is ReLU, with α = 1 a linear layer: depth then adds nothing.",
        "Maas, Hannun & Ng 2013",
    ),
    "LeakyRelu.alpha": Help(
        "φ′ = α for z < 0",
        "The share of the error that passes a shut unit; 0.01 to 0.3 is usual.",
        "He weights are made for α = 0: for a large α they are too large, and signals grow with"
        " depth.",
        "Maas, Hannun & Ng 2013",
    ),
    "Prelu": Help(
        "φ = z for z > 0, else α z; ∂L/∂α = Σ δ_h z over z < 0, δ_h = ∂L/∂h",
        "The slope is learned, one a layer; its course is the quantity Learned slope.",
        "Penalties leave α alone; it may turn negative, and then φ is no longer monotonic.",
        "He, Zhang, Ren & Sun 2015",
    ),
    "Prelu.alpha": Help(
        "α at step 0",
        "0.25 is the paper's start.",
        "Only the start: the slope that is in force is the measured quantity Learned slope.",
        "He, Zhang, Ren & Sun 2015",
    ),
    "Elu": Help(
        "φ = z for z > 0, else α (eᶻ − 1); φ′ = 1 or α eᶻ",
        "Negative outputs pull the mean towards 0, and errors fade smoothly on the negative side.",
        "Very negative z passes next to nothing: it saturates there as sigmoid does.",
        "Clevert, Unterthiner & Hochreiter 2016",
    ),
    "Elu.alpha": Help(
        "φ → −α for z → −∞; φ′ = α just below 0",
        "1 makes φ′ continuous; other values leave a kink at 0.",
        "Above 1 the slope just below 0 is α: there errors grow in each layer.",
        "Clevert, Unterthiner & Hochreiter 2016",
    ),
    "Selu": Help(
        "φ = λ z for z > 0, else λ α (eᶻ − 1); λ = 1.0507, α = 1.6733",
        "With LeCun weights and standardised inputs, mean 0 and variance 1 maintain themselves"
        " from layer to layer.",
        "The promise is lost with other initialisers, residual sums or ordinary dropout.",
        "Klambauer, Unterthiner, Mayr & Hochreiter 2017",
    ),
    "Gelu": Help(
        "φ = z Φ(z), Φ(z) = (1 + erf(z / √2)) / 2",
        "A smooth ReLU: no kink, and units that are just shut still learn.",
        "φ′ has both signs, so its mean hides that errors are turned around for z below −0.75.",
        "Hendrycks & Gimpel 2016",
    ),
    "Silu": Help(
        "φ = z σ(z), φ′ = σ(z) (1 + z (1 − σ(z)))",
        "A smooth ReLU, close to GELU.",
        "φ′ is 1/2 at 0: with small arguments a layer halves the error.",
        "Elfwing, Uchibe & Doya 2018; Ramachandran, Zoph & Le 2017",
    ),
    "Softplus": Help(
        "φ = log(1 + eᶻ), φ′ = σ(z)",
        "A ReLU without a kink: no unit is ever quite dead.",
        "Its output is log 2 at z = 0 and never negative: the signal is never centred.",
        "Dugas, Bengio, Bélisle, Nadeau & Garcia 2001; Glorot, Bordes & Bengio 2011",
    ),
    "Softsign": Help(
        "φ = z / (1 + |z|), φ′ = 1 / (1 + |z|)²",
        "Saturates like a power of z, not exponentially: far from 0 it passes more than tanh.",
        "Near 0 it passes less than tanh: φ′ is 1/4 at |z| = 1 already.",
        "Bergstra, Desjardins, Lamblin & Bengio 2009; Glorot & Bengio 2010",
    ),
    "HardTanh": Help(
        "φ = z cut to −1 … 1; φ′ = 1 for |z| < 1, else 0",
        "Errors pass unchanged inside and not at all outside.",
        "A unit beyond ±1 for all samples is dead, exactly as with ReLU.",
        "Collobert 2004",
    ),
    "HardSigmoid": Help(
        "φ = (z + 3) / 6 cut to 0 … 1; φ′ = 1/6 for |z| < 3, else 0",
        "Sigmoid as a straight line: cheap, but each layer takes five sixths of the error.",
        "Keras before version 3 had slope 1/5 and limits ±2.5: results differ.",
        "Courbariaux, Bengio & David 2015; this slope Howard et al. 2019",
    ),
    "Linear": Help(
        "φ = z, φ′ = 1",
        "For the output layer: the loss takes the raw numbers. Hidden, it shows what the weights"
        " alone do to the gradient.",
        "Many linear layers compute what one does, though they learn it in another way.",
        "Saxe, McClelland & Ganguli 2014",
    ),
    "Rescaled": Help(
        "φ(z) = α φᵢ(z / α), φ′(z) = φᵢ′(z / α)",
        "Stretches the part that is not saturated, and keeps the slope at 0.",
        "ReLU and its leaky kin do not change under it at all.",
    ),
    "Rescaled.alpha": Help(
        "φ(z) = α φᵢ(z / α)",
        "Larger: z may be larger before the unit saturates. 1 changes nothing.",
        "A very large α makes tanh a linear function: nothing saturates, and nothing is learned"
        " by depth.",
    ),
    "Rescaled.inner": Help(
        "φ(z) = α φᵢ(z / α)",
        "What is stretched; of use for the functions that saturate.",
        "With softplus or sigmoid the value at 0 is multiplied by α as well.",
    ),
}
