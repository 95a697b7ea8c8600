"""Modules that PyTorch does not have, as the script defines them."""

from __future__ import annotations

import re

from core.script.source import block

MASK = block('''
    def mask(like: Tensor, share: float, rng: torch.Generator) -> Tensor:
        """Draw 0 with probability ``share``, else 1 / (1 - share), so that the mean stays."""
        keep = torch.rand(like.shape, device=like.device, generator=rng) >= share
        return keep.to(like.dtype) * (1 / (1 - share))
    ''')

MODULES: dict[str, str] = {
    "Dropout": block('''
        class Dropout(nn.Module):
            """nn.Dropout (Srivastava et al. 2014), with masks from a generator of its own."""

            def __init__(self, share: float, rng: torch.Generator) -> None:
                super().__init__()
                self.share, self.rng = share, rng

            def forward(self, x: Tensor) -> Tensor:
                return x * mask(x, self.share, self.rng) if self.training else x
        '''),
    "DropConnectLinear": block('''
        class DropConnectLinear(nn.Linear):
            """Weights instead of units are dropped (Wan et al. 2013)."""

            def __init__(self, inputs: int, units: int, share: float, rng: torch.Generator) -> None:
                super().__init__(inputs, units)
                self.share, self.rng = share, rng

            def forward(self, x: Tensor) -> Tensor:
                weight = self.weight
                if self.training:
                    weight = weight * mask(weight, self.share, self.rng)
                return F.linear(x, weight, self.bias)
        '''),
    "DropConnectConv2d": block('''
        class DropConnectConv2d(nn.Conv2d):
            """Weights instead of units are dropped (Wan et al. 2013)."""

            def __init__(self, *settings: int, share: float, rng: torch.Generator) -> None:
                super().__init__(*settings)
                self.share, self.rng = share, rng

            def forward(self, x: Tensor) -> Tensor:
                weight = self.weight
                if self.training:
                    weight = weight * mask(weight, self.share, self.rng)
                return F.conv2d(x, weight, self.bias, self.stride, self.padding)
        '''),
    "Residual": block('''
        class Residual(nn.Sequential):
            """Modules in a row, and the input added to what they return (He et al. 2016)."""

            def forward(self, x: Tensor) -> Tensor:
                return super().forward(x) + x
        '''),
    "Rescaled": block('''
        class Rescaled(nn.Module):
            """Another activation, stretched alike in both directions: alpha phi(z / alpha)."""

            def __init__(self, alpha: float, phi: nn.Module) -> None:
                super().__init__()
                self.alpha, self.phi = alpha, phi

            def forward(self, z: Tensor) -> Tensor:
                return self.phi(z / self.alpha) * self.alpha
        '''),
    "GlobalMaxPool": block('''
        class GlobalMaxPool(nn.Module):
            """The largest value of every channel; equal ones share the gradient."""

            def forward(self, x: Tensor) -> Tensor:
                return x.amax((2, 3))
        '''),
}
"""Name -> definition; the first three call :data:`MASK`."""


def used_modules(network: str) -> list[str]:
    """Return the definitions that the source of a network needs, in the order of MODULES."""
    used = [text for name, text in MODULES.items() if re.search(rf"\b{name}\(", network)]
    return [MASK, *used] if any("mask(" in text for text in used) else used
