"""The script's training loop and command line."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from core.experiment.layers import Conv
from core.experiment.normalization import SampleStatistics
from core.experiment.schedules import ReduceOnPlateau
from core.experiment.stopping import ValidationLossStopping
from core.script import weights
from core.script.objective import penalised
from core.script.rates import rate_expression
from core.script.source import STEP, block, indented, lay_out, quoted
from core.script.updates import clip_statement, optimizer_lines

if TYPE_CHECKING:
    from core.script.plan import Plan

_EVALUATE = block('''
    @torch.no_grad()
    def evaluate(model: Network, x: Tensor, y: Tensor) -> {returns}:
        """Return {what} of the present weights."""
        model.eval()
        outputs = torch.cat([model(part) for part in x.split(2048)])
    ''')


def definitions(plan: Plan) -> list[str]:
    """Return ``evaluate`` (if there is something to validate on), ``train`` and ``main``.

    Parameters
    ----------
    plan : Plan
    """
    evaluate = [_evaluate(plan)] if plan.validates else []
    return [*evaluate, _train(plan), _main(plan)]


def _to_device(plan: Plan) -> str:
    """Return the statement that places the model; convolutions are faster with channels last."""
    network = plan.experiment.network
    convolves = any(isinstance(spec, Conv) for spec in plan.layers)
    # The gradient of GroupNorm crashes with them (PyTorch 2.13).
    norms = [network.input_norm, *(getattr(spec, "batch_norm", None) for spec in plan.layers)]
    if convolves and not any(isinstance(norm, SampleStatistics) for norm in norms):
        return "model.to(device, memory_format=torch.channels_last)"
    return "model.to(device)"


def _evaluate(plan: Plan) -> str:
    if not plan.samples.class_names:
        head = _EVALUATE.format(returns="float", what="the loss")
        return f"{head}\n    return loss_of(outputs, y).item()"
    head = _EVALUATE.format(returns="tuple[float, float]", what="the loss and the accuracy")
    return "\n".join(
        [
            head,
            "    right = (outputs.argmax(dim=1) == y).sum().item()",
            "    return loss_of(outputs, y).item(), right / len(y)",
        ]
    )


def _train(plan: Plan) -> str:
    training = plan.experiment.training
    stopping = training.early_stopping
    before, optimizer = optimizer_lines(plan)
    data = ["x_train", "y_train", *(["x_validation", "y_validation"] if plan.validates else [])]
    head = block(f'''
        def train(
            model: Network, data: list[Tensor], rng: torch.Generator, steps: int, print_losses: bool
        ) -> None:
            """Make so many updates{_when(plan)}."""
            {", ".join(data)} = data
        ''')
    start = [*before, textwrap.dedent(lay_out(optimizer, STEP, "optimizer = "))]
    start += ["plateau = Plateau()"] if isinstance(training.schedule, ReduceOnPlateau) else []
    if isinstance(stopping, ValidationLossStopping):
        start.append("best_loss, best_step, waited = math.inf, 0, 0")
        start += ["best_state = None"] if stopping.restore_best else []
    body = [*start, "step = 0", "while step < steps:", *(indented(one) for one in _epoch(plan))]
    if plan.validates:
        body += _validation(plan)
    return "\n".join([head, *map(indented, body)])


def _when(plan: Plan) -> str:
    return "; validate at the start of every epoch, and at the end" if plan.validates else ""


def _validation(plan: Plan) -> list[str]:
    """Return the statements that evaluate and say so."""
    values, text = "val_loss", ""
    if plan.samples.class_names:
        values, text = "val_loss, accuracy", ", accuracy {accuracy:.1%}"
    return [
        f"{values} = evaluate(model, x_validation, y_validation)",
        f'print(f"step {{step}}: validation loss {{val_loss:.4g}}{text}")',
    ]


def _epoch(plan: Plan) -> list[str]:
    training = plan.experiment.training
    lines: list[str] = []
    if plan.validates:
        lines += _validation(plan)
    if isinstance(training.schedule, ReduceOnPlateau):
        lines.append("plateau.observe(val_loss)")
    if isinstance(training.early_stopping, ValidationLossStopping):
        lines += _early_stopping(training.early_stopping)
    order = "order"
    lines += [
        "model.train()",
        "order = torch.randperm(len(x_train), generator=rng).to(x_train.device)",
    ]
    if plan.leaves_one_out:
        lines.append("# A last batch of one sample has no variance: it is left out.")
        order = "order[:-1]"
    lines.append(f"for chosen in {order}.split(BATCH_SIZE)[: steps - step]:")
    lines += [indented(line) for line in _step(plan)]
    if not plan.validates:
        lines.append('print(f"step {step}: loss {loss.item():.4g}")')
    return lines


def _early_stopping(spec: ValidationLossStopping) -> list[str]:
    least = f" - {spec.min_delta!r}" if spec.min_delta else ""
    lines = [
        f"if val_loss < best_loss{least}:",
        "    best_loss, best_step, waited = val_loss, step, 0",
    ]
    if spec.restore_best:
        lines.append("    best_state = copy.deepcopy(model.state_dict())")
    lines += ["else:", "    waited += 1"]
    lines += [
        f"if waited >= {spec.patience}:",
        '    print(f"Stopped early; lowest at step {best_step}: {best_loss:.4g}")',
    ]
    if spec.restore_best:
        lines += [
            "    if best_state is not None:",
            "        model.load_state_dict(best_state)",
        ]
    return [*lines, "    break"]


def _step(plan: Plan) -> list[str]:
    found = penalised(plan)
    rate = rate_expression(plan)
    lines = ["loss = loss_of(model(x_train[chosen]), y_train[chosen])"]
    lines += ["loss = loss + penalty(model)"] if found.joins_loss else []
    lines += [
        "if print_losses:",
        '    print(f"{step}\\t{loss.item():.9g}")',
        "if not loss.isfinite():",
        '    raise SystemExit(f"Diverged at step {step}: the loss became {loss.item()}.")',
        "optimizer.zero_grad()",
        "loss.backward()",
    ]
    lines += [clip_statement(plan)] if clip_statement(plan) else []
    if rate:
        lines += [
            f"rate = {rate}",
            "for group in optimizer.param_groups:",
            '    group["lr"] = rate',
        ]
    if found.decays:
        lines.append(f"decay(model, {'rate' if rate else 'LEARNING_RATE'})")
    return [*lines, "optimizer.step()", "step += 1"]


def _main(plan: Plan) -> str:
    device = plan.experiment.training.device
    device = "cpu" if device == "auto" else device
    lines = [
        'parser = argparse.ArgumentParser(description="Train the network.")',
        'parser.add_argument("--steps", type=int, default=STEPS, help="updates to make")',
        'parser.add_argument("--print-losses", action="store_true", help="the loss of every step")',
        f'parser.add_argument("--device", default={quoted(device)}, help="such as cpu or cuda")',
        "options = parser.parse_args()",
        "",
        "torch.set_num_threads(1)  # sums keep their order, so that results repeat to the bit",
        "device = torch.device(options.device)",
        "data = [part.to(device) for part in load_data()]",
        "# A generator for each purpose: what one draws changes nothing for the others.",
        "seeds = [int(seed) for seed in np.random.SeedSequence(SEED).generate_state(3, np.uint64)]",
    ]
    if weights.draws(plan):
        lines.append("weights_rng = torch.Generator().manual_seed(seeds[0])")
    lines.append("batches_rng = torch.Generator().manual_seed(seeds[1])")
    if plan.drops:
        lines.append("dropout_rng = torch.Generator(device).manual_seed(seeds[2])")
    lines += [
        "",
        f"model = Network({'dropout_rng' if plan.drops else ''})",
        f"initialise(model{', weights_rng' if weights.draws(plan) else ''})",
        _to_device(plan),
    ]
    if weights.scales(plan):
        lines.append("scale_to_unit_variance(model, data[0][:BATCH_SIZE])")
    lines.append("train(model, data, batches_rng, options.steps, options.print_losses)")
    head = block('''
        def main() -> None:
            """Read the command line, build everything, and train."""
        ''')
    return "\n".join([head, *map(indented, lines)])
