"""The specification: its file, its complaints, its changes."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import catalogue, devices
from core.data import samples
from core.engine.autograd import AutogradEngine
from core.errors import DataError, DeviceError, ExperimentError, LabError
from core.experiment import (
    KINDS,
    Experiment,
    differences,
    read_experiment,
    to_toml,
    with_settings,
    write_experiment,
)
from core.experiment.activations import Rescaled
from core.experiment.diff import OUTPUT, summarize
from core.experiment.fields import Scope
from core.experiment.network import compress
from core.experiment.toml import parse_toml

# Random experiments ----------------------------------------------------------------------

share = st.floats(0, 0.9)
positive = st.floats(1e-12, 1e6)
number = st.floats(-1e3, 1e3)
text = st.text(st.characters(codec="utf-8"), max_size=40)


def kinds(family, **fields):
    """Draw a kind of a family, with values for those of its fields that are given."""

    def one(kind):
        names = KINDS[family][kind].model_fields
        known = {name: values for name, values in fields.items() if name in names}
        return st.fixed_dictionaries({"kind": st.just(kind)}, optional=known)

    return st.sampled_from(sorted(KINDS[family])).flatmap(one)


inits = {"mean": number, "std": positive, "low": st.floats(-9, 0), "high": st.floats(0.1, 9)}
inits |= {"gain": positive, "value": number}
layer = st.fixed_dictionaries(
    {"units": st.integers(1, 65_536)},
    optional={
        "repeat": st.integers(1, 20),
        "activation": kinds("activation", alpha=st.floats(0.01, 1)),
        "init": kinds("init", **inits),
        "bias_init": kinds("bias_init", **inits),
        "batch_norm": st.sampled_from(["none", "before_activation", "after_activation"]),
        "dropout": st.floats(0, 0.99),
    },
)
training = st.fixed_dictionaries(
    {"batch_size": st.integers(2, 10_000)},
    optional={
        "optimizer": kinds(
            "optimizer", lr=positive, momentum=share, beta1=share, beta2=share, epsilon=positive
        ),
        "epochs": st.integers(1, 10_000),
        "clip": kinds("clip", limit=positive),
        "l1": share,
        "l2": share,
        "weight_decay": share,
        "device": st.sampled_from(["auto", "cpu", "mps", "cuda", "cuda:0", "cuda:12"]),
    },
)
plain = st.fixed_dictionaries(
    {},
    optional={
        "name": text.filter(bool),
        "description": text,
        "seed": st.integers(0, 2**63 - 1),
        "data": kinds(
            "data",
            validation=share,
            standardize=st.booleans(),
            samples=st.integers(10, 1000),
            noise=share,
        ),
        "network": st.fixed_dictionaries(
            {"layers": st.lists(layer, max_size=4)},
            optional={"output": st.fixed_dictionaries({"init": kinds("init", **inits)})},
        ),
        "training": training,
    },
)
experiments = plain.map(Experiment.parse)


@given(experiments)
def test_an_experiment_comes_back_from_its_file(experiment):
    again = parse_toml(to_toml(experiment))
    assert differences(experiment, again) == ()
    assert again.network.expanded() == experiment.network.expanded()
    assert again.plain() | {"network": None} == experiment.plain() | {"network": None}
    assert to_toml(again) == to_toml(experiment)


def test_a_thousand_equal_layers_twice_come_back_from_their_file():
    entry = {"units": 3, "repeat": 1000}
    experiment = Experiment.parse({"network": {"layers": [entry, entry]}})
    assert len(parse_toml(to_toml(experiment)).network.expanded()) == 2000


@pytest.mark.parametrize("name", catalogue.names())
def test_ready_experiments_come_back_from_their_file(name, tmp_path):
    experiment = catalogue.load(name)
    write_experiment(experiment, tmp_path / "one.toml")
    assert differences(experiment, read_experiment(tmp_path / "one.toml")) == ()
    assert [file.name for file in tmp_path.iterdir()] == ["one.toml"]  # nothing temporary is left


@given(st.lists(layer, max_size=5))
def test_joining_equal_layers_changes_no_layer(layers):
    spec = Experiment.parse({"network": {"layers": layers}}).network
    joined = spec.model_copy(update={"layers": compress(spec.layers)})
    assert joined.expanded() == spec.expanded()
    assert all(
        one.model_copy(update={"repeat": 1}) != other.model_copy(update={"repeat": 1})
        for one, other in zip(joined.layers, joined.layers[1:], strict=False)
    )


# Bad input -------------------------------------------------------------------------------

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(string.ascii_letters, max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["kind", "lr", "units", "x"]), st.integers(), max_size=2),
)


def places(node, path=()):
    """Return the path of every value of plain data."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(st.data())
def test_junk_anywhere_gives_an_experiment_or_problems_never_a_traceback(data):
    document = catalogue.load("two-moons").plain()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(sorted(places(document), key=str)))
        node = document
        for key in place[:-1]:
            node = node[key]
        node[place[-1]] = data.draw(junk)
        if data.draw(st.booleans()) and isinstance(node, dict):
            node[data.draw(st.text(string.ascii_letters, min_size=1, max_size=8))] = 1
    try:
        Experiment.parse(document)
    except ExperimentError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.field
            assert problem.message
            assert problem.message != "None"


def refused(document):
    """Return what is said about a document, as text."""
    with pytest.raises(LabError) as info:
        parse_toml(document)
    return str(info.value)


LAYER = "[[network.layers]]\n"
OPTIMIZER = "[training.optimizer]\n"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("[training]\nbatchsize = 32", ["training.batchsize", "Did you mean batch_size?"]),
        (f"{LAYER}unit = 64", ["network.layers.0.unit", "Did you mean units?"]),
        ("sead = 1", ["sead", "no such setting", "Did you mean seed?"]),
        (
            f'{LAYER}units = 4\nactivation = "sigmoyd"',
            ["network.layers.0.activation", "'sigmoyd' is not known", "Did you mean sigmoid?"],
        ),
        (
            f'{LAYER}units = 4\ninit = {{kind = "he_norml"}}',
            ["network.layers.0.init", "'he_norml' is not known", "Did you mean he_normal?"],
        ),
        ('[data]\nkind = "moon"', ["data.kind", "'moon' is not known", "Did you mean moons?"]),
        (
            '[training]\nclip = {kind = "norms", limit = 1}',
            ["training.clip", "'norms'", "Did you mean norm?"],
        ),
        (
            f'{OPTIMIZER}kind = "adamm"',
            ["training.optimizer", "'adamm'", "Did you mean adam?"],
        ),
        (
            f'{OPTIMIZER}kind = "adam"\nmomentum = 0.9',
            ["training.optimizer.momentum", "no such setting", "beta1"],
        ),
        (
            f'{LAYER}units = 4\nbatch_norm = "before"',
            ["network.layers.0.batch_norm", "'before' is not known", "before_activation"],
        ),
        (f"{LAYER}units = 0", ["network.layers.0.units", "0 is too small", "at least 1"]),
        (f"{LAYER}units = 1.5", ["network.layers.0.units", "1.5", "whole number"]),
        (f"{LAYER}units = 4\ndropout = 1.0", ["dropout", "1.0 is too large", "less than 1"]),
        (f"{OPTIMIZER}kind = 'sgd'\nlr = nan", ["training.optimizer.lr", "nan", "finite"]),
        (f"{OPTIMIZER}kind = 'sgd'\nlr = inf", ["training.optimizer.lr", "inf", "finite"]),
        (f"{OPTIMIZER}kind = 'sgd'\nlr = 0", ["training.optimizer.lr", "0", "more than 0"]),
        (f"{OPTIMIZER}kind = 'sgd'\nlr = 'fast'", ["training.optimizer.lr", "'fast'", "number"]),
        (f"{OPTIMIZER}lr = 0.1", ["training.optimizer.kind", "missing", "sgd", "adam"]),
        ("seed = -1", ["seed", "-1 is too small", "at least 0"]),
        ("[training]\ndevice = 'gpu'", ["training.device", "'gpu' is no device", "cuda"]),
        ("[training]\nbatch_size = 'many'", ["training.batch_size", "'many'", "whole number"]),
        (
            f"{LAYER}units = 4\nbatch_norm = 'after_activation'\n[training]\nbatch_size = 1",
            ["batch norm needs at least two samples", "batch_size is 1"],
        ),
        (
            f"{LAYER}units = 4\ninit = {{kind = 'uniform', low = 2.0, high = 1.0}}",
            ["network.layers.0.init", "lower limit 2", "upper limit 1"],
        ),
        ("schema = 99", ["schema", "99", "newer", "Update"]),
        ("network = 3", ["network", "3 does not fit", "table"]),
        ("this is no TOML", ["is not valid TOML", "line 1"]),
    ],
)
def test_one_sentence_repeats_the_input_and_says_what_to_do(document, said):
    message = refused(document)
    for part in said:
        assert part in message
    assert len(message.splitlines()) == 1
    assert "pydantic" not in message.lower()


def test_an_unknown_schema_names_the_one_that_is_known():
    assert "1" in refused("schema = 0").replace("schema: 0", "")


def test_all_problems_are_reported_together_each_with_its_field():
    with pytest.raises(ExperimentError) as info:
        parse_toml(
            f"sed = 1\n{LAYER}units = 0\nactivation = 'rely'\n"
            f"[training]\nbatch_size = 0\n{OPTIMIZER}kind = 'sgd'\nlr = nan"
        )
    assert {problem.field for problem in info.value.problems} == {
        "sed",
        "network.layers.0.units",
        "network.layers.0.activation.kind",
        "training.batch_size",
        "training.optimizer.lr",
    }
    assert len(str(info.value).splitlines()) == 5


def test_a_file_that_does_not_exist_or_is_no_text_is_named(tmp_path):
    with pytest.raises(LabError, match=r"no file .*nowhere\.toml"):
        read_experiment(tmp_path / "nowhere.toml")
    (tmp_path / "picture.toml").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(LabError, match=r"picture\.toml.* it is not text in UTF-8\."):
        read_experiment(tmp_path / "picture.toml")
    with pytest.raises(LabError, match="is a folder"):
        read_experiment(tmp_path)


@pytest.mark.parametrize("content", ["", " \n\t\n", "# only a remark\n\n  # and another\n"])
def test_a_file_without_a_single_setting_is_told_to_be_empty(tmp_path, content):
    (tmp_path / "void.toml").write_text(content, encoding="utf-8")
    with pytest.raises(LabError, match=r"void\.toml' is empty"):
        read_experiment(tmp_path / "void.toml")


def test_a_newer_schema_is_told_in_two_sentences():
    with pytest.raises(ExperimentError) as info:
        Experiment.parse({"schema": 7})
    assert str(info.value) == (
        "schema: 7 was written by a newer laboratory (this one reads 1)."
        " Update Gradoscope to open it."
    )


def test_a_file_that_is_no_toml_is_named_with_the_line(tmp_path):
    (tmp_path / "bad.toml").write_text("seed = 1\nname = = 2\n", encoding="utf-8")
    with pytest.raises(LabError, match=r"bad\.toml.*not valid TOML.*line 2"):
        read_experiment(tmp_path / "bad.toml")


def test_an_unknown_experiment_gets_the_nearest_name():
    with pytest.raises(LabError, match=r"'twenty-sigmoid-layer'.*Did you mean twenty-sigmoid-"):
        catalogue.load("twenty-sigmoid-layer")


def test_cuda_where_there_is_none_is_refused_with_what_there_is(monkeypatch):
    monkeypatch.setattr(devices, "available_devices", lambda: [("cpu", "CPU")])
    for device in ("cuda", "cuda:3", "mps"):
        with pytest.raises(DeviceError, match=f"no device '{device}'.*auto, cpu") as info:
            AutogradEngine(Experiment.parse({"training": {"device": device}}))
        assert info.value.field == "training.device"


def test_a_missing_data_file_is_named_with_its_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(samples, "resource_path", lambda *parts: tmp_path.joinpath(*parts))
    with pytest.raises(DataError, match=r"digits8x8\.npz.*missing") as info:
        AutogradEngine(Experiment())
    assert str(tmp_path) in str(info.value)
    assert info.value.field == "data.kind"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"no archive"])
def test_a_damaged_data_file_is_named(monkeypatch, tmp_path, content):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "digits8x8.npz").write_bytes(content)
    monkeypatch.setattr(samples, "resource_path", lambda *parts: tmp_path.joinpath(*parts))
    with pytest.raises(DataError, match=r"digits8x8\.npz.*damaged"):
        samples.load_samples(Experiment().data, 0)


# Single settings -------------------------------------------------------------------------


def moons():
    return catalogue.load("two-moons")


def test_settings_are_changed_by_path_and_nothing_else_is():
    changed = with_settings(moons(), ["training.optimizer.lr=0.25", "name=Other", "seed = 7"])
    assert changed.training.optimizer.lr == 0.25
    assert (changed.name, changed.seed) == ("Other", 7)
    paths = {one.path for one in differences(moons(), changed)}
    assert paths == {"training.optimizer.lr", "name", "seed"}


def test_a_star_stands_for_every_layer():
    two = Experiment.parse({"network": {"layers": [{"units": 3}, {"units": 5}]}})
    changed = with_settings(two, ["network.layers.*.units=32", "network.layers.1.dropout=0.5"])
    assert [one.units for one in changed.network.layers] == [32, 32]
    assert [one.dropout for one in changed.network.layers] == [0.0, 0.5]


@pytest.mark.parametrize("assignment", ["training.optimizer=adam", "training.optimizer.kind=adam"])
def test_a_new_kind_starts_from_its_own_defaults(assignment):
    optimizer = with_settings(moons(), [assignment]).training.optimizer
    assert optimizer.kind == "adam"
    assert optimizer.lr == 0.001  # not the 0.05 of SGD


@pytest.mark.parametrize(
    "assignment", ["network.layers.*.activation=relu", "network.layers.*.activation.kind=relu"]
)
def test_activations_are_switched_for_all_layers(assignment):
    layers = with_settings(moons(), [assignment]).network.expanded()
    assert [one.activation.kind for one in layers] == ["relu", "relu"]


def test_other_data_keep_the_settings_that_they_share():
    start = with_settings(moons(), ["data.validation=0.4", "data.standardize=false"])
    data = with_settings(start, ["data.kind=digits"]).data
    assert (data.kind, data.validation, data.standardize) == ("digits", 0.4, False)


def test_an_inline_table_replaces_a_whole_choice():
    clip = with_settings(moons(), ['training.clip={kind="norm", limit=2.5}']).training.clip
    assert (clip.kind, clip.limit) == ("norm", 2.5)


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("training.optimiser.lr=0.1", ["Did you mean training.optimizer.lr?"]),
        ("training.optimizer.lrr=0.1", ["training.optimizer.lrr", "Did you mean lr?"]),
        ("training.optimizer=adm", ["training.optimizer", "'adm'", "adam"]),
        ("network.layers.7.units=3", ["network.layers.7.units", "'7'"]),
        ("network.layers.*.units=0", ["units", "0 is too small"]),
        ("training.optimizer.lr=nan", ["training.optimizer.lr", "nan"]),
        ("training.optimizer.lr", ["training.optimizer.lr", "no assignment"]),
        ("=3", ["no assignment"]),
        ("seed.x=3", ["seed.x", "no such setting"]),
        ("name=''", ["name: is empty. Write something."]),
        (f"name={'ab' * 61}", ["'abab", "…' is too long: 122 characters. Use at most 120 char"]),
        ("training.batch_size='1e9'", ["1e9 is too large. Use at most 1000000."]),
        ("training.batch_size=1e300", ["1e+300 is too large. Use at most 1000000."]),
        ("training.batch_size='-1e300'", ["-1e300 is too small. Use at least 1."]),
        ("training.batch_size='1e3'", ["'1e3' does not fit. Write 1000."]),
        ("training.batch_size='2.5'", ["'2.5' does not fit. Write a whole number."]),
        ("training.batch_size=many", ["'many' does not fit. Write a whole number."]),
        (f"training.batch_size='{'9' * 5000}'", ["99… is too large. Use at most 1000000."]),
        ("training.optimizer.lr=0,05", ["'0,05' does not fit. Write it with a point: 0.05."]),
        ("training.optimizer.lr=1e30", ["1e+30 is too large. Use at most 1000000000."]),
        ("seed=99999999999999999999", ["is too large. Use at most 9223372036854775807."]),
        ("training.steps=10000000000001", ["is too large. Use at most 1000000000000."]),
        ("data.scale=7", ["7 is not known"]),
    ],
)
def test_a_wrong_assignment_gets_a_sentence(assignment, said):
    with pytest.raises(ExperimentError) as info:
        with_settings(moons(), [assignment])
    for part in said:
        assert part in str(info.value)


def test_a_number_is_text_where_text_is_wanted():
    assert with_settings(moons(), ["data.classes=7"]).data.classes == "7"
    assert with_settings(moons(), ["name=2026-07-01"]).name == "2026-07-01"
    table = with_settings(moons(), ["data=csv", "data.target=02", "data.path=7.50"]).data
    assert (table.target, table.path) == ("02", "7.50")
    assert with_settings(moons(), ["training.batch_size=7"]).training.batch_size == 7
    with pytest.raises(ExperimentError, match=r"\[7\] does not fit\. Write text\."):
        with_settings(moons(), ["data.classes=[7]"])


def test_rescaled_says_around_what_it_cannot_stand():
    (other,) = (set(KINDS["activation"]) - set(KINDS["inner"])) - {"rescaled"}
    assert other == "prelu"
    assert "PReLU" in (Rescaled.model_fields["inner"].description or "")


def test_all_wrong_assignments_are_reported_together():
    with pytest.raises(ExperimentError) as info:
        with_settings(moons(), ["trainin.epochs=1", "network.layers.9.units=1"])
    assert len(info.value.problems) == 2


def test_experiments_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        moons().seed = 3


# Differences -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assignment", "path", "scope"),
    [
        ("name=Other", "name", Scope.NOTE),
        ("seed=9", "seed", Scope.RESTART),
        ("data.noise=0.5", "data.noise", Scope.RESTART),
        ("data=digits", "data", Scope.RESTART),
        ("training.optimizer.lr=9", "training.optimizer.lr", Scope.LIVE),
        ("training.optimizer.momentum=0", "training.optimizer.momentum", Scope.LIVE),
        ("training.optimizer=adam", "training.optimizer", Scope.RESTART),
        ("training.batch_size=7", "training.batch_size", Scope.LIVE),
        ("training.epochs=7", "training.epochs", Scope.LIVE),
        ("training.l1=0.1", "training.l1", Scope.LIVE),
        ("training.l2=0.1", "training.l2", Scope.LIVE),
        ("training.weight_decay=0.1", "training.weight_decay", Scope.LIVE),
        ("training.clip=norm", "training.clip", Scope.LIVE),
        ("training.device=cpu", "training.device", Scope.RESTART),
        ("network.layers.0.units=9", "network.layers.{}.units", Scope.RESTART),
        ("network.layers.0.activation=relu", "network.layers.{}.activation", Scope.LIVE),
        ("network.layers.0.dropout=0.1", "network.layers.{}.dropout", Scope.LIVE),
        ("network.layers.0.init=zeros", "network.layers.{}.init", Scope.REINIT),
        ("network.layers.0.batch_norm=after_activation", "network.layers.{}.batch_norm", "restart"),
        ("network.layers.0.repeat=3", "network.layers", Scope.RESTART),
        ("network.output.init=zeros", "network.output.init", Scope.REINIT),
    ],
)
def test_every_difference_says_when_it_takes_effect(assignment, path, scope):
    found = differences(moons(), with_settings(moons(), [assignment]))
    layers = range(2) if "{}" in path else [0]  # the entry stands for two layers
    assert [one.path for one in found] == [path.format(i) for i in layers]
    assert {one.scope for one in found} == {scope}


@given(experiments)
def test_nothing_differs_from_itself(experiment):
    assert differences(experiment, experiment) == ()


def test_writing_out_a_repeat_is_no_difference():
    out = with_settings(moons(), ["network.layers.0.repeat=1"]).plain()
    out["network"]["layers"] *= 2
    assert differences(moons(), Experiment.parse(out)) == ()


def summary(*assignments, start=None):
    start = start or moons()
    return summarize(differences(start, with_settings(start, list(assignments))))


def test_a_summary_names_old_and_new_value():
    assert summary("training.optimizer.lr=0.01") == "rate 0.05 → 0.01"
    assert summary("training.clip=norm") == "clip none → norm 1"


def test_a_summary_joins_equal_changes_of_many_layers():
    twenty = catalogue.load("twenty-sigmoid-layers")
    text = summary(
        "network.layers.*.activation=relu",
        "network.layers.*.init=he_normal",
        "training.optimizer.lr=0.02",
        start=twenty,
    )
    assert text.split("; ") == [
        "sigmoid → ReLU, Glorot → He (layers 1-20)",
        "rate 0.05 → 0.02",
    ]


def test_a_summary_counts_layers_from_one():
    two = with_settings(moons(), ["network.layers.0.repeat=1"]).plain()
    two["network"]["layers"].append({"units": 8, "activation": "tanh"})
    assert summary("network.layers.1.dropout=0.5", start=Experiment.parse(two)) == (
        "dropout 0 → 0.5 (layer 2)"
    )


def test_a_summary_names_the_output_layer():
    assert summary("network.output.activation=tanh") == "linear → tanh (output)"
    assert summary("network.layers.*.init=zeros", "network.output.init=zeros") == (
        "glorot uniform → zeros (layers 1-2, output)"
    )
    assert summary("network.output.bias_init={kind='constant', value=2}") == (
        "biases zeros → constant 2 (output)"
    )


def test_a_summary_tells_of_a_part_what_is_not_as_always_by_its_title():
    rate = "training.optimizer"
    assert summary(f"{rate}=adam").startswith("optimizer SGD rate 0.05 → Adam rate 0.001")
    for inside, text in {
        "kind='adam', lr=0.1, beta1=0.5": "Adam rate 0.1, beta 1 0.5",
        "kind='rmsprop'": "RMSProp rate 0.01",
    }.items():
        assert summary(f"{rate}={{{inside}}}").endswith(f"→ {text}")
    sgd = with_settings(moons(), [f"{rate}={{kind='sgd', lr=0.05, momentum=0.5, nesterov=true}}"])
    text = summarize(differences(sgd, with_settings(sgd, [f"{rate}=adam"])))
    assert text == "optimizer SGD rate 0.05, momentum 0.5, nesterov → Adam rate 0.001"
    assert summary("network.output.activation=rescaled") == (
        "linear → rescaled alpha 2, tanh (output)"
    )
    assert summary("network.output.init={kind='normal', std=0.5}") == (
        "glorot uniform → normal mean 0, std 0.5 (output)"
    )


def test_a_summary_tells_initialisers_as_chosen_until_weights_are_drawn():
    changes = differences(
        moons(),
        with_settings(
            moons(),
            [
                "network.layers.*.activation=relu",
                "network.layers.*.init=he_normal",
                "network.output.init=zeros",
            ],
        ),
    )
    assert summarize(changes, ()) == (
        "tanh → ReLU (layers 1-2); at the next draw: Glorot → He (layers 1-2);"
        " at the next draw: glorot uniform → zeros (output)"
    )
    assert summarize(changes, {1, OUTPUT}) == (
        "tanh → ReLU (layers 1-2); Glorot → He (layer 2);"
        " glorot uniform → zeros (output);"
        " at the next draw: Glorot → He (layer 1)"
    )
    assert summarize(changes, {0, 1, OUTPUT}) == summarize(changes)
