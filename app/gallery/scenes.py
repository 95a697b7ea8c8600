"""What is in the gallery: which run each view is shown with, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scene:
    """A view of a run.

    Attributes
    ----------
    view, run : str
        Keys of :data:`app.views.VIEWS` and :data:`app.gallery.runs.RUNS`.
    question : str
        That the view answers.
    reading : str
        How it is read.
    seen : str
        What this picture shows; written after looking at it.
    layer : int
        Selected, 1 is nearest the input.
    at : int, optional
        Recorded step that is looked back at; the newest otherwise.
    reference : str
        Key of the run that is pinned, if one is.
    choices : tuple of str
        Made in the view's header.
    name : str
        Of the file; the view's key if empty.
    size : (int, int)
        Logical pixels.
    """

    view: str
    run: str
    question: str = ""
    reading: str = ""
    seen: str = ""
    layer: int = 10
    at: int | None = None
    reference: str = ""
    choices: tuple[str, ...] = ()
    name: str = ""
    size: tuple[int, int] = (640, 400)

    @property
    def file(self) -> str:
        """Name of the file, without theme and suffix."""
        return self.name or self.view


SCENES = (
    Scene(
        "loss",
        "swap",
        "Is anything being learned, and does it carry over to data never trained on?",
        "Blue is the training loss of each batch, the line its mean and the band every value;"
        " dashed orange is the validation loss, its best point ringed. The dotted line is what"
        " guessing all ten classes alike costs.",
        "For 800 steps twenty sigmoid layers sit on that line. Then the layers become ReLU, drawn"
        " by He, and the loss falls at once; from step 1 332 on the validation loss rises while"
        " the training loss goes on falling: overfitting. Pink is a pinned run that was ReLU from"
        " the start.",
        reference="relu",
    ),
    Scene(
        "accuracy",
        "swap",
        "How many samples are classified correctly?",
        "Steps of the band are the lowest and highest share of 16 neighbouring batches, the blue"
        " line is their mean; dashed is validation. The level of guessing is marked.",
        "10 % until the switch, as by guessing; within 200 steps of it beyond 60 %, in the end"
        " 99.6 % of the training batches and 94 % of the samples kept for validation.",
        reference="relu",
    ),
    Scene(
        "heatmap",
        "swap",
        "How large is the gradient in every layer, at every step of the run?",
        "A row is a layer, layer 1 at the bottom is nearest the input; a column is a step; colour"
        " is the order of magnitude of the error signal. A healthy network has one colour from top"
        " to bottom.",
        "Left of the line thirteen orders of magnitude lie between output and input: a vanishing"
        " gradient. At step 800 the layers become ReLU with He initialisation, and the rows are"
        " nearly of one colour.",
    ),
    Scene(
        "saturation",
        "sigm",
        "Where on its curve does each unit of a layer sit, and how much gradient passes there?",
        "Dots are the units of the chosen layer on the derivative φ′ at their mean z; shaded is"
        " where the texts call a sigmoid saturated. Below and at the right the same units as"
        " distributions of z and of φ′.",
        "None of the 64 units is saturated, and yet this is the network whose gradient vanishes:"
        " the best that a sigmoid can do is to pass on a quarter, the dashed line at the top, and"
        " twenty quarters in a row are less than one in 10¹².",
    ),
    Scene(
        "saturation",
        "dead",
        "The same over time: which layers stop passing the gradient on, and when?",
        "Above the mean slope of each layer as a share of the steepest, below the share of values"
        " whose slope is nearly 0; layers from the input upwards, steps to the right.",
        "A ReLU network is fine with half of its values switched off. At step 400 the learning"
        " rate is raised from 0.02 to 0.5, and within 200 steps the upper layers are almost"
        " completely off. The top row is the linear output layer, which cannot saturate.",
        choices=("run",),
        name="saturation-run",
    ),
    Scene(
        "ridgelines",
        "sigm",
        "How are the values of every layer distributed, and how do the layers compare?",
        "A ridge is the distribution of the error signal in a layer, on a logarithmic axis, each"
        " to its own height; the chosen layer is outlined. Other quantities, and one layer over"
        " time, are a click away.",
        "The ridges keep their shape and move to the left by more than half a decade for each"
        " layer on the way to the input. The output layer has two peaks: the right class and the"
        " nine wrong ones.",
        size=(640, 560),
    ),
    Scene(
        "profile",
        "sigm",
        "How fast does the gradient grow or shrink from layer to layer?",
        "One point a layer, input at the left, on a logarithmic axis: a straight line is a"
        " constant factor. Dashed are the start of the run, the bound Π sup φ′, what mean-field"
        " theory expects, and a pinned run.",
        "The error signal falls from 0.2 to 10⁻¹⁴ on a straight line, hardly steeper than theory"
        " expects of fresh weights and below the bound of ¼ a layer. The pinned ReLU run with He"
        " initialisation is nearly level, and rises a little towards the input.",
        reference="relu",
    ),
    Scene(
        "layers",
        "swap",
        "How does a quantity develop in each layer?",
        "A line a layer, from violet at the input to yellow at the output; the chosen layer also"
        " shows its smallest and largest values. The quantity is chosen in the header, here the"
        " norm of the weight gradient.",
        "Before the switch the lines are evenly spaced over twelve decades, which is a constant"
        " factor a layer; after it they lie on top of each other around 1.",
    ),
    Scene(
        "ledger",
        "sigm",
        "Who takes the gradient away: the weights or the activation?",
        "From right to left, every layer's step in decades: blue what the weights do, orange what"
        " the derivative of the activation does. Each bar begins where the one before ended; down"
        " to the chosen layer they are in full colour.",
        "Of the 7.36 decades that are lost on the way to layer 10, the sigmoids take 7.34 and the"
        " weights 0.02: Glorot keeps its promise, the activation does not.",
    ),
    Scene(
        "histograms",
        "sigm",
        "What do the numbers of one layer look like?",
        "Four distributions of the chosen layer: sums z, slopes φ′(z), error signal δ and weight"
        " gradient. Bars are shares of the tallest; exact zeros are told apart.",
        "The slopes crowd below ¼, the most there is; δ and the gradient are centred and well"
        " shaped, but of the order of 10⁻¹⁰.",
    ),
    Scene(
        "cascade",
        "sigm",
        "Do the layers saturate one after the other as training goes on?",
        "The activations of some layers over time: the median as a line, half of the values in the"
        " dark band, nearly all in the light one. This is the figure of Glorot & Bengio (2010).",
        "With sigmoids initialised by Glorot it is the layer next to the output that goes first:"
        " layer 20 sinks from ½ to about 0.1 within 600 steps, where its slopes are small, too."
        " Layers 10 and 1 stay where they were drawn, for nothing reaches them.",
    ),
    Scene(
        "spread",
        "swap",
        "Are the gradients of a layer alike or scattered, and around what?",
        "For the first, the chosen and the last layer the mean of the weight gradient, and around"
        " it one standard deviation. All are drawn on the same scale, or each on its own.",
        "On one scale layers 1 and 10 are flat until step 800. Afterwards all three are alive, with"
        " bursts, some of which are seen in several layers at once.",
    ),
    Scene(
        "updates",
        "swap",
        "How large are the steps that the optimiser takes, compared with the weights?",
        "The ratio of update to weights, a line a layer. About one in a thousand is held to be"
        " healthy; dashed are levels at which others warn. The bar at the bottom is where some"
        " layers had exactly 0.",
        "Until step 800 one or two layers at the top are in the healthy band and the lowest move"
        " by less than 10⁻¹³ of themselves, or not at all. After the switch 20 of 21 layers are"
        " in the band.",
    ),
    Scene(
        "race",
        "sigm",
        "How far has each layer come from where it was drawn?",
        "At the left the distance of each layer's weights from their start, relative to their"
        " size, over time; at the right the same now, as bars. Exactly 0 is said in words: it is"
        " no small number.",
        "The upper layers have moved by a tenth or more. Layers 1 to 6 have not moved by a single"
        " bit in 600 steps: their updates are lost in the rounding of float32.",
    ),
    Scene(
        "units",
        "dead",
        "Which units of a layer work, and which are dead?",
        "Above every unit of the chosen layer by the samples of a batch, grey is exactly 0, and a"
        " red mark is a unit that is silent throughout. Below dead units over time, with births,"
        " deaths and resurrections.",
        "After the learning rate is raised to 0.5 at step 400, units of layer 16 die in waves."
        " Some come back, but from about step 650 on 49 of 64 are dead; the few that still answer"
        " do so to a handful of samples, or to all alike.",
        layer=16,
    ),
    Scene(
        "weights",
        "fash",
        "What does the first layer look for?",
        "A tile is a unit: its weights to the pixels of the picture, blue negative, red positive,"
        " white 0, on a scale for all units.",
        "The weights were drawn with a standard deviation of 0.001 only, so that what is seen has"
        " been learned: broad patches in the middle, where the clothes are, and specks at the"
        " edges, where few pixels are ever lit.",
        layer=1,
    ),
    Scene(
        "decision",
        "moon",
        "Where in the plane does the network draw the line?",
        "The plane of two features, in the colour of the predicted class, deeper where it is"
        " surer; the line is where the two are equally likely. Symbols are samples, wrong"
        " ones ringed.",
        "Two layers of eight tanh units have bent the line around both moons: 199 of 200 samples"
        " are right. The one that is ringed lies among those of the other class.",
        layer=2,
    ),
    Scene(
        "predictions",
        "fash",
        "What is mistaken for what?",
        "The confusion matrix: true classes by rows, predicted ones by columns, mistakes in red;"
        " recall at the right. Beside it samples with what is said of them and how surely.",
        "85 % are right. Shirts are worst, at 52 %: they are taken for T-shirts, pullovers and"
        " coats. The first picture is such a shirt, called a T-shirt with 78 %.",
        layer=1,
    ),
    Scene(
        "strip",
        "sigm",
        "What happens in the whole network within one step?",
        "Signals run from left to right, the error from right to left; the width of the band is"
        " the size on a logarithmic scale, and the numbers say it. The buttons walk through the"
        " parts of a step.",
        "Forward the signal keeps its size in every layer. Backward the band narrows to a hair:"
        " from 0.17 at the loss to 1.3·10⁻¹⁴ at layer 1.",
        size=(960, 300),
    ),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is not of a single view: its file, without theme and suffix, and words."""

    file: str
    title: str
    words: str


WINDOWS = (
    Picture(
        "window-start",
        "Start",
        "Ready experiments, each with the profile of its gradient as a sketch; one click runs one.",
    ),
    Picture(
        "window-overview",
        "Workspace Overview",
        "A bit of everything. The experiment is at the left, the timeline of the whole run below;"
        " further views are behind the tabs.",
    ),
    Picture(
        "window-saturation",
        "Workspace Saturation",
        "Where activations stop passing the gradient on, layer by layer and unit by unit.",
    ),
    Picture(
        "window-flow",
        "Workspace Flow",
        "How the gradient travels through the layers, and what the optimiser makes of it.",
    ),
    Picture(
        "window-compare",
        "Workspace Compare",
        "This run over the pinned one, each picture with both.",
    ),
    Picture("window-presenter", "Workspace Presenter", "Little, and large."),
    Picture(
        "presenter-1",
        "Presenting, first page",
        "F11 fills the screen, writes everything half as large again, and leaves out the panel;"
        " Page down leafs on.",
    ),
    Picture("presenter-2", "Presenting, second page", "Loss and accuracy, side by side."),
)
TOOLS = (
    Picture(
        "palette",
        "Search commands",
        "Ctrl+K, and a few letters of anything: commands, layers, views, experiments.",
    ),
    Picture("shortcuts", "Keyboard shortcuts", "All of them, under the key `?`."),
    Picture(
        "tool-explorer",
        "Activation explorer",
        "An activation above its derivative, with the places where it saturates; here the sigmoid,"
        " whose derivative is never more than ¼.",
    ),
    Picture(
        "tool-initialiser",
        "Initialiser inspector",
        "What an initialiser promises and what it draws, compared with another: the weights, their"
        " singular values, and what becomes of signal and gradient over the layers. Of 21 sigmoid"
        " layers neither Glorot nor He can save the gradient.",
    ),
    Picture(
        "tool-clipping",
        "Clip geometry",
        "What clipping does to a gradient of two components, and how often it does so in the run."
        " By norm, (0.9, 100) keeps its direction; by value it would be turned by 41°.",
    ),
    Picture(
        "tool-summary",
        "Model summary",
        "Output shapes and parameters of every layer, now and after every edit.",
    ),
)
