"""The core stands alone: no Qt anywhere in it, and no torch before a run is built."""

import subprocess
import sys

WINDOW = ("PySide6", "shiboken6", "pyqtgraph", "qasync", "app")

IMPORT_ALL = f"""
import importlib, pkgutil, sys
blocked = {WINDOW!r}

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ImportError(f"core must not import {{name}}")

sys.meta_path.insert(0, Wall())
import core
names = [m.name for m in pkgutil.walk_packages(core.__path__, "core.") if m.name != "core.__main__"]
for name in names:
    importlib.import_module(name)
print(len(names), "torch" in sys.modules, [one for one in blocked if one in sys.modules])
"""

EARLY = """
import sys
import core.cli, core.control, core.experiment, core.measure, core.record, core.trainer
import core.data.samples, core.store.export
print(sorted(name for name in ("torch", "PySide6") if name in sys.modules))
"""


def python(code, environment):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_module_of_the_core_imports_where_qt_is_blocked(child_environment):
    count, torch, window = python(IMPORT_ALL, child_environment).split(maxsplit=2)
    assert int(count) > 30
    assert torch == "True"  # the engine was among them, so the walk was not empty
    assert window == "[]"


def test_what_the_window_imports_before_its_first_paint_does_not_import_torch(child_environment):
    assert python(EARLY, child_environment) == "[]"


def test_loading_a_ready_experiment_and_its_data_does_not_import_torch(child_environment):
    code = (
        "import sys; from core import catalogue; from core.data.samples import load_samples\n"
        "for name in catalogue.names(): e = catalogue.load(name); load_samples(e.data, e.seed)\n"
        "print('torch' in sys.modules)"
    )
    assert python(code, child_environment) == "False"
