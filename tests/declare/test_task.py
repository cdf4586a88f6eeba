"""A declaration that contradicts itself is refused in full; a sound one travels and stays."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pyarrow as pa
import pytest
from mixbuild.core.errors import TaskError, UsageError
from mixbuild.declare.options import ChoiceSlot
from mixbuild.declare.slots import Slot, column, field, first, is_empty, label, project
from mixbuild.declare.task import SEED, Source, Task
from mixbuild.declare.template import Template
from mixbuild.tasks import ALL

SOURCE = Source("org/name", license="cc0-1.0", citation="@misc{name}")
TEMPLATE = Template("seed", "Do {text} \n[OUTPUT]: {label}")
OTHER = Template("terse", "{text}, in a word\n[OUTPUT]: {label}")


def make(**changes: Any) -> Task:
    """A sound task, but for the changes."""
    sound: dict[str, Any] = {
        "name": "task",
        "family": "sentiment",
        "source": SOURCE,
        "splits": {"train": "train"},
        "templates": (TEMPLATE, OTHER),
    }
    return Task(**(sound | changes))


def fault(**changes: Any) -> str:
    """The full message of the error that the changes make."""
    with pytest.raises(TaskError) as caught:
        make(**changes)
    return str(caught.value)


def shown(slots: Mapping[str, Slot | ChoiceSlot]) -> dict[str, tuple[object, ...]]:
    """Slots as text: expressions compare to expressions, not to booleans."""
    return {
        name: (str(slot.value), slot.reads, str(slot.accepted), str(slot.valid), slot.expected)
        if isinstance(slot, Slot)
        else (slot,)
        for name, slot in slots.items()
    }


@pytest.mark.parametrize("name", ["Task", "", "1st", "a-b", "a b"])
def test_a_name_is_in_snake_case(name: str) -> None:
    assert fault(name=name) == f"task {name!r}: expected a name in snake_case, got {name!r}"


@pytest.mark.parametrize("repo", ["squad", "", "a/b/c", "org/", "/name", "org/na me", "org/name\n"])
def test_a_source_is_named_with_its_namespace(repo: str) -> None:
    message = fault(source=replace(SOURCE, repo=repo))
    assert message == f"task 'task': expected a source like 'org/name', got {repo!r}"


def test_a_source_has_a_license() -> None:
    message = fault(source=replace(SOURCE, license=""))
    assert message == "task 'task': the source has no license"


def test_a_task_has_splits() -> None:
    assert fault(splits={}) == "task 'task': no splits"


@pytest.mark.parametrize("split", ["train-clean", "Train", "", "1", "train.all"])
def test_a_split_is_in_snake_case(split: str) -> None:
    message = fault(splits={"train": "train", split: "train-clean"})
    expected = f"expected a split in snake_case (the Hub takes no dashes), got {split!r}"
    assert message == f"task 'task': {expected}"


def test_a_split_of_the_source_may_be_called_anything() -> None:
    assert dict(make(splits={"clean": "train-clean.100"}).splits) == {"clean": "train-clean.100"}


@pytest.mark.parametrize(("templates", "got"), [((), "[]"), ((OTHER, TEMPLATE), "['terse']")])
def test_the_first_template_is_the_seed(templates: tuple[Template, ...], got: str) -> None:
    message = fault(templates=templates)
    assert message == f"task 'task': the first template must be named 'seed', got {got}"


def test_templates_have_names_of_their_own() -> None:
    again = Template("terse", "{text}\n\nWhat is it?\n[OUTPUT]: {label}")
    message = fault(templates=(TEMPLATE, OTHER, again))
    assert message == "task 'task': 2 templates have the name 'terse'"


def test_templates_have_texts_of_their_own() -> None:
    copies = tuple(Template(name, TEMPLATE.text) for name in ("seed", "one", "two"))
    message = fault(templates=copies)
    assert message == ("task 'task': 3 templates have the text 'Do {text} \\n[OUTPUT]: {label}'")


@pytest.mark.parametrize("name", ["sample", "all"])
def test_a_template_is_not_called_what_asks_for_several(name: str) -> None:
    # --templates sample|all could never mean it
    with pytest.raises(TaskError, match=name):
        make(templates=(TEMPLATE, Template(name, OTHER.text)))


def test_a_slot_fills_something() -> None:
    message = fault(
        slots={"label": label("label", {"0": "a", "1": "b"}), "labell": column("label")}
    )
    assert message == "task 'task': slot 'labell' is in no template"


def test_at_most_one_output_has_several_accepted_values() -> None:
    both = Template("both", "Do {text} \n[OUTPUT]: {label} or {other}")
    slots = {"label": first("answers"), "other": first("others")}
    message = fault(templates=(TEMPLATE, both), slots=slots)
    expected = "template 'both': more than one output has several accepted values"
    assert message == f"task 'task': {expected}"
    # one of them is no output here, so that nothing is in doubt
    apart = Template("apart", "Do {text} with {other}\n[OUTPUT]: {label}")
    assert make(templates=(TEMPLATE, apart), slots=slots).slots["other"] is slots["other"]


def test_all_contradictions_are_named_at_once() -> None:
    message = fault(
        name="No",
        source=Source("squad"),
        splits={"a-b": "x"},
        templates=(OTHER, OTHER),
        slots={"c": column("c")},
    )
    assert message == (
        "task 'No': expected a name in snake_case, got 'No'; "
        "expected a source like 'org/name', got 'squad'; "
        "the source has no license; "
        "expected a split in snake_case (the Hub takes no dashes), got 'a-b'; "
        "the first template must be named 'seed', got ['terse']; "
        "2 templates have the name 'terse'; "
        "2 templates have the text '{text}, in a word\\n[OUTPUT]: {label}'; "
        "slot 'c' is in no template"
    )


def test_a_placeholder_without_a_slot_is_filled_by_the_column_of_its_name() -> None:
    named = label("class", {"0": "a", "1": "b"})
    task = make(slots={"label": named})
    assert list(task.slots) == ["text", "label"]
    assert task.slots["label"] is named
    assert shown({"text": task.slots["text"]}) == shown({"text": column("text")})
    assert dict(task.drops) == {}


def test_template_finds_by_name() -> None:
    task = make()
    assert task.template("terse") is OTHER
    assert task.template(SEED) is TEMPLATE


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sed", "unknown template 'sed'; did you mean 'seed'? Known: seed, terse"),
        ("Terse", "unknown template 'Terse'; did you mean 'terse'? Known: seed, terse"),
        ("xyz", "unknown template 'xyz'. Known: seed, terse"),
        ("", "unknown template ''. Known: seed, terse"),
    ],
)
def test_template_of_another_name_says_which_are_near(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make().template(name)
    assert str(caught.value) == f"task 'task': {message}"


@pytest.mark.parametrize("attribute", ["splits", "slots", "drops"])
def test_a_mapping_of_a_task_is_read_only(attribute: str) -> None:
    task = make(slots={"label": column("label")}, drops={"none": is_empty("names")})
    expected = r"^'mappingproxy' object does not support item assignment$"
    with pytest.raises(TypeError, match=expected):
        getattr(task, attribute)["new"] = "value"
    assert "new" not in getattr(task, attribute)


def test_a_task_does_not_follow_what_it_was_made_of() -> None:
    splits, slots, drops = {"train": "train"}, {"label": column("label")}, {"none": field("x") < 0}
    task = make(splits=splits, slots=slots, drops=drops)
    splits["test"], slots["text"], drops["more"] = "test", column("other"), field("y") < 0
    assert list(task.splits) == ["train"]
    assert shown({"text": task.slots["text"]}) == shown({"text": column("text")})
    assert list(task.drops) == ["none"]


def test_a_task_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError, match=r"^cannot assign to field 'name'$"):
        make().name = "other"  # type: ignore[misc]  # it is refused


@pytest.mark.parametrize(
    ("split", "what"),
    [
        ("tets", "unknown split 'tets'; did you mean 'test'? Known: train, test"),
        ("train", "expected a split to evaluate by, got 'train'"),
    ],
)
def test_a_benchmark_is_a_split_that_nobody_trains_on(split: str, what: str) -> None:
    splits = {"train": "train", "test": "test"}
    assert fault(splits=splits, benchmarks={"bench": split}) == (
        f"task 'task': benchmark 'bench': {what}"
    )


@pytest.mark.parametrize("way", ["pickle", "deepcopy"])
@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_task_survives_the_way_to_a_worker(task: Task, way: str) -> None:
    # our own bytes
    again = pickle.loads(pickle.dumps(task)) if way == "pickle" else copy.deepcopy(task)  # noqa: S301
    for attribute in ("name", "family", "source", "templates", "benchmarks"):
        assert getattr(again, attribute) == getattr(task, attribute)
    assert list(again.splits.items()) == list(task.splits.items())
    assert list(shown(again.slots).items()) == list(shown(task.slots).items())
    assert {reason: str(drop) for reason, drop in again.drops.items()} == {
        reason: str(drop) for reason, drop in task.drops.items()
    }
    assert type(again.splits) is type(task.splits)


def test_expressions_of_a_pickled_task_still_evaluate() -> None:
    slots = {"label": label("class", {"0": "a", "1": "b"})}
    task = make(slots=slots, drops={"unlabelled": field("class") < 0})
    again: Any = pickle.loads(pickle.dumps(task))  # noqa: S301  # our own bytes
    batch = pa.record_batch({"class": [1, -1], "text": ["x", "y"]})
    columns = {
        "text": again.slots["text"].value,
        "label": again.slots["label"].value,
        "drop": again.drops["unlabelled"],
    }
    assert project(batch, columns).to_pylist() == [
        {"text": "x", "label": "b", "drop": False},
        {"text": "y", "label": None, "drop": True},
    ]


def test_a_family_that_is_not_known_is_refused_with_the_near_ones() -> None:
    message = fault(family="sentiments")
    assert message.startswith(
        "task 'task': unknown family 'sentiments'; did you mean 'sentiment'? Known: question"
    )


def test_a_pickled_task_keeps_its_waivers() -> None:
    task = make(waivers={"class-balance": "rows of one class are what it is about"})
    assert pickle.loads(pickle.dumps(task)).waivers == task.waivers  # noqa: S301  # our own bytes
