"""How the script turns gradients into updates: optimiser, clipping, learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.experiment.optimizers import (
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    RAdam,
    RmsProp,
    Rprop,
    Sgd,
)
from core.experiment.schedules import (
    ConstantRate,
    CosineDecay,
    ExponentialDecay,
    OneCycle,
    ReduceOnPlateau,
    StepDecay,
)
from core.experiment.training import ClipLayerNorm, ClipNorm, ClipValue
from core.script.objective import penalised
from core.script.source import Bracket, block, indented

if TYPE_CHECKING:
    from core.experiment.optimizers import OptimizerSpec
    from core.script.plan import Plan

_NORM_OF = block('''
    def norm_of(gradients: list[Tensor]) -> Tensor:
        """Return the L2 norm of all together; no square overflows, unlike in nn.utils."""
        largest = max(one.abs().max() for one in gradients).clamp(min=1e-30)
        squares = [(one / largest).square().sum() for one in gradients]
        return largest * torch.stack(squares).sum().sqrt()
    ''')

_NAMES: dict[type, str] = {
    Sgd: "SGD",
    RmsProp: "RMSprop",
    Adagrad: "Adagrad",
    Adadelta: "Adadelta",
    Adam: "Adam",
    AdamW: "AdamW",
    NAdam: "NAdam",
    RAdam: "RAdam",
    Adamax: "Adamax",
    Rprop: "Rprop",
}


def optimizer_lines(plan: Plan) -> tuple[list[str], Bracket]:
    """Return statements before the optimiser is made, and the call that makes it.

    Parameters
    ----------
    plan : Plan
    """
    spec = plan.experiment.training.optimizer
    before: list[str] = []
    parameters = "model.parameters()"
    settings = [f"{name}={value!r}" for name, value in _settings(spec).items()]
    if isinstance(spec, AdamW):
        share = penalised(plan).by_optimizer
        settings.append("weight_decay=0.0")
        if share:  # of the weights; biases, scales and slopes have one dimension
            before = [
                "weights = [one for one in model.parameters() if one.ndim > 1]",
                "others = [one for one in model.parameters() if one.ndim == 1]",
                f'groups = [{{"params": weights, "weight_decay": {share!r}}}, {{"params": others}}]',
            ]
            parameters = "groups"
    items = (parameters, "lr=LEARNING_RATE", *settings)
    return before, Bracket(f"torch.optim.{_NAMES[type(spec)]}(", items)


def _settings(spec: OptimizerSpec) -> dict[str, object]:
    """Return what differs from torch.optim's own settings."""
    match spec:
        case Sgd():
            pairs = {"momentum": (spec.momentum, 0.0), "nesterov": (spec.nesterov, False)}
        case RmsProp():
            pairs = {
                "alpha": (spec.rho, 0.99),
                "eps": (spec.epsilon, 1e-8),
                "momentum": (spec.momentum, 0.0),
            }
        case Adagrad():
            pairs = {"eps": (spec.epsilon, 1e-10)}
        case Adadelta():
            pairs = {"rho": (spec.rho, 0.9), "eps": (spec.epsilon, 1e-6)}
        case Adam() | AdamW() | RAdam() | Adamax() | NAdam():
            pairs: dict[str, tuple[object, object]] = {
                "betas": ((spec.beta1, spec.beta2), (0.9, 0.999)),
                "eps": (spec.epsilon, 1e-8),
            }
            if isinstance(spec, NAdam):
                pairs["momentum_decay"] = (spec.momentum_decay, 0.004)
        case Rprop():
            pairs = {
                "etas": ((spec.shrink, spec.grow), (0.5, 1.2)),
                "step_sizes": ((spec.min_step, spec.max_step), (1e-6, 50.0)),
            }
    return {name: value for name, (value, usual) in pairs.items() if value != usual}


def clip_definitions(plan: Plan) -> list[str]:
    """Return the function ``clip``, if gradients are clipped by a norm."""
    clip = plan.experiment.training.clip
    if isinstance(clip, ClipNorm):
        return [
            _NORM_OF,
            block('''
                @torch.no_grad()
                def clip(model: Network, limit: float) -> None:
                    """Shorten the whole gradient to the limit (Pascanu et al. 2013)."""
                    gradients = [one.grad for one in model.parameters()]
                    norm = norm_of(gradients)
                    for gradient in gradients:
                        gradient.mul_(limit / norm.clamp(min=limit))
                '''),
        ]
    if isinstance(clip, ClipLayerNorm):
        return [_NORM_OF, _clip_each(plan)]
    return []


def _clip_each(plan: Plan) -> str:
    slopes = sum(layer.activation.kind == "prelu" for layer in plan.layers)
    if slopes < 2:
        return block('''
            @torch.no_grad()
            def clip(model: Network, limit: float) -> None:
                """Shorten the gradient of each tensor of parameters by itself (Keras clipnorm)."""
                for one in model.parameters():
                    one.grad.mul_(limit / norm_of([one.grad]).clamp(min=limit))
            ''')
    return block('''
        @torch.no_grad()
        def clip(model: Network, limit: float) -> None:
            """Shorten the gradient of each tensor of parameters by itself (Keras clipnorm)."""
            # All layers' slopes count as one tensor.
            slopes = [one.weight for one in model.modules() if isinstance(one, nn.PReLU)]
            own = {id(one) for one in slopes}
            others = [[one] for one in model.parameters() if id(one) not in own]
            for tensors in [slopes, *others]:
                norm = norm_of([one.grad for one in tensors])
                for one in tensors:
                    one.grad.mul_(limit / norm.clamp(min=limit))
        ''')


def clip_statement(plan: Plan) -> str:
    """Return the statement that clips, or an empty string."""
    clip = plan.experiment.training.clip
    if isinstance(clip, ClipValue):
        return f"nn.utils.clip_grad_value_(model.parameters(), {clip.limit!r})"
    if isinstance(clip, (ClipNorm, ClipLayerNorm)):
        return f"clip(model, {clip.limit!r})"
    return ""


def rate_definitions(plan: Plan) -> list[str]:
    """Return ``learning_rate`` or, for reduce-on-plateau, the class ``Plateau``."""
    spec = plan.experiment.training.schedule
    if isinstance(spec, ConstantRate) and not spec.warmup:
        return []
    if isinstance(spec, ReduceOnPlateau):
        return [_plateau(spec)]
    head = block(f'''
        def learning_rate(step: int) -> float:
            """{(spec.__doc__ or "").splitlines()[0]}"""
        ''')
    return ["\n".join([head, indented(_rate(spec, plan))])]


def rate_expression(plan: Plan) -> str:
    """Return the learning rate of an update, or an empty string if it stays the same."""
    spec = plan.experiment.training.schedule
    if isinstance(spec, ReduceOnPlateau):
        return f"LEARNING_RATE * plateau.share{_warmup(spec.warmup, ' * ')}"
    if isinstance(spec, ConstantRate) and not spec.warmup:
        return ""
    return "learning_rate(step)"


def _warmup(steps: int, before: str = "", after: str = "") -> str:
    return f"{before}min(1.0, (step + 1) / {steps + 1}){after}" if steps else ""


def _rate(
    spec: ConstantRate | StepDecay | ExponentialDecay | CosineDecay | OneCycle, plan: Plan
) -> str:
    if isinstance(spec, OneCycle):
        return _one_cycle(spec, plan.steps)
    rate = f"LEARNING_RATE{_warmup(spec.warmup, ' * ')}"
    since = f"max(0, step - {spec.warmup})" if spec.warmup else "step"
    match spec:
        case ConstantRate():
            return f"return {rate}"
        case StepDecay():
            return block(f"""
                epochs = {since} / STEPS_PER_EPOCH
                drops = math.floor(epochs / {spec.every!r} + 1e-9)  # a drop due now is not missed
                return {rate} * {spec.factor!r}**drops
                """)
        case ExponentialDecay():
            return block(f"""
                epochs = {since} / STEPS_PER_EPOCH
                return {rate} * {spec.factor!r}**epochs
                """)
        case CosineDecay():
            progress = f"min(1.0, {since} / (STEPS - {spec.warmup}))"
            if not spec.warmup:
                progress = "min(1.0, step / STEPS)"
            elif plan.steps <= spec.warmup:  # the run ends before the warm-up does
                progress = f"1.0 if step > {spec.warmup} else 0.0"
            lines = [f"progress = {progress}", "cosine = (1 + math.cos(math.pi * progress)) / 2"]
            if spec.floor:
                lines.append(f"cosine = {spec.floor!r} + (1 - {spec.floor!r}) * cosine")
            return "\n".join([*lines, f"return {rate} * cosine"])


def _one_cycle(spec: OneCycle, steps: int) -> str:
    last = max(1, steps - 1)
    peak = (spec.peak * steps - 1.0) / last
    lines = [
        f"progress = min(1.0, step / {last})",
        f"low, lowest = 1 / {spec.start_divisor!r}, 1 / {spec.start_divisor!r} / {spec.end_divisor!r}",
    ]
    falling = f"start, end, share = 1.0, lowest, (progress - {peak!r}) / (1 - {peak!r})"
    if peak > 0.0:
        lines += [
            f"if progress <= {peak!r}:",
            f"    start, end, share = low, 1.0, progress / {peak!r}",
            "else:",
            f"    {falling}",
        ]
    else:
        lines[1] = f"lowest = 1 / {spec.start_divisor!r} / {spec.end_divisor!r}"
        lines.append(falling.replace("- -", "+ "))
    lines += [
        "factor = end + (start - end) / 2 * (1 + math.cos(math.pi * share))",
        "return LEARNING_RATE * factor",
    ]
    return "\n".join(lines)


def _plateau(spec: ReduceOnPlateau) -> str:
    better = "self.best" if spec.threshold == 0.0 else f"self.best * (1 - {spec.threshold!r})"
    share = f"self.share * {spec.factor!r}"
    if spec.floor:
        share = f"min(self.share, max({share}, {spec.floor!r}))"
    start = ["self.best, self.bad, self.share = math.inf, 0, 1.0"]
    observe = [
        f"if val_loss < {better}:",
        "    self.best, self.bad = val_loss, 0",
        "else:",
        "    self.bad += 1",
        f"if self.bad > {spec.patience}:",
        f"    self.share, self.bad = {share}, 0",
    ]
    if spec.cooldown:
        start.append("self.cooling = 0")
        observe.append(f"    self.cooling = {spec.cooldown}")
        observe[4:4] = ["if self.cooling:", "    self.cooling, self.bad = self.cooling - 1, 0"]
    head = block(f'''
        class Plateau:
            """{(spec.__doc__ or "").splitlines()[0]}"""

            def __init__(self) -> None:
        ''')
    note = block('''
        def observe(self, val_loss: float) -> None:
            """Take note of a validation loss; lower the share of the rate if it is time."""
        ''')
    return "\n".join(
        [
            head,
            *(indented(line, 2) for line in start),
            "",
            indented(note),
            *(indented(line, 2) for line in observe),
        ]
    )
