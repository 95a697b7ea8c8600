"""Help on loss, batches, clipping, penalties, the end of a run, and measuring."""

from __future__ import annotations

from core.experiment.helps.entry import Help

_BOOK = "Goodfellow, Bengio & Courville 2016, section"
_CLIP = "Pascanu, Mikolov & Bengio 2013"
_STOP = "Prechelt 1998"
_PERIOD = "Schneider, Dangel & Hennig 2021 (Cockpit)"

HELP: dict[str, Help] = {
    # The run ------------------------------------------------------------------------------
    "Experiment.name": Help(
        "",
        "Say what is special about it: it stands above the plots and in the list of runs.",
        "It says nothing of what is inside: a changed copy keeps the name until you change it.",
    ),
    "Experiment.description": Help(
        "",
        "What is to be seen, and where to look.",
        "Nobody checks that it is still true after changes.",
    ),
    "Experiment.seed": Help(
        "",
        "Draws toy data, split, weights, order of batches and dropout. Try several before you"
        " believe a difference.",
        "One seed is one sample: differences between single runs may be chance alone.",
        "Bouthillier et al. 2021",
    ),
    "Training.device": Help(
        "",
        "Automatic is right; small networks are often fastest on the CPU.",
        "Devices round differently: the same seed gives slightly other curves on another one.",
        "PyTorch notes, Reproducibility",
    ),
    "Experiment.measuring": Help(
        "",
        "Every step while you study; a budget where training has to be fast.",
        "What happens between measured steps, such as a single jump, is not seen.",
        _PERIOD,
    ),
    "EveryStep": Help(
        "measured: t = 0, 1, 2 …",
        "Nothing is missed.",
        "Wide networks train more slowly while they are watched.",
        _PERIOD,
    ),
    "SampledSteps": Help(
        "measured: t = 0, n, 2 n …",
        "Costs an nth of measuring every step.",
        "If n divides the steps of an epoch, it is always the same place in the epoch.",
        _PERIOD,
    ),
    "SampledSteps.every": Help(
        "measured where t mod n = 0",
        "10 still shows all that is slow.",
        "Dead units are counted over measured steps only: too many at the start.",
        _PERIOD,
    ),
    "Budget": Help(
        "time of measuring ≤ share · time of training, on average",
        "Adapts to the network and to the machine.",
        "Steps in between vary with the machine's load: two runs are measured at other steps.",
        _PERIOD,
    ),
    "Budget.percent": Help(
        "time of measuring / time of training",
        "10 % is hardly noticed.",
        "A small share of a fast network can be few steps: look at the marks.",
        _PERIOD,
    ),
    # Loss ---------------------------------------------------------------------------------
    "Training.loss": Help(
        "L = L_data + L_pen",
        "Its derivative at the output is the δ that all of backpropagation starts from.",
        "Losses of different kinds have different scales: never compare their numbers.",
        f"{_BOOK} 6.2",
    ),
    "CrossEntropy": Help(
        "L = mean −ln softmax(z)_right; δ = (p − y) / B",
        "For classes. δ at the output is the mistake p − y itself: it does not saturate.",
        "Softmax is inside: leave the output layer linear.",
        f"{_BOOK} 6.2.2",
    ),
    "MeanSquaredError": Help(
        "L = mean (h − y)² over outputs and samples; ∂L/∂h = 2 (h − y) / (B · outputs)",
        "For numbers. Large errors pull harder.",
        "No 1/2, and a mean over outputs: rates from books with a sum do not fit.",
        f"{_BOOK} 6.2.1",
    ),
    "MeanAbsoluteError": Help(
        "L = mean |h − y|; ∂L/∂h = sign(h − y) / (B · outputs), 0 at 0",
        "Outliers pull no harder than others.",
        "The gradient does not shrink near the goal: with a constant rate it swings around it.",
        "Bishop 2006, section 1.5.5",
    ),
    "Huber": Help(
        "e²/2 for |e| ≤ δ, else δ (|e| − δ/2), mean; gradient e cut to ±δ, / (B · outputs)",
        "Square near the goal, straight for outliers.",
        "Below δ its gradient is half that of the MSE: rates do not carry over.",
        "Huber 1964",
    ),
    "Huber.delta": Help(
        "|∂L/∂h| ≤ δ / (B · outputs)",
        "About the size of an ordinary error.",
        "It is in units of the target: other units, another δ.",
        "Huber 1964",
    ),
    "BinaryCrossEntropy": Help(
        "L = mean −(y ln σ(z) + (1 − y) ln(1 − σ(z))); ∂L/∂z = (σ(z) − y) / (B · outputs)",
        "Each class is a yes or no of its own.",
        "Sigmoid is inside: leave the output layer linear. Nearly all answers are no, so a low"
        " loss is easy.",
        f"{_BOOK} 6.2.2",
    ),
    # Batches and lengths ------------------------------------------------------------------
    "Training.batch_size": Help(
        "g = mean over B samples, noise ∝ 1/√B; ⌈n / B⌉ steps an epoch",
        "Small: noisy gradients, many steps. Large: smooth ones, few steps.",
        "An epoch at another size is another number of updates. ‖δ‖ falls with B by itself.",
        f"{_BOOK} 8.1.3",
    ),
    "Training.epochs": Help(
        "steps = epochs · ⌈n / B⌉",
        "Until the validation loss has stopped falling.",
        "Schedules reckon with it: more epochs stretch cosine and one cycle.",
        "Bengio 2012, section 3.1.1",
    ),
    "Training.steps": Help(
        "run ends at t = min(limit, epochs · ⌈n / B⌉)",
        "For runs of the same number of updates, whatever the batch size.",
        "Schedules take this end for theirs.",
    ),
    # End ----------------------------------------------------------------------------------
    "Training.early_stopping": Help(
        "stop at the first evaluation with patience ones in a row without a new best L_val",
        "Saves time, and restrains a network as a penalty would.",
        "The validation set helps to choose now: its loss looks a little too good.",
        _STOP,
    ),
    "NoEarlyStopping": Help(
        "ends at t = min(step limit, all epochs)",
        "To watch what happens in the long run, overfitting included.",
        "The last weights need not be the best.",
        _STOP,
    ),
    "ValidationLossStopping": Help(
        "stop after patience evaluations in a row with L_val ≥ best − least gain",
        "Ends where learning new data ends.",
        "Validation loss may rest for long on a plateau and then fall again.",
        _STOP,
    ),
    "ValidationLossStopping.patience": Help(
        "stop when evaluations without a new best = patience",
        "More than a plateau lasts: 10 or more where the loss is noisy.",
        "A vanishing gradient gives a plateau from the start: it stops before anything is learned.",
        _STOP,
    ),
    "ValidationLossStopping.min_delta": Help(
        "new best: L_val < best − least gain",
        "0 counts every gain.",
        "It is a number, not a share: near the end every gain may be smaller.",
        _STOP,
    ),
    "ValidationLossStopping.restore_best": Help(
        "θ ← θ at the lowest L_val",
        "On, unless you want to look at the overfitted weights.",
        "The weights then are not those of the last step in the plots.",
        _STOP,
    ),
    # Clipping -----------------------------------------------------------------------------
    "Training.clip": Help(
        "g (data and penalties) → clipped g → optimiser",
        "Keeps one exploding gradient from ruining the weights.",
        "Cures the symptom: a clip factor below 1 all the time is a smaller rate in disguise.",
        _CLIP,
    ),
    "NoClip": Help(
        "g ← g, c = 1",
        "Shows gradients as they are.",
        "One steep place can throw the weights far away.",
        _CLIP,
    ),
    "ClipValue": Help(
        "g_i ← min(max(g_i, −limit), limit)",
        "Limits each component: simple and local.",
        "Turns the gradient: look at the clip angle.",
        f"{_BOOK} 10.11.1",
    ),
    "ClipNorm": Help(
        "g ← g · limit / max(‖g‖, limit), ‖g‖ over all parameters",
        "Shortens the step, and its direction stays.",
        "One exploding layer shortens all the others with it. An Inf or NaN is not clipped.",
        _CLIP,
    ),
    "ClipLayerNorm": Help(
        "g_k ← g_k · limit / max(‖g_k‖, limit), k each tensor of parameters",
        "An exploding layer leaves the others alone.",
        "Turns the whole gradient: look at the clip angle. Weights and biases are clipped apart.",
        "Keras, clipnorm",
    ),
    "ClipValue.limit": Help(
        "|g_i| ≤ limit",
        "Above an ordinary component: look at the distribution of gradients.",
        "Components are far smaller than the norm: 1 hardly ever acts.",
        f"{_BOOK} 10.11.1",
    ),
    "ClipNorm.limit": Help(
        "‖g‖ ≤ limit, c = min(1, limit / ‖g‖)",
        "A little above the usual gradient norm, so that only outbursts are clipped.",
        "With Adam a limit that always acts changes little: it divides by the gradient's size.",
        _CLIP,
    ),
    "ClipLayerNorm.limit": Help(
        "‖g_k‖ ≤ limit for each tensor",
        "A little above the usual norm of the largest layer.",
        "The same limit means more for large tensors than for small ones.",
        "Keras, clipnorm",
    ),
    # Penalties ----------------------------------------------------------------------------
    "Training.l1": Help(
        "L_pen = l1 Σ|W|, ∂L_pen/∂W = l1 sign W",
        "Pulls every weight to 0 at the same pace: many end near it.",
        "Steps jump over 0, so few weights are exactly 0. It also counts for clipping.",
        f"{_BOOK} 7.1.2",
    ),
    "Training.l2": Help(
        "L_pen = l2 ΣW², ∂L_pen/∂W = 2 l2 W",
        "Pulls large weights harder. Where the data gradient vanishes, it alone acts.",
        "No 1/2: PyTorch's weight_decay is 2 l2. With Adam it is rescaled like the rest.",
        f"{_BOOK} 7.1.1; Loshchilov & Hutter 2019",
    ),
    "Training.weight_decay": Help(
        "W ← (1 − η λ) W before the update, beside the gradient",
        "Shrinks all weights by the same share, with any optimiser.",
        "In no gradient and no loss: only the weights' norms show it. It falls with the schedule.",
        "Loshchilov & Hutter 2019",
    ),
    "Training.penalize_biases": Help(
        "Σ also over b",
        "Off is usual: biases are few and hardly overfit.",
        "On, it pushes ReLU units towards z = 0.",
        f"{_BOOK} 7.1",
    ),
    "Training.penalize_norms": Help(
        "Σ also over γ and β of batch and layer norm",
        "Off is usual.",
        "It pulls γ to 0, not to 1: signal and error fade in every layer.",
        "Goyal et al. 2017, section 5.1",
    ),
}
