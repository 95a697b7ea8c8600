"""Help on initialisers of weights and biases."""

from __future__ import annotations

from core.experiment.helps.entry import Help

_GLOROT = "Glorot & Bengio 2010"
_HE = "He, Zhang, Ren & Sun 2015, section 2.2"
_LECUN = "LeCun, Bottou, Orr & Müller 1998, section 4.6"

HELP: dict[str, Help] = {
    "Dense Conv Output.init": Help(
        "var z = fan_in · var W · mean h²; backward var δ = fan_out · var W · var δ⁺ · mean φ′²",
        "Choose it by the activation, so that neither signal nor error changes size from layer to"
        " layer.",
        "After a batch norm the size of W matters little: there a bad choice stays hidden.",
        "Glorot & Bengio 2010; He, Zhang, Ren & Sun 2015",
    ),
    "Dense Conv Output.bias_init": Help(
        "z = W h + b at step 0",
        "Zero is right nearly always: the weights already make units differ.",
        "A positive start keeps ReLU units open, and hides for a while that they would die.",
        "Goodfellow, Bengio & Courville 2016, section 8.4",
    ),
    "GlorotUniform": Help(
        "W ~ U(−r, r), r = √(6 / (fan_in + fan_out))",
        "Keeps signal and error level at once for functions close to z around 0: tanh, softsign.",
        "With ReLU half of the variance is lost in each layer: the signal fades as 2^(−depth/2).",
        _GLOROT,
    ),
    "GlorotNormal": Help(
        "W ~ N(0, σ²), σ² = 2 / (fan_in + fan_out)",
        "As the uniform kind, with the same variance.",
        "Keras cuts its normal at two σ; this one, as PyTorch's, has tails.",
        _GLOROT,
    ),
    "HeUniform": Help(
        "W ~ U(−r, r), r = √(6 / fan_in)",
        "Gain 2 makes up for the half of the signal that ReLU shuts off.",
        "fan_in keeps the forward signal level; the error changes where widths change.",
        _HE,
    ),
    "HeNormal": Help(
        "W ~ N(0, σ²), σ² = 2 / fan_in",
        "Gain 2 makes up for the half of the signal that ReLU shuts off.",
        "For tanh twice the variance is too much: units start saturated. Keras cuts its normal at"
        " two σ.",
        _HE,
    ),
    "LecunUniform": Help(
        "W ~ U(−r, r), r = √(3 / fan_in)",
        "Sums z get variance 1 from inputs with variance 1.",
        "With ReLU half of the signal is lost in each layer.",
        _LECUN,
    ),
    "LecunNormal": Help(
        "W ~ N(0, σ²), σ² = 1 / fan_in",
        "Sums z get variance 1 from inputs with variance 1: what SELU is made for.",
        "With ReLU half of the signal is lost in each layer. Keras cuts its normal at two σ.",
        "LeCun, Bottou, Orr & Müller 1998, section 4.6; Klambauer et al. 2017",
    ),
    "VarianceScaling": Help(
        "var W = scale / fan",
        "The family: Glorot is scale 1 with fan_avg, He 2 with fan_in, LeCun 1 with fan_in.",
        "scale is a variance: twice the weights need four times the scale.",
        "He, Zhang, Ren & Sun 2015",
    ),
    "VarianceScaling.scale": Help(
        "var W = scale / fan",
        "1 for functions near z, 2 for ReLU; more makes signals grow with depth.",
        "A little off is a lot in depth: 10 % in each of 50 layers is a factor of 117 in variance.",
        "He, Zhang, Ren & Sun 2015",
    ),
    "VarianceScaling.mode": Help(
        "fan_avg = (fan_in + fan_out) / 2; convolution: fan = channels · kernel²",
        "fan_in keeps the signal level, fan_out the error, fan_avg is the compromise.",
        "In layers of equal width all three are the same.",
        _GLOROT,
    ),
    "VarianceScaling.distribution": Help(
        "uniform: r = √(3 var); truncated: normal cut at 2 σ, σ = √var / 0.8796",
        "The variance is the same; only the tails differ, and they matter little.",
        "PyTorch's truncated normal is not widened so: its variance after the cut is smaller.",
    ),
    "PytorchDefault": Help(
        "W, b ~ U(−r, r), r = 1 / √fan_in",
        "What torch.nn.Linear does unasked: variance 1 / (3 fan_in).",
        "A third of LeCun's and a sixth of He's variance: in deep networks the signal fades fast.",
        "PyTorch, Linear.reset_parameters",
    ),
    "Normal": Help(
        "W ~ N(mean, std²), whatever the fan",
        "For experiments with too small or too large weights.",
        "The right std depends on the width: one that suits 64 units is wrong for 1,024.",
        "Krizhevsky, Sutskever & Hinton 2012, section 5",
    ),
    "Normal TruncatedNormal.mean": Help(
        "E W = mean",
        "Leave 0 for weights: only then do units of both signs cancel.",
        "Other means make all units of a layer alike: z grows with fan_in · mean h.",
    ),
    "Normal.std": Help(
        "var W = std²",
        "Compare with √(2 / fan_in) for ReLU and √(2 / (fan_in + fan_out)) for tanh.",
        "It is not the variance: half of it is a quarter of the signal's variance.",
    ),
    "TruncatedNormal": Help(
        "W ~ N(mean, std²) cut at mean ± 2 std",
        "A normal without the rare large weights.",
        "After the cut the standard deviation is 0.88 std, not std.",
        "Keras, TruncatedNormal",
    ),
    "TruncatedNormal.std": Help(
        "σ of W = 0.8796 std after the cut",
        "Divide the σ you want by 0.88.",
        "It is the spread before the cut, unlike that of Variance scaling.",
    ),
    "Uniform": Help(
        "W ~ U(low, high), var W = (high − low)² / 12",
        "For experiments with limits of your own.",
        "The right limits depend on the width of the layer.",
        "Glorot & Bengio 2010, equation 1",
    ),
    "Uniform.low": Help(
        "mean W = (low + high) / 2",
        "For weights take the negative of the upper limit: the mean is 0 then.",
        "Both limits of one sign push all units the same way.",
    ),
    "Uniform.high": Help(
        "σ of W = (high − low) / √12",
        "±r has the standard deviation r / √3.",
        "It is a limit, not a standard deviation: 0.05 spreads only by 0.029.",
    ),
    "Orthogonal": Help(
        "W = gain · Q, QᵀQ = I or QQᵀ = I (QR of a normal matrix)",
        "Every singular value is the gain: errors keep their length through linear layers of any"
        " depth.",
        "Exact for linear square layers only; ReLU still shuts off half.",
        "Saxe, McClelland & Ganguli 2014",
    ),
    "Orthogonal.gain": Help(
        "‖W x‖ = gain · ‖x‖",
        "1 for linear and tanh, √2 for ReLU.",
        "The effect is gain to the power of depth: 1.1 over 50 layers is 117.",
        "Saxe, McClelland & Ganguli 2014",
    ),
    "Identity": Help(
        "W_ij = gain for i = j, else 0; convolution: in the middle of the kernel",
        "Signal and error pass unchanged at the start.",
        "Where a layer is wider than its input, the further units start at 0 and are alike.",
        "Le, Jaitly & Hinton 2015",
    ),
    "Identity.gain": Help(
        "W = gain · I",
        "1 keeps signals as they are; below, they fade as gain to the power of depth.",
        "Looks harmless near 1: 0.9 over 50 layers is 0.005.",
        "Le, Jaitly & Hinton 2015",
    ),
    "Lsuv": Help(
        "W orthonormal, then W ← W / std z until |var z − 1| ≤ tolerance, layer by layer",
        "Measures what theory can only assume: good for any activation.",
        "It looks at the first batch only: an odd batch gives an odd start. Errors are not looked"
        " at.",
        "Mishkin & Matas 2016",
    ),
    "Lsuv.tolerance": Help(
        "stops at |var z − 1| ≤ tolerance",
        "0.1 is the paper's; smaller costs more passes.",
        "Below what another batch would change anyway, it is precision without meaning.",
        "Mishkin & Matas 2016",
    ),
    "Lsuv.iterations": Help(
        "W ← W / std z, at most so often",
        "One or two are enough: where biases are 0, std z is proportional to W.",
        "A layer that gets a constant signal is left as it is, however often.",
        "Mishkin & Matas 2016",
    ),
    "Constant": Help(
        "W_ij = value",
        "To see why units must differ: all of a layer get the same gradient, for ever.",
        "The loss falls all the same: the network learns as if it had one unit a layer.",
        "Goodfellow, Bengio & Courville 2016, section 8.4",
    ),
    "Constant.value": Help(
        "W_ij = value, b_i = value",
        "For biases: 0.1 keeps ReLU units open at the start.",
        "For weights no value is good: units stay identical.",
        "Goodfellow, Bengio & Courville 2016, section 8.4",
    ),
    "Zeros": Help(
        "W = 0 or b = 0",
        "For biases the usual start.",
        "For weights fatal: δ of the layer below is Wᵀ δ = 0, and nothing there learns.",
        "Goodfellow, Bengio & Courville 2016, section 8.4",
    ),
}
