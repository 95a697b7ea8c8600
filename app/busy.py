"""How long a thread has worked: what drawing costs, not how long others let it wait."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

busy_seconds: Callable[[], float] = (
    # There it counts in steps of 16 ms, and a picture takes four.
    time.perf_counter if sys.platform == "win32" else time.thread_time
)
"""Seconds of a core that the calling thread has used, from any beginning."""
