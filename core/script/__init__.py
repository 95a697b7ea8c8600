"""An experiment as one runnable PyTorch script, without any import of the laboratory.

Each part of the script has its module: ``data``, ``network``, ``weights``, ``training``, ``loop``;
``source`` lays out Python text, and ``export`` puts it all together.
"""

from core.script.export import export_script

__all__ = ["export_script"]
