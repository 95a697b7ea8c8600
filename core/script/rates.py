"""The script's learning rate: a function of the step, or a class that watches validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.experiment.schedules import (
    ConstantRate,
    CosineDecay,
    ExponentialDecay,
    OneCycle,
    ReduceOnPlateau,
    StepDecay,
)
from core.script.source import block, indented

if TYPE_CHECKING:
    from core.script.plan import Plan


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
    last = "(STEPS - 1)" if steps > 1 else "1"
    lines = [
        f"peak = ({spec.peak!r} * STEPS - 1) / {last}",
        f"low = 1 / {spec.start_divisor!r}",
        f"lowest = low / {spec.end_divisor!r}",
        f"progress = min(1.0, step / {last})",
    ]
    falling = "start, end, share = 1.0, lowest, (progress - peak) / (1 - peak)"
    if spec.peak * steps > 1.0:
        lines += [
            "if progress <= peak:",
            "    start, end, share = low, 1.0, progress / peak",
            "else:",
            f"    {falling}",
        ]
    else:  # no step comes before the peak
        lines.append(falling)
    lines += [
        "factor = end + (start - end) / 2 * (1 + math.cos(math.pi * share))",
        "return LEARNING_RATE * factor",
    ]
    return "\n".join(lines)


def _plateau(spec: ReduceOnPlateau) -> str:
    better = "self.best" if spec.threshold == 0.0 else f"self.best * (1 - {spec.threshold!r})"
    lower = [f"    self.share, self.bad = self.share * {spec.factor!r}, 0"]
    if spec.floor:
        lower = [
            f"    lower = max(self.share * {spec.factor!r}, {spec.floor!r})",
            "    self.share, self.bad = min(self.share, lower), 0",
        ]
    start = ["self.best, self.bad, self.share = math.inf, 0, 1.0"]
    observe = [
        f"if val_loss < {better}:",
        "    self.best, self.bad = val_loss, 0",
        "else:",
        "    self.bad += 1",
        f"if self.bad > {spec.patience}:",
        *lower,
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
