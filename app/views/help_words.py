"""What the views are, for those who see them for the first time: the first part of their help."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HelpWords:
    """A view in words.

    Attributes
    ----------
    drawn : str
        Every line, mark, band and colour, a sentence each.
    reading : str
        What to look for.
    misleads : str
        When it looks like something else than it is.
    source : str
        Where such a picture comes from.
    """

    drawn: str
    reading: str
    misleads: str
    source: str = ""


HELP_WORDS: dict[str, HelpWords] = {
    "loss": HelpWords(
        "Blue line: the training loss, averaged over the steps that share a place; the blue band"
        " reaches from the lowest to the highest of them. Dashed orange: the loss on the validation"
        " samples, a dot at its lowest. Where there are penalties, green is the data's part and"
        " grey the penalty's. “Learned nothing” is what equal chances for all classes cost."
        " Pink: the reference run, dashed its validation. Vertical lines mark changes.",
        "Below the line of guessing something was learned. The two curves parting, validation"
        " rising, is overfitting. A straight fall on the logarithmic axis is a constant rate.",
        "Validation has no penalty and no dropout and is measured once an epoch, so it may lie"
        " below training. On a logarithmic axis a small gain late looks like a large one early.",
        "Goodfellow, Bengio & Courville 2016, section 7.8",
    ),
    "accuracy": HelpWords(
        "Blue line: share of each training batch that is classified correctly, averaged over"
        " neighbouring steps; the band reaches from the worst to the best of these batches. Dashed"
        " orange: the validation samples, a dot at the best. “Guessing” is one over the number of"
        " classes. Pink: the reference run, dashed its validation. Vertical lines mark changes.",
        "What counts is the orange line, and how far it is above guessing. The gap between the"
        " two lines is what was learned by heart.",
        "If classes are not equally frequent, always naming the largest beats “guessing”. An"
        " accuracy can stand still while the loss still falls: the answers only get surer.",
        "Goodfellow, Bengio & Courville 2016, section 5.1.2",
    ),
    "heatmap": HelpWords(
        "A row is a layer, layer 1 at the bottom is nearest the input; a column is a step or, in a"
        " long run, the mean of a few. Colour is the power of ten, from dark (small) to bright"
        " (large), as the bar at the right says; drag it or press [ ] to set its ends. Exact zero,"
        " NaN and infinities have colours of their own, steps that nobody measured stay empty. The"
        " tick at the left marks the chosen layer, vertical lines mark changes.",
        "One colour from top to bottom is healthy. Of δ, darker towards the bottom is a vanishing"
        " gradient, brighter towards the bottom an exploding one.",
        "Colours adapt to the run and to the quantity: compare two pictures by their bars, or"
        " press “shared”. An even ∂L/∂W does not mean that δ arrives: a badge warns of that.",
    ),
    "saturation": HelpWords(
        "Blue line: the derivative φ′(z) of the layer’s activation; grey: φ(z) itself, scaled to"
        " fit. A dot is a unit, at the mean of its z over the batch; the line from it leads to the"
        " mean of its φ′, which is what it passes on. At the right and below are the histograms of"
        " φ′(z) and of z over all samples and units. “Over time”, and below where there is room:"
        " mean φ′ as a share of its largest value, and the share of saturated values, a row a"
        " layer and a column a step.",
        "Units on the hump of φ′ pass errors on, units on its flat ends do not. For a sigmoid the"
        " tinted zones are |z| > 3. Over time, a row whose mean turns dark has stopped passing.",
        "A dot shows a mean: a unit whose z swings between both ends sits in the middle, and only"
        " its line and the histograms tell. Even on top of its hump a sigmoid passes on only ¼."
        " Of ReLU half the values are off, and that is normal.",
        "Glorot & Bengio 2010",
    ),
    "ridgelines": HelpWords(
        "Each ridge is a distribution over one batch: of each layer, layer 1 at the bottom, in"
        " the colour of its depth, or with “time” of the chosen layer, the oldest snapshot at the"
        " back. The chosen one is outlined. With “log” the axis holds magnitudes in decades; exact"
        " zeros and NaN or infinities have no place there and stand as shares at the right. Dashed"
        " outlines are the reference run.",
        "Ridges of z that widen with depth, or pile up at the ends of h, saturate. Ridges of δ that"
        " wander left from layer to layer show a vanishing gradient, each step being a factor.",
        "Each ridge is as high as its own peak, so heights do not compare; “=” draws densities on"
        " one scale. Of more than 32 layers only some are drawn. Magnitudes hide the sign.",
    ),
    "profile": HelpWords(
        "A dot a layer, layer 1 at the left, joined by the blue line, on a logarithmic axis. Dashed"
        " grey is step 0, solid grey the last step before the latest change, dashed pink the"
        " pinned reference run at the same step or at its last. Dashed green, “theory √χ” (of h:"
        " “theory”): what mean field theory expects of weights as they were drawn. Dashed"
        " orange, “∏ sup φ′”: the same if every φ′ were at its largest and weights changed"
        " nothing. “h ⇄ δ” shows the activations (orange) and δ (blue) together. At the edges a"
        " ring is exactly 0, a cross NaN, a triangle infinite.",
        "A level line is healthy. A straight slope is a constant factor a layer: of δ, falling to"
        " the left is vanishing, rising to the left exploding. Near the green line, the slope is"
        " due to how the network was drawn, not to training.",
        "Norms grow with the width of a layer, so layers of different width are not on one"
        " footing. Theory holds for wide layers of fresh weights: while training goes on the lines"
        " may part without any fault. ∏ sup φ′ is no bound where the weights amplify.",
        "Poole et al. 2016; Schoenholz et al. 2017; Nielsen 2015, chapter 5",
    ),
    "layers": HelpWords(
        "A line a layer over the steps of the run, its colour the depth of the layer: dark is near"
        " the input, in the dark theme violet to yellow. The chosen layer is drawn in the colour"
        " of print with a band from its lowest to its highest step. Dashed grey: the first, the"
        " last and the chosen layer of the reference run. Thin stripes at the foot: here some layer"
        " was exactly 0 (grey), NaN or infinite.",
        "Lines that stay together are healthy. A fan that opens with depth is a factor a layer;"
        " lines that cross mark when training changes the order.",
        "Lines are means of neighbouring steps, so short spikes only show in the band of the chosen"
        " layer. Of more than 32 layers not all are drawn. Axes of shares and means are linear,"
        " those of norms logarithmic.",
    ),
    "ledger": HelpWords(
        "A waterfall in decades, read from the right: at 0 the error signal leaves the loss, and"
        " each layer on the way to the input adds its bars. Blue: what the weights Wᵀ above it did"
        " to |δ|. Orange: what its φ′ did. Grey, only where there is any: normalisation, dropout,"
        " pooling and ways around. Each bar begins where the one before ended; the thin line leads"
        " on to the next layer. Bars nearer the input than the chosen layer are pale.",
        "A bar of −1 divides the signal by ten, +0.3 doubles it. The height at a layer is"
        " log₁₀ of |δ| there over |δ| at the output. Long orange bars all down: the activation"
        " makes the gradient vanish. Blue bars all up: the weights make it explode.",
        "It is one batch, and what was done to this one signal: other errors may fare otherwise."
        " Blue also counts the width: into a wider layer |Wᵀδ| grows by itself. Two long bars that"
        " cancel are as healthy as two short ones, though less robust.",
        "Nielsen 2015, chapter 5; the split of log |δ| into parts: this laboratory",
    ),
    "histograms": HelpWords(
        "Four histograms of the chosen layer, in one batch: z, the sums that go into the"
        " activation; φ′(z), what it lets through; δ, the error signal; ∂L/∂W, the gradient of its"
        " weights. Bars are shares of the tallest; exact zeros, NaN and infinities are counted in"
        " words.",
        "z far from 0 and φ′ piled up at 0: saturated. δ and ∂L/∂W should be centred, in layers of"
        " like shape of like width: the scale below them tells, not the shape.",
        "Each histogram has its own axis, which follows the data: a vanished δ looks as well shaped"
        " as a healthy one. A single tall bar hides the rest, which may be most of the values.",
        "Glorot & Bengio 2010, figures 6 and 7",
    ),
    "cascade": HelpWords(
        "A panel for the first, the middle and the last hidden layer, and for the chosen one: what"
        " the layer passes on, h, over the run. “%”: white or black line the median, dark band half"
        " of the values (25 to 75 %), pale band nearly all (2 to 98 %), of each snapshot."
        " “mean ± std”: the mean and one standard deviation, of each step. Dotted lines are the"
        " values that a bounded activation cannot leave.",
        "A band that sticks to a dotted line: that layer is saturated. Watch which layer goes"
        " first; with sigmoids it is often the one next to the output.",
        "Values of all units and samples are thrown together: half of the units at either end look"
        " like a wide band. Percentiles are accurate to a bin of a histogram, and a standard"
        " deviation may reach beyond what h can be.",
        "Glorot & Bengio 2010, figures 2 and 3",
    ),
    "spread": HelpWords(
        "A panel for the first layer, one for the last and one for the chosen layer between. Line:"
        " the mean of all elements of ∂L/∂W. Dark band: one standard deviation to either side."
        " Pale band: the largest deviation among steps that share a place. Dashed: one deviation"
        " around the mean of the reference run. The words tell the spread beside the last layer’s.",
        "With “same” all panels share a scale: a first layer without a visible band gets nothing"
        " beside the last. With “own” the shape shows. A mean far from 0, beside the spread, pushes"
        " all weights one way.",
        "A spread is that of single weights: a large layer with a small spread may still have a"
        " large gradient norm. On its own scale a vanished gradient looks like a healthy one.",
    ),
    "updates": HelpWords(
        "Above: ‖ΔW‖/‖W‖, a line a layer in the colour of its depth, the chosen one in the colour"
        " of print; the green band is around 10⁻³, thin lines show where other tools warn. Below:"
        " the norm of the gradient raw (orange) and after clipping (blue), and of the update that"
        " the optimiser applied (green), of the chosen layer or of the network; the orange area is"
        " what clipping took. Where clipping can turn the gradient, its angle is drawn as well. In"
        " a small view the buttons choose one of these parts.",
        "Lines inside the band learn at a usual pace, below it they stand still, above 0.1 they"
        " jump. Orange area: steps that were clipped. Green far from blue is the optimiser’s and"
        " the rate’s doing.",
        "10⁻³ is a rule of thumb, and a schedule lowers the ratio on purpose. Gradient and update"
        " have different units: only how they change compares. Momentum and weight decay move"
        " weights without a gradient.",
        "Karpathy, CS231n course notes; Pascanu, Mikolov & Bengio 2013",
    ),
    "race": HelpWords(
        "A line a layer, its colour the depth: how far its weights are from where they were drawn,"
        " as a share of their norm then. The chosen layer is in the colour of print with a band"
        " from its lowest to its highest step; dashed grey is the reference run. In a wide view"
        " bars show the field at the step that is looked at, layer 1 at the bottom.",
        "The runner that stays behind does not learn; with a vanishing gradient it is the layers"
        " near the input. Parallel lines on the logarithmic axis: a constant ratio of speeds.",
        "Far is not learned: noise moves weights too, and Adam moves all of them at about one"
        " pace. The start is the last draw of the layer, so one drawn again begins at 0.",
        "Raghu et al. 2017 ask the same by other means; the distance: Schneider et al. 2021",
    ),
    "units": HelpWords(
        "Above: a row a unit of the chosen layer, a column a sample of the batch; colour is h, what"
        " the unit passes on, or φ′, what it lets through backward. Red at the left edge: φ′ is 0"
        " for the whole batch. Red line: how many units are dead, in a band over neighbouring"
        " steps. Births: a unit is active for the first time, after at least an epoch of silence."
        " Deaths: one that was active has been silent for a whole epoch. Revived: a dead one is"
        " active again. A tick as high as its lane stands for ten or more.",
        "A row of one colour says the same to every sample. Rows without any light are silent; if"
        " the red line rises after a change of rate, the change killed them.",
        "One batch: silent here is not yet dead. Of large layers only every so many units have a"
        " row; of a convolution a row is the mean over a channel’s pixels. Where not every step is"
        " measured, events stand at the step at which they were seen.",
        "Maas, Hannun & Ng 2013",
    ),
    "weights": HelpWords(
        "A tile is a unit of the first layer: its weights to each pixel of the input. Blue is"
        " negative, white or pale 0, red positive, as the bar says; weights to a colour image are"
        " drawn as colours, grey being 0. A red cross: the unit is silent in this batch.",
        "A unit answers to images that look like its tile. Strokes and edges were learned; even"
        " noise is what was drawn at the start. With “own” faint tiles show their shape.",
        "With “own” a unit that hardly learned looks as strong as any other. Pixels that are"
        " always 0 keep the noise of the start, since nothing ever pulls at them. Deeper layers"
        " cannot be read in this way.",
        "Zeiler & Fergus 2014",
    ),
    "decision": HelpWords(
        "All inputs that the network could get, in the units in which it gets them. Colour is the"
        " class it names, deeper where it is surer; the line is where the answer changes. Symbols"
        " are samples in the colour of their true class, ringed where it is wrong. Stripes: the"
        " output is not finite. For numbers instead of classes colour is the output and discs are"
        " targets; with one feature lines are the outputs and dots the targets.",
        "A border that follows the gap between the classes is what you want. Straight borders: the"
        " network is still nearly linear. Islands around single samples: it learns by heart.",
        "Far from all samples it is as sure as near them, and means nothing there. The samples are"
        " those of validation if there are any. The map is a grid: what is finer than a cell is"
        " not seen.",
    ),
    "predictions": HelpWords(
        "Rows are true classes, columns what the network says; the number in a cell counts samples."
        " Blue cells on the diagonal are right, red ones wrong, stronger the larger their share of"
        " the row; beside each row stands the share that is right. Pictures: samples with the"
        " answer, green if right, red with ✕ and the truth if wrong; the bar is how sure it is."
        " For numbers: predicted over target, the dashed line is perfect.",
        "Off the diagonal, look for pairs that are taken for each other. A full column means that"
        " one answer is given to everything, as by a network that has learned nothing.",
        "Always the same samples, at most 512, of validation if there are any: the share right"
        " differs a little from the validation accuracy. Sure is not right: the number is the"
        " softmax’s, which is often too sure.",
        "Guo, Pleiss, Sun & Weinberger 2017, for how sure",
    ),
    "strip": HelpWords(
        "A column is a layer, input at the left, loss at the right; its cells are units, several a"
        " cell where there are many. The upper river is the forward signal |h|, the lower one the"
        " error signal |δ| on its way back: wider and fuller is stronger, on a logarithmic scale."
        " The numbers are norms or their log₁₀. Arcs are ways around a layer. The chips play the"
        " step in stages; at Update green bars show |ΔW|/|W|, the dashed line is 10⁻³.",
        "A river that narrows to a thread is a signal that dies out, one that swells explodes."
        " The sentence below says by how much.",
        "Widths are logarithmic: half as wide is far less than half, and the scale follows the run."
        " Cells are of the nearest snapshot, the rivers of the step itself. In stages everything"
        " is one step; in the computer the parts follow each other within milliseconds.",
        "Rumelhart, Hinton & Williams 1986",
    ),
}
"""By the key of the view."""

__all__ = ["HELP_WORDS", "HelpWords"]
