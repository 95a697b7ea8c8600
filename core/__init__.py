"""The laboratory without a window: specification, network, engine, measurement, record.

Nothing in this package imports Qt or :mod:`app`.
"""

__version__ = "0.1.0"
