"""Help on the kinds of data."""

from __future__ import annotations

from core.experiment.helps.entry import Help

_SKLEARN = "Pedregosa et al. 2011 (scikit-learn)"

HELP: dict[str, Help] = {
    "Experiment.data": Help(
        "",
        "Toys in the plane show the decision map; digits and Fashion-MNIST give real gradients.",
        "What holds for a toy need not hold for images: its gradients have few directions.",
    ),
    "Digits": Help(
        "64 features, 10 classes",
        "Small and real: a good first choice.",
        "Easy: over 97 % is common, so small differences in accuracy say little.",
        "Alpaydin & Kaynak 1998",
    ),
    "FashionMnist": Help(
        "784 features, 10 classes",
        "As large as MNIST, and harder.",
        "With the bundled 8,000 images networks overfit sooner than published results.",
        "Xiao, Rasul & Vollgraf 2017",
    ),
    "Mnist": Help(
        "784 features, 10 classes",
        "The classic: results can be compared with many papers.",
        "So easy that even a network with vanishing gradients in its first layers does well.",
        "LeCun, Bottou, Bengio & Haffner 1998",
    ),
    "Cifar10": Help(
        "3 · 32 · 32 = 3,072 features, 10 classes",
        "Needs convolutions; dense networks stay at about half right.",
        "Slow on a CPU: limit the samples first.",
        "Krizhevsky 2009",
    ),
    "Moons": Help(
        "(cos t, sin t) and (1 − cos t, 1/2 − sin t), t from 0 to π, plus noise",
        "The smallest problem that needs a curve.",
        "Above a noise of about 0.3 the moons overlap: no network gets all right.",
        _SKLEARN,
    ),
    "Circles": Help(
        "radius 1 and inner radius, plus noise",
        "No straight line separates them.",
        "Three ReLU units suffice: depth is not needed.",
        _SKLEARN,
    ),
    "Spirals": Help(
        "radius t, angle 2π (turns · t + arm / arms), t from 0 to 1, plus noise",
        "Hard for shallow networks: depth, and so gradients in depth, matter.",
        "A long plateau at the start is the problem's, not only a vanishing gradient.",
        "Lang & Witbrock 1988",
    ),
    "Xor": Help(
        "class 1 where x₁ and x₂ have unlike signs, over [−1, 1]²; noise comes after",
        "What one layer cannot do.",
        "Zero or constant weights sit at a symmetric point and do not leave it.",
        "Minsky & Papert 1969",
    ),
    "Blobs": Help(
        "centres on the unit circle, plus N(0, spread²)",
        "Easy: to see a run without trouble.",
        "Where clouds overlap, no network can get all right.",
    ),
    "Checkerboard": Help(
        "class = (column + row) mod 2 over [−1, 1]²; noise comes after",
        "More cells need more units.",
        "A network that guesses sits at ln 2 for long before it finds the first edge.",
    ),
    "Sine": Help(
        "y = sin(2π · frequency · x) + noise, x from −1 to 1",
        "Regression that can be drawn.",
        "High frequencies are learned last: a flat stretch is not the end.",
        "Bishop 2006, section 1.1; Rahaman et al. 2019",
    ),
    "Plane": Help(
        "y = (x₁ + x₂) / 2 + noise over [−1, 1]²",
        "A linear unit solves it: what goes wrong here is not the data.",
        "The loss cannot fall below noise².",
    ),
    "FormulaData": Help(
        "y = formula(x) + noise, x between From and To",
        "To test what a network can represent.",
        "Large values make large gradients: keep y near −1 to 1, or lower the rate.",
    ),
    "Csv": Help(
        "",
        "Tables of your own: look into the file before you train.",
        "Numbers that are codes, such as postcodes, are taken for sizes.",
        "Shafranovich 2005 (RFC 4180)",
    ),
    "Npz": Help(
        "",
        "Arrays from Python, written by numpy.savez.",
        "Arrays of Python objects are refused: they could run code.",
        "NumPy, NEP 1",
    ),
    "Idx": Help(
        "",
        "Images in the format of MNIST.",
        "Images and labels must be of the same set: only their counts are compared.",
        "LeCun, Cortes & Burges, The MNIST database",
    ),
}
