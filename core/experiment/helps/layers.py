"""Help on layers, normalisation and the penalties of a layer."""

from __future__ import annotations

from core.experiment.helps.entry import Help

_CONV = "Dumoulin & Visin 2016"
_POOL = "Goodfellow, Bengio & Courville 2016, section 9.3"
_BN = "Ioffe & Szegedy 2015"
_LN = "Ba, Kiros & Hinton 2016"
_WEIGHTS = "Dense Conv"

HELP: dict[str, Help] = {
    # Kinds and their sizes ----------------------------------------------------------------
    "Dense": Help(
        "z = W h + b, h = φ(z); backward: Wᵀ δ to the layer below, ∂L/∂W = δ hᵀ",
        "Every unit sees every input: the layer in which gradients are studied most.",
        "On images it forgets which pixels are neighbours, and has very many weights.",
        "Goodfellow, Bengio & Courville 2016, section 6.4",
    ),
    "Conv": Help(
        "z_c = b_c + Σ W_c · patch, at each position of the image",
        "The gradient of a filter is the sum over all positions: larger than a dense layer's.",
        "fan_in is channels · kernel², not the size of the image.",
        "Goodfellow, Bengio & Courville 2016, section 9.1",
    ),
    "MaxPool": Help(
        "h = max over the patch; backward: all of δ to the largest pixel",
        "Keeps the strongest answer; errors reach one pixel a patch only.",
        "Its gradients are sparse: most pixels get exactly 0.",
        _POOL,
    ),
    "AvgPool": Help(
        "h = mean over the patch; backward: δ / size² to each pixel",
        "Spreads the error evenly over the patch.",
        "Every error is divided by size²: a smaller gradient, though nothing saturates.",
        _POOL,
    ),
    "GlobalPool": Help(
        "h_c = mean or max over all positions of channel c",
        "Before the output it saves most of the weights.",
        "All knowledge of where is lost.",
        "Lin, Chen & Yan 2014",
    ),
    "Flatten": Help(
        "h = all pixels of all channels in one row",
        "Only changes the shape: the gradient passes as it is.",
        "Dense layers do it by themselves: a flatten before them changes nothing.",
    ),
    "Dense Conv MaxPool AvgPool GlobalPool Flatten.repeat": Help(
        "n layers with these settings, each with weights of its own",
        "Depth is what makes gradients vanish or explode: a factor a layer, to the power of n.",
        "They share their settings, not their weights.",
        "Bengio, Simard & Frasconi 1994",
    ),
    "Dense.units": Help(
        "W has units × fan_in elements",
        "Wider layers follow theory better: means over many units vary less.",
        "Norms grow with √units: compare layers of unlike width by spread, not by norm.",
        "Bengio 2012, section 3.2",
    ),
    "Conv.channels": Help(
        "W has channels × inputs × kernel² elements",
        "More filters find more patterns; often doubled where the image is halved.",
        "Work grows with the product of channels before and after.",
        "Simonyan & Zisserman 2015",
    ),
    "Conv.kernel": Help(
        "fan_in = inputs · kernel²",
        "3 is usual: two of 3 see as much as one of 5, with fewer weights.",
        "An even kernel has no middle: with padding the image moves by half a pixel.",
        "Simonyan & Zisserman 2015",
    ),
    "Conv.stride": Help(
        "size after = ⌊(size + padding − kernel) / stride⌋ + 1",
        "2 halves the image, in place of a pool.",
        "A stride above the kernel leaves pixels out: no gradient ever comes from them.",
        _CONV,
    ),
    "Conv.padding": Help(
        "same: kernel − 1 zeros in all along each side; valid: none",
        "same keeps the size at stride 1, so that residual sums fit.",
        "The zeros make the border darker than it is: activations there are smaller.",
        _CONV,
    ),
    "MaxPool AvgPool.size": Help(
        "h from size × size pixels",
        "2 is usual.",
        "What is left over at the right and lower border is cut off.",
        _CONV,
    ),
    "MaxPool AvgPool.stride": Help(
        "size after = ⌊(size before − size) / stride⌋ + 1",
        "As large as the patch, so that patches touch without overlap.",
        "Below the patch size patches overlap, and a pixel gets errors from several.",
        _CONV,
    ),
    "GlobalPool.how": Help(
        "average: δ / (height · width) to each pixel; max: δ to one pixel",
        "Average is usual, and gives every position a share of the error.",
        "Average over a large image makes the error of each pixel very small.",
        "Lin, Chen & Yan 2014",
    ),
    # What a layer does besides ------------------------------------------------------------
    f"{_WEIGHTS}.batch_norm": Help(
        "y = γ (x − mean_B) / √(var_B + ε) + β",
        "Holds the scale of z whatever W is: deep sigmoid networks become trainable.",
        "Needs large batches: at a few samples its means are noise, and validation differs.",
        _BN,
    ),
    f"{_WEIGHTS}.layer_norm": Help(
        "y = γ (x − mean_layer) / √(var_layer + ε) + β, for each sample",
        "As batch norm, but independent of the batch: training and validation do the same.",
        "Over few units it throws away much of what a sample is.",
        _LN,
    ),
    f"{_WEIGHTS}.dropout": Help(
        "h ← h m / (1 − p), m = 0 with probability p, else 1; after norms, before the residual sum",
        "Units cannot rely on each other. 0.2 to 0.5 against overfitting.",
        "Training loss and accuracy look worse than validation's, which runs without it.",
        "Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014",
    ),
    f"{_WEIGHTS}.drop_weights": Help(
        "W ← W m / (1 − p), m = 0 with probability p, else 1; one draw a step for the whole batch",
        "Dropout of single weights: finer noise, in z and not in h.",
        "All samples of a batch share the mask, so the noise does not average out within it.",
        "Wan, Zeiler, Zhang, LeCun & Fergus 2013",
    ),
    f"{_WEIGHTS}.residual": Help(
        "h ← h + x; backward: δ reaches x once through the layer and once unchanged",
        "Gives the error a way around the layer: the cure of vanishing gradients in depth.",
        "Signals add up: without a norm the variance of h grows from layer to layer.",
        "He, Zhang, Ren & Sun 2016",
    ),
    "Dense Conv Output.penalty": Help(
        "l1, l2 and weight decay of this layer's W",
        "To shrink one layer more, or less, than the rest.",
        "Its own numbers replace the network's and are not added to them.",
        "Goodfellow, Bengio & Courville 2016, section 7.1",
    ),
    "AsNetwork": Help(
        "l1, l2, λ of the training settings",
        "Every layer is shrunk by the same numbers.",
        "The same number weighs more on a layer whose data gradient is small.",
        "Goodfellow, Bengio & Courville 2016, section 7.1",
    ),
    "OwnPenalty": Help(
        "L_pen has l1 Σ|W| + l2 ΣW² with this layer's l1, l2",
        "Zeros here leave the layer unpenalised.",
        "Changes of the network's numbers no longer reach this layer.",
        "Goodfellow, Bengio & Courville 2016, section 7.1",
    ),
    # Normalisation ------------------------------------------------------------------------
    "NetworkSpec.input_norm": Help(
        "y = γ (x − mean) / √(var + ε) + β, before the first layer",
        "For data that are not standardised.",
        "On standardised data batch norm does the same again, only with noise.",
        "LeCun, Bottou, Orr & Müller 1998, section 4.3",
    ),
    "NoNorm": Help(
        "y = x",
        "Shows what weights and activation do to the gradient by themselves.",
        "Deep networks then depend on the initialiser.",
        "Ioffe & Szegedy 2015",
    ),
    "BatchNormBefore": Help(
        "z ← γ (z − mean_B) / √(var_B + ε) + β, then φ; mean and variance of each unit or channel",
        "The activation gets arguments of spread 1: sigmoids leave their flat part.",
        "The layer's bias has no effect any more; β does its work.",
        _BN,
    ),
    "BatchNormAfter": Help(
        "h ← γ (φ(z) − mean_B) / √(var_B + ε) + β; mean and variance of each unit or channel",
        "The next layer gets centred inputs.",
        "z itself may still saturate. Units that are nearly always shut are blown up.",
        _BN,
    ),
    "LayerNormBefore": Help(
        "z ← γ (z − mean) / √(var + ε) + β, then φ; mean and variance of each sample",
        "Holds the scale of z for each sample.",
        "γ and β may undo it.",
        _LN,
    ),
    "LayerNormAfter": Help(
        "h ← γ (φ(z) − mean) / √(var + ε) + β; mean and variance of each sample",
        "The next layer gets inputs of the same length for each sample.",
        "It does not keep z itself from saturating.",
        _LN,
    ),
    "InputBatchNorm": Help(
        "x ← γ (x − mean_B) / √(var_B + ε) + β for each feature or channel",
        "Learns scale and shift of the inputs.",
        "Depends on who else is in the batch.",
        _BN,
    ),
    "InputLayerNorm": Help(
        "x ← γ (x − mean) / √(var + ε) + β over the features of a sample",
        "Takes brightness and contrast out of images.",
        "With features of unlike units the largest one rules. With two features little is left.",
        _LN,
    ),
    "BatchStatistics.epsilon": Help(
        "x / √(var + ε)",
        "Keeps units that hardly vary from being blown up.",
        "Above the unit's variance it, not the data, sets the scale.",
        _BN,
    ),
    "SampleStatistics.epsilon": Help(
        "x / √(var + ε)",
        "Keeps samples that hardly vary from being blown up.",
        "Above the sample's variance it, not the data, sets the scale.",
        _LN,
    ),
    "BatchStatistics.momentum": Help(
        "running ← (1 − momentum) running + momentum · batch",
        "Only validation uses the running values: smaller is smoother and slower.",
        "Too small in a short run: validation uses old statistics and looks bad though all is"
        " well.",
        _BN,
    ),
    # Penalties of a layer -----------------------------------------------------------------
    "OwnPenalty.l1": Help(
        "L_pen = l1 Σ|W|, ∂L_pen/∂W = l1 sign W",
        "Pulls every weight of this layer to 0 at the same pace.",
        "With Adam the pull is divided by the gradient's size, as the data's is.",
        "Goodfellow, Bengio & Courville 2016, section 7.1.2",
    ),
    "OwnPenalty.l2": Help(
        "L_pen = l2 ΣW², ∂L_pen/∂W = 2 l2 W",
        "Pulls large weights of this layer harder than small ones.",
        "There is no 1/2 here: PyTorch's weight_decay in SGD is 2 l2.",
        "Goodfellow, Bengio & Courville 2016, section 7.1.1",
    ),
    "OwnPenalty.weight_decay": Help(
        "W ← (1 − η λ) W before the update, beside the gradient",
        "Shrinks this layer by the same share, whatever its gradient is.",
        "Falls with the schedule, since η stands in it. AdamW's own does not come on top.",
        "Loshchilov & Hutter 2019",
    ),
}
