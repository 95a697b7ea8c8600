"""Help on the settings of data: how samples are chosen, prepared and drawn."""

from __future__ import annotations

from core.experiment.helps.entry import Help

_BOOK = "Goodfellow, Bengio & Courville 2016, section"

HELP: dict[str, Help] = {
    # Of all data --------------------------------------------------------------------------
    "DataPart.validation": Help(
        "n_val = round(share · n) of each class, never trained on",
        "0.2 is usual; 0 trains on all and shows no validation loss.",
        "Few samples make its loss jump: with 100, accuracy moves in steps of 1 %.",
        f"{_BOOK} 5.3",
    ),
    "DataPart.standardize": Help(
        "x ← (x − mean) / std for each feature, of the training part",
        "Initialisers reckon with inputs of mean 0 and variance 1.",
        "Pixels that hardly ever vary are blown up. Constant features become 0.",
        "LeCun, Bottou, Orr & Müller 1998, section 4.3",
    ),
    "DataPart.scale": Help(
        "x ← (x − centre) / half width",
        "For images: all pixels keep their relation to one another.",
        "Standardising comes after it and undoes the range.",
        "LeCun, Bottou, Orr & Müller 1998, section 4.3",
    ),
    "DataPart.pca": Help(
        "x ← Vᵀ (x − mean), fewest components with Σ variance ≥ share",
        "Decorrelates, and leaves out directions that hardly vary.",
        "Small variance is not unimportant. Images are rows of numbers after it: no convolution.",
        f"{_BOOK} 5.8.1",
    ),
    "DataPart.classes": Help(
        "",
        "Two or three classes make a run fast and pictures simple.",
        "Guessing is 1 / classes: accuracies of different subsets cannot be compared.",
    ),
    "DataPart.limit": Help(
        "",
        "Fewer samples: faster epochs, and overfitting to watch.",
        "Fewer steps an epoch too: schedules by epochs fall sooner.",
    ),
    "DataPart.label_noise": Help(
        "round(share · n) training labels are replaced by another class",
        "Shows when a network begins to learn mistakes by heart.",
        "Training accuracy above 1 − share is memory, not skill.",
        f"{_BOOK} 7.5.1",
    ),
    "DataPart.random_labels": Help(
        "y drawn evenly from all classes, whatever x is",
        "What is learned is learned by heart: shows what the network could memorise.",
        "The training loss still falls; only validation, at 1 / classes, gives it away.",
        "Zhang, Bengio, Hardt, Recht & Vinyals 2017",
    ),
    # Toys ---------------------------------------------------------------------------------
    "Toy.samples": Help(
        "n points in all, validation included",
        "1,000 fill the plane; fewer make overfitting visible.",
        "More samples at the same batch size are more steps an epoch.",
    ),
    "Noisy.noise": Help(
        "x ← x + N(0, noise²) on both coordinates",
        "Makes the border between classes fuzzy.",
        "It comes after the label is given: with much of it some points lie on the wrong side.",
        f"{_BOOK} 5.2",
    ),
    "NoisyTarget.noise": Help(
        "y ← y + N(0, noise²)",
        "To see where learning ends and memory begins.",
        "The mean squared error on new data cannot fall below noise².",
        f"{_BOOK} 5.2",
    ),
    "Circles.factor": Help(
        "inner radius / outer radius",
        "Near 1 the circles touch, and it is hard.",
        "What counts is the gap beside the noise: 1 − factor against noise.",
    ),
    "Spirals.arms": Help(
        "arms classes, turned by 2π / arms each",
        "More arms, more classes and narrower gaps.",
        "Samples are shared among arms: draw more of them too.",
    ),
    "Spirals.turns": Help(
        "angle from 0 to 2π · turns",
        "More turns need more depth or units.",
        "Gaps become 1 / (turns · arms) wide: below the noise nothing can be told apart.",
        "Lang & Witbrock 1988",
    ),
    "Blobs.centres": Help(
        "centres at angles 2π k / clouds",
        "A class each.",
        "Many clouds overlap on the circle, whatever the network.",
    ),
    "Blobs.spread": Help(
        "x = centre + N(0, spread²)",
        "Small: separable. Large: clouds overlap.",
        "Neighbours are 2 sin(π / clouds) apart: compare it with that.",
    ),
    "Checkerboard.cells": Help(
        "cells × cells fields, 2 / cells wide each",
        "More cells are harder.",
        "With few samples a cell is empty: it cannot be learned.",
    ),
    "Sine.frequency": Help(
        "y = sin(2π · frequency · x)",
        "Twice as many periods as this between −1 and 1.",
        "With few samples a high frequency looks like a low one.",
        "Rahaman et al. 2019",
    ),
    "FormulaData.expression": Help(
        "y = formula(x) or formula(x₁, x₂)",
        "Smooth functions are easy; floor and sign have jumps that no network meets exactly.",
        "Where it has no value, as log of a negative number, the data are refused.",
    ),
    "FormulaData.low": Help(
        "x ~ U(from, to)",
        "The part of the axis that is learned.",
        "Outside of it the network says anything.",
    ),
    "FormulaData.high": Help(
        "x ~ U(from, to)",
        "The part of the axis that is learned.",
        "A wide range with few samples leaves gaps in which it is guessed.",
    ),
    # Files --------------------------------------------------------------------------------
    "FashionMnist.files": Help(
        "",
        "Bundled needs no files; full is for results to compare.",
        "Accuracies of the two cannot be compared.",
        "Xiao, Rasul & Vollgraf 2017",
    ),
    "FashionMnist Mnist Cifar10.folder": Help(
        "",
        "Leave it empty and download the files once.",
        "A folder of your own is not carried along when the experiment is sent to someone.",
    ),
    "Csv Npz.path": Help(
        "",
        "The file is read, never run or changed.",
        "The experiment keeps the path, not the data: move the file and it is not found.",
    ),
    "Csv.target": Help(
        "",
        "What is to be predicted.",
        "A feature that is computed from the target makes learning look too easy.",
    ),
    "Csv.features": Help(
        "",
        "Leave out numbers that only count the rows.",
        "Empty takes all other columns, identifiers included.",
    ),
    "Csv Npz.task": Help(
        "",
        "Classes take cross-entropy, numbers mean squared error.",
        "Auto takes a target of a few whole numbers, such as grades, for classes.",
    ),
    "Csv.separator": Help(
        "",
        "Auto looks at the first lines.",
        "Decimal commas and comma separators can be mistaken for each other.",
        "Shafranovich 2005 (RFC 4180)",
    ),
    "Csv.decimal": Help(
        "",
        "Auto looks at the first lines.",
        "1,234 is 1.234 with a comma as the mark, and a thousand times that to others.",
    ),
    "Csv.header": Help(
        "",
        "Auto: a first line that is no numbers gives the names.",
        "Columns named by years look like numbers: say yes.",
    ),
    "Csv.missing": Help(
        "",
        "Refuse first, to see how many there are.",
        "Rows that lack numbers are seldom like the others: leaving them out skews the data.",
        "Little & Rubin 2019",
    ),
    "Npz.x": Help(
        "x: samples first",
        "The array of inputs, a row a sample.",
        "A single array of three dimensions is taken for grey images.",
    ),
    "Npz.y": Help(
        "y: as many as x has rows",
        "Whole numbers for classes, others to be predicted.",
        "Classes as 0.0, 1.0 … may be taken for either: say the task.",
    ),
    "Idx.images": Help(
        "",
        "As in MNIST: train-images-idx3-ubyte, packed or not.",
        "Labels of another set are noticed only if their number differs.",
        "LeCun, Cortes & Burges, The MNIST database",
    ),
    "Idx.labels": Help(
        "",
        "As in MNIST: train-labels-idx1-ubyte, packed or not.",
        "The order has to be that of the images.",
        "LeCun, Cortes & Burges, The MNIST database",
    ),
}
