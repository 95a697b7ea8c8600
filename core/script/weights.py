"""The script's first weights: the same draws from the same generator, by short functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from core.experiment.initializers import BIAS_INIT_KINDS, INIT_KINDS
from core.experiment.spread import CUT_STD, rule_for
from core.script.source import STEP, Bracket, Expression, block, indented, lay_out, over, runs

if TYPE_CHECKING:
    from core.experiment.fields import Part
    from core.experiment.initializers import (
        Constant,
        Identity,
        Normal,
        Orthogonal,
        TruncatedNormal,
        Uniform,
        VarianceScaling,
    )
    from core.experiment.spread import VarianceRule
    from core.script.plan import Plan

_FUNCTIONS: dict[str, str] = {
    "normal": block('''
        def normal(shape: torch.Size, rng: torch.Generator, mean: float, std: float) -> Tensor:
            """Draw from the normal distribution."""
            return torch.randn(shape, generator=rng) * std + mean
        '''),
    "truncated_normal": block('''
        def truncated_normal(
            shape: torch.Size,
            rng: torch.Generator,
            mean: float,
            std: float,
        ) -> Tensor:
            """Draw a normal cut at two standard deviations, by the inverse of its distribution."""
            share = math.erf(2 / math.sqrt(2))
            centred = torch.rand(shape, generator=rng) * 2 - 1
            return (torch.erfinv(centred * share) * math.sqrt(2)).clamp(-2, 2) * std + mean
        '''),
    "uniform": block('''
        def uniform(shape: torch.Size, rng: torch.Generator, low: float, high: float) -> Tensor:
            """Draw between two limits."""
            return torch.rand(shape, generator=rng) * (high - low) + low
        '''),
    "orthogonal": block('''
        def orthogonal(shape: torch.Size, rng: torch.Generator) -> Tensor:
            """Draw a random rotation (Saxe et al. 2014): QR of a Gaussian matrix."""
            rows, columns = shape[0], math.prod(shape[1:])
            tall = torch.randn((max(rows, columns), min(rows, columns)), generator=rng)
            q, r = torch.linalg.qr(tall)
            q = q * torch.sign(torch.diagonal(r))
            return (q if rows >= columns else q.T).reshape(shape)
        '''),
    "identity": block('''
        def identity(shape: torch.Size) -> Tensor:
            """Return ones on the diagonal; of a convolution, in the middle of the filter."""
            weight = torch.zeros(shape)
            middle = tuple(length // 2 for length in shape[2:])
            for unit in range(min(shape[:2])):
                weight[(unit, unit, *middle)] = 1.0
            return weight
        '''),
}
"""Functions that initialisers outside the variance-scaling family call."""

_LSUV = block('''
    def output_of(layer: nn.Module, model: Network, batch: Tensor) -> Tensor:
        """Return what one layer makes of a batch, before any normalisation."""
        kept: list[Tensor] = []
        hook = layer.register_forward_hook(lambda layer, inputs, output: kept.append(output))
        model(batch)
        hook.remove()
        return kept[0]


    @torch.no_grad()
    def scale_to_unit_variance(model: Network, batch: Tensor) -> None:
        """LSUV (Mishkin & Matas 2016): scale weights until every output has variance 1."""
        model.eval()
    ''')


def definitions(plan: Plan) -> list[str]:
    """Return the functions that draw, ``initialise``, and what LSUV needs.

    Parameters
    ----------
    plan : Plan
    """
    layers = plan.layers
    lines: list[str] = []
    needed: dict[str, str] = {}  # name -> definition, in the order of first use
    for start, stop, (init, bias) in runs([(one.init, one.bias_init) for one in layers]):
        head, indent = over("model.weighted", start, stop, len(layers), "layer")
        lines.append(indented(head))
        body = [_weight(init, needed), *_bias(bias, needed)]
        lines += [lay_out(line, STEP + indent) for line in body]
    initialise = block(f'''
        @torch.no_grad()
        def initialise(model: Network{", rng: torch.Generator" if draws(plan) else ""}) -> None:
            """Set the first weights and biases, layer by layer from the input on."""
        ''')
    made = [*needed.values(), "\n".join([initialise, *lines])]
    return [*made, _lsuv(plan)] if scales(plan) else made


def draws(plan: Plan) -> bool:
    """Return whether any weight or bias is random."""
    settled = ("zeros", "constant", "identity")
    return any(
        one.kind not in settled for layer in plan.layers for one in (layer.init, layer.bias_init)
    )


def scales(plan: Plan) -> bool:
    """Return whether a layer's weights have to see a batch (LSUV)."""
    return any(layer.init.kind == "lsuv" for layer in plan.layers)


def _weight(spec: Part, needed: dict[str, str]) -> Expression:
    """Return the statement that sets ``layer.weight``; note the functions it calls."""
    rule = rule_for(spec)
    name = _kind(spec)
    if rule is None:
        return _plain("weight", spec, needed)
    arguments = ["layer.weight.shape", "rng"]
    if name == "variance_scaling":
        own = cast("VarianceScaling", spec)
        name = f"{own.distribution}_by_{own.mode}"
        arguments.append(f"scale={own.scale!r}")
    if rule.distribution == "truncated_normal":
        needed["truncated_normal"] = _FUNCTIONS["truncated_normal"]
    needed[name] = _scaled(name, spec, rule)
    return _copied("weight", Bracket(f"{name}(", tuple(arguments)))


def _bias(spec: Part, needed: dict[str, str]) -> list[Expression]:
    if _kind(spec) == "pytorch_default":
        needed["uniform"] = _FUNCTIONS["uniform"]
        return [
            "limit = 1 / math.sqrt(layer.weight[0].numel())",
            "layer.bias.copy_(uniform(layer.bias.shape, rng, -limit, limit))",
        ]
    return [_plain("bias", spec, needed)]


def _plain(name: str, spec: Part, needed: dict[str, str]) -> Expression:
    kind = _kind(spec)
    if kind == "zeros":
        return f"layer.{name}.zero_()"
    if kind == "constant":
        return f"layer.{name}.fill_({cast('Constant', spec).value!r})"
    function = "orthogonal" if kind == "lsuv" else kind
    needed[function] = _FUNCTIONS[function]
    shape = f"layer.{name}.shape"
    match kind:
        case "normal" | "truncated_normal":
            own = cast("Normal | TruncatedNormal", spec)
            settings = (f"mean={own.mean!r}", f"std={own.std!r}")
            return _copied(name, Bracket(f"{kind}(", (shape, "rng", *settings)))
        case "uniform":
            own = cast("Uniform", spec)
            settings = (f"low={own.low!r}", f"high={own.high!r}")
            return _copied(name, Bracket("uniform(", (shape, "rng", *settings)))
        case "identity":
            return _copied(name, _times(cast("Identity", spec).gain, f"identity({shape})"))
        case _:
            gain = cast("Orthogonal", spec).gain if kind == "orthogonal" else 1.0
            return _copied(name, _times(gain, f"orthogonal({shape}, rng)"))


def _copied(name: str, drawn: Expression) -> Bracket:
    return Bracket(f"layer.{name}.copy_(", (drawn,))


def _times(gain: float, drawn: str) -> str:
    return drawn if gain == 1.0 else f"{gain!r} * {drawn}"


def _scaled(name: str, spec: Part, rule: VarianceRule) -> str:
    """Return the function of an initialiser whose variance is scale / fan."""
    lines: list[str] = []
    if rule.fan in ("in", "avg"):
        lines.append("fan_in = math.prod(shape[1:])")
    if rule.fan in ("out", "avg"):
        lines.append("fan_out = shape[0] * math.prod(shape[2:])")
    own_scale = _kind(spec) == "variance_scaling"
    scale = "scale" if own_scale else f"{rule.scale:g}"
    if rule.fan == "avg":
        scale = "2 * scale" if own_scale else f"{2 * rule.scale:g}"
    fan = {"in": "fan_in", "out": "fan_out", "avg": "(fan_in + fan_out)"}[rule.fan]
    variance = "1 / (3 * fan_in)" if rule.scale == 1 / 3 else f"{scale} / {fan}"
    lines.append(f"std = math.sqrt({variance})")
    match rule.distribution:
        case "uniform":
            lines.append("limit = math.sqrt(3) * std")
            lines.append("return torch.rand(shape, generator=rng) * (2 * limit) - limit")
        case "truncated_normal":
            lines.append("# The cut takes as much away.")
            lines.append(f"return truncated_normal(shape, rng, 0.0, std / {CUT_STD!r})")
        case _:
            lines.append("return torch.randn(shape, generator=rng) * std")
    about = (spec.__doc__ or "").splitlines()[0]
    parameters = ("shape: torch.Size", "rng: torch.Generator")
    if own_scale:
        parameters = (*parameters, "scale: float")
    head = lay_out(Bracket(f"{name}(", parameters, ") -> Tensor:"), "", "def ")
    return "\n".join([head, *(indented(line) for line in [f'"""{about}"""', *lines])])


def _lsuv(plan: Plan) -> str:
    layers = plan.layers
    parts = [_LSUV]
    for start, stop, init in runs([one.init for one in layers]):
        if init.kind != "lsuv":
            continue
        head, indent = over("model.weighted", start, stop, len(layers), "layer")
        body = block(f"""
            for _ in range({init.iterations}):
                variance = output_of(layer, model, batch).var(correction=0).item()
                if not 0 < variance < math.inf or abs(variance - 1) <= {init.tolerance!r}:
                    break
                layer.weight.div_(math.sqrt(variance))
            """)
        parts += [indented(head), indented(body, 2 if indent else 1)]
    return "\n".join(parts)


def _kind(spec: Part) -> str:
    kind = cast("str", getattr(spec, "kind", ""))
    assert kind in INIT_KINDS or kind in BIAS_INIT_KINDS
    return kind
