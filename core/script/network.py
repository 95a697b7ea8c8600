"""The script's network: one ``nn.Module`` made of PyTorch's own modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from core.experiment.layers import AvgPool, Conv, Dense, Flatten, GlobalPool, MaxPool, Output
from core.experiment.normalization import BatchStatistics, NoNorm, SampleStatistics
from core.experiment.shapes import shape_text
from core.script.modules import used_modules
from core.script.source import Bracket, Expression, block, indented, lay_out, runs

if TYPE_CHECKING:
    from core.experiment.activations import Elu, LeakyRelu, Prelu, Rescaled
    from core.experiment.fields import Part
    from core.experiment.shapes import Shape, Stage
    from core.script.plan import Plan

_ACTIVATIONS = {
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "selu": "nn.SELU()",
    "gelu": "nn.GELU()",
    "silu": "nn.SiLU()",
    "softplus": "nn.Softplus()",
    "softsign": "nn.Softsign()",
    "hard_tanh": "nn.Hardtanh()",
    "hard_sigmoid": "nn.Hardsigmoid()",
}


def definitions(plan: Plan) -> list[str]:
    """Return the classes of the script: modules of its own, and the network.

    Parameters
    ----------
    plan : Plan
    """
    network = _network(plan)
    return [*used_modules(network), network]


def _network(plan: Plan) -> str:
    convolves = any(isinstance(spec, Conv) for spec in plan.layers)
    weighted = "(nn.Linear, nn.Conv2d)" if convolves else "nn.Linear"
    argument = ", rng: torch.Generator" if plan.drops else ""
    samples = plan.samples
    scores = (
        f"{samples.n_outputs} scores, one a class,"
        if samples.class_names
        else f"{samples.n_outputs} number{'s' if samples.n_outputs > 1 else ''}"
    )
    head = block(f'''
        class Network(nn.Module):
            """{scores} from {shape_text(plan.shape)} features."""

            def __init__(self{argument}) -> None:
                super().__init__()
                layers: list[nn.Module] = []
        ''')
    tail = block(f"""
            self.layers = nn.Sequential(*layers)
            # Those with weights, from the input to the output.
            self.weighted = [one for one in layers if isinstance(one, {weighted})]
        """)
    if any(isinstance(spec, (Dense, Conv)) and spec.residual for spec in plan.layers):
        tail = tail.replace("in layers if", "in self.modules() if")
    forward = block("""
        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x)
        """)
    return "\n".join([head, *_stack(plan), indented(tail, 2), "", indented(forward)])


def _stack(plan: Plan) -> list[str]:
    """Return the statements that stack the layers, equal neighbours in one loop."""
    made = [(stage, _modules(stage, shape)) for stage, shape in _with_input_shapes(plan.stages)]
    made = [(stage, modules) for stage, modules in made if modules]
    lines: list[str] = []
    for start, stop, modules in runs([modules for _, modules in made]):
        first, last = made[start][0], made[stop - 1][0]
        name = first.name
        if stop - start > 1:
            name += f" to {last.number}" if last.number else f", {stop - start} times"
        if len(last.after) == 3:
            name += f": {shape_text(last.after)}"
        indent = "        "
        lines.append(f"{indent}# {name}")
        if stop - start > 1:
            lines.append(f"{indent}for _ in range({stop - start}):")
            indent += "    "
        lines.append(lay_out(Bracket("[", modules, "]"), indent, "layers += "))
    return lines


def _with_input_shapes(stages: tuple[Stage, ...]) -> list[tuple[Stage, Shape]]:
    """Pair each stage with the shape that reaches it (``before`` is flat for dense layers)."""
    arriving = [stages[0].before, *(stage.after for stage in stages)]
    return list(zip(stages, arriving, strict=False))


def _modules(stage: Stage, arriving: Shape) -> tuple[Expression, ...]:
    """Return the modules of a stage; none for a flatten where nothing is to flatten."""
    spec = stage.spec
    flatten: tuple[Expression, ...] = ("nn.Flatten()",) if len(arriving) == 3 else ()
    match spec:
        case Flatten():
            return flatten
        case Dense() | Output():
            return (*flatten, *_layer(stage))
        case Conv():
            return _layer(stage)
        case MaxPool() | AvgPool():
            name = "MaxPool2d" if isinstance(spec, MaxPool) else "AvgPool2d"
            stride = "" if spec.stride == spec.size else f", stride={spec.stride}"
            return (f"nn.{name}({spec.size}{stride})",)
        case GlobalPool():
            if spec.how == "max":
                return ("GlobalMaxPool()",)
            return ("nn.AdaptiveAvgPool2d(1)", "nn.Flatten()")
        case _:
            return _norm(spec, arriving)


def _layer(stage: Stage) -> tuple[Expression, ...]:
    spec = stage.spec
    assert isinstance(spec, (Dense, Conv, Output))
    made: list[Expression] = [*_linear(stage)]
    if isinstance(spec, Output):
        return (*made, *_activation(spec.activation))
    norms = [one for one in (spec.batch_norm, spec.layer_norm) if not isinstance(one, NoNorm)]
    for norm in norms:
        if norm.kind == "before_activation":
            made += _norm(norm, stage.after)
    made += _activation(spec.activation)
    for norm in norms:
        if norm.kind == "after_activation":
            made += _norm(norm, stage.after)
    if spec.dropout:
        made.append(f"Dropout({spec.dropout!r}, rng)")
    return (Bracket("Residual(", tuple(made)),) if spec.residual else tuple(made)


def _linear(stage: Stage) -> tuple[str, ...]:
    """Return the part with the weights, and zeros around the image where it needs its own."""
    spec = stage.spec
    dropped = 0.0 if isinstance(spec, Output) else getattr(spec, "drop_weights", 0.0)
    if not isinstance(spec, Conv):
        units, inputs = stage.weight
        if dropped:
            return (f"DropConnectLinear({inputs}, {units}, {dropped!r}, rng)",)
        return (f"nn.Linear({inputs}, {units})",)
    around = spec.kernel - 1 if spec.padding == "same" else 0
    pad: tuple[str, ...] = ()
    if around % 2:  # an even filter has no middle: one more zero behind than before
        less = around // 2
        pad, around = (f"nn.ZeroPad2d(({less}, {around - less}, {less}, {around - less}))",), 0
    channels, inputs = stage.weight[:2]
    shape = f"{inputs}, {channels}, {spec.kernel}"
    if dropped:
        settings = f"{shape}, {spec.stride}, {around // 2}, share={dropped!r}, rng=rng"
        return (*pad, f"DropConnectConv2d({settings})")
    stride = f", stride={spec.stride}" if spec.stride > 1 else ""
    padding = f", padding={around // 2}" if around else ""
    return (*pad, f"nn.Conv2d({shape}{stride}{padding})")


def _activation(spec: Part) -> tuple[Expression, ...]:
    kind = cast("str", getattr(spec, "kind", ""))
    match kind:
        case "linear":
            return ()
        case "leaky_relu":
            return (f"nn.LeakyReLU({cast('LeakyRelu', spec).alpha!r})",)
        case "prelu":
            return (f"nn.PReLU(init={cast('Prelu', spec).alpha!r})",)
        case "elu":
            return (f"nn.ELU({cast('Elu', spec).alpha!r})",)
        case "rescaled":
            own = cast("Rescaled", spec)
            inner = _activation(own.inner) or ("nn.Identity()",)
            return (Bracket("Rescaled(", (repr(own.alpha), *inner)),)
        case _:
            return (_ACTIVATIONS[kind],)


def _norm(spec: Part, shape: Shape) -> tuple[str, ...]:
    """Return a normalisation of what has this shape; PyTorch's own numbers are left out."""
    units = shape[0]
    if isinstance(spec, BatchStatistics):
        settings = [] if spec.epsilon == 1e-5 else [f"eps={spec.epsilon!r}"]
        settings += [] if spec.momentum == 0.1 else [f"momentum={spec.momentum!r}"]
        name = "BatchNorm2d" if len(shape) == 3 else "BatchNorm1d"
        return (f"nn.{name}({', '.join([str(units), *settings])})",)
    assert isinstance(spec, SampleStatistics)
    epsilon = "" if spec.epsilon == 1e-5 else f", eps={spec.epsilon!r}"
    # Over channels and pixels, with a scale for each channel: a group norm of one group.
    name = f"GroupNorm(1, {units}" if len(shape) == 3 else f"LayerNorm({units}"
    return (f"nn.{name}{epsilon})",)
