"""Training on a reduced set: the same bytes twice, near-duplicates, corrections, and a worse model that stays out."""

import hashlib
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from baocao.cli import app
from baocao.errors import ModelError, UsageError
from baocao.index.lookup import reports
from baocao.pipeline import analysis, analyze
from baocao.pipeline import train as training
from baocao.pipeline.classify import load_model, read_model
from baocao.pipeline.train import (
    Example,
    Passage,
    Score,
    Training,
    compare,
    corrected_examples,
    examples_of,
    fit,
    is_worse,
    label_model,
    read_passages,
    score_of,
    temperature,
    without_near_duplicates,
)
from baocao.report import By, Label, RawDocument, Report, Source

FIELDS = ("y-te", "thanh-tra", "giao-duc-doan-the", "kinh-te-nong-nghiep", "hanh-chinh-do-thi")
TEXT = (
    "BÁO CÁO\nCông tác quý I năm 2018\n\n"
    "I. KẾT QUẢ ĐẠT ĐƯỢC\n\nTrạm y tế các xã đã khám cho 2.140 lượt người, đạt 104% kế hoạch.\n\n"
    "II. KHÓ KHĂN\n\nMáy thở còn thiếu so với nhu cầu của các trạm ở xa.\n\n"
    "III. KIẾN NGHỊ\n\nĐề nghị UBND huyện cấp thêm kinh phí mua máy thở trong năm 2019.\n"
)


def few() -> list[Passage]:
    return [p for p in read_passages() if p.field in FIELDS][:24]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    passages = few()
    monkeypatch.setattr(training, "read_passages", lambda: passages)


def report(name: str = "t", text: str = TEXT) -> Report:
    return analyze(RawDocument(Source(name, hashlib.sha256(name.encode()).hexdigest(), "text/plain", 0), text))


def corrected(found: Report, labels: dict[str, Label]) -> Report:
    """The report with the sentences that begin with these words labelled by a person."""
    sentences = tuple(
        replace(s, label=label, confidence=1.0, by=By.PERSON)
        if (label := next((v for k, v in labels.items() if s.of(found.text).startswith(k)), None))
        else s
        for s in found.sentences
    )
    return replace(found, sentences=sentences)


def test_the_same_sentences_give_the_same_bytes(small: None, tmp_path: Path) -> None:
    told = training.train(tmp_path / "a.skops")
    assert told.installed and told.before is None
    # Another process has other places in memory and another order of sets.
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "import test_train as t; from baocao.pipeline import train\n"
        "p = t.few(); train.read_passages = lambda: p; train.train(Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path / "c.skops")]
    subprocess.run(command, check=True, timeout=120, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert (tmp_path / "a.skops").read_bytes() == (tmp_path / "c.skops").read_bytes()
    assert score_of(tmp_path / "a.skops") == told.after  # the model tells how right it is


def test_labelling_gives_what_scikit_learn_gives(small: None, tmp_path: Path) -> None:
    import skops.io

    training.train(tmp_path / "m.skops")
    pipeline = skops.io.load(tmp_path / "m.skops", trusted=["numpy.dtype", "scipy.sparse._csr.csr_matrix"])
    rows = [e.features for e in training.examples_of(few())] + ["w=chưa thấy", ""]
    ours = read_model(tmp_path / "m.skops")
    assert [label.value for label in ours.labels] == list(pipeline.classes_)
    cooled = pipeline.predict_proba(rows) ** (1 / temperature(training.examples_of(few())))
    np.testing.assert_allclose(ours.probabilities(rows), cooled / cooled.sum(axis=1, keepdims=True), atol=1e-9)


def test_a_model_is_read_from_where_it_is_chosen(small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.skops"
    training.train(file)
    load_model.cache_clear()
    shipped = load_model()
    monkeypatch.setenv("BAOCAO_MODEL", str(file))
    load_model.cache_clear()
    try:
        assert len(load_model().features) < len(shipped.features)
        file.write_bytes(b"PK\x03\x04 not a model")
        load_model.cache_clear()
        with pytest.raises(ModelError, match=r"m\.skops is damaged"):
            load_model()
    finally:
        load_model.cache_clear()
    assert score_of(file) is None and score_of(tmp_path / "none") is None
    with pytest.raises(ModelError, match="no classifier"):
        read_model(tmp_path / "none")


WORDS = ["hội", "nghị", "sơ", "kết", "tỉnh", "năm", "2017", "12,5%", "đã"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.lists(st.sampled_from(WORDS), max_size=9), st.sampled_from("ab")), max_size=14))
def test_near_duplicates_are_those_of_all_pairs(drawn: list[tuple[list[str], str]]) -> None:
    examples = [Example(" ".join(words), "", label, "f") for words, label in drawn]
    kept: list[Example] = []
    for e in examples:  # every pair compared: slow and plain
        own = training._shingles(e.text)
        near = (k for k in kept if k.label == e.label and 5 * len(own & training._shingles(k.text)) >= 4 * len(
            own | training._shingles(k.text)))  # fmt: skip
        if next(near, None) is None:
            kept.append(e)
    assert without_near_duplicates(examples) == kept


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("Số: 31/KH-UBND", "Số: 342/KH-UBND", True),  # numbers are alike
        ("KT. CHỦ TỊCH", "Kt. chủ tịch", True),
        ("Đã khám cho 120 lượt người dân của các xã.", "Đã khám cho 98 lượt người dân của các xã!", True),
        ("Đã khám cho 120 lượt người dân của các xã.", "Chưa khám cho lượt người dân nào của các xã.", False),
        ("Thiếu máy thở.", "Thiếu máy chiếu.", False),
    ],
)
def test_near_duplicates_by_example(one: str, other: str, near: bool) -> None:
    pair = [Example(one, "", "other", "a"), Example(other, "", "other", "b")]
    assert len(without_near_duplicates(pair)) == (1 if near else 2)
    assert len(without_near_duplicates([pair[0], replace(pair[1], label="difficulty")])) == 2


def test_corrections_have_the_features_that_the_pipeline_gave_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def classify(rows: Sequence[str]) -> list[tuple[Label, float]]:
        seen.extend(rows)
        return [(Label.OTHER, 0.5)] * len(rows)

    monkeypatch.setattr(analysis, "classify", classify)
    found = report()
    every = replace(found, sentences=tuple(replace(s, by=By.PERSON) for s in found.sentences))
    assert [e.features for e in corrected_examples([every])] == seen
    some = corrected(found, {"Máy thở": Label.DIFFICULTY})
    (only,) = corrected_examples([found, some])
    assert (only.label, only.group) == ("difficulty", found.id) and "h=khan" in only.features.split("\t")


def unseen_kind(n: int) -> list[Report]:
    """Reports that say difficulties in words of their own, each corrected."""
    verbs = ("kẹt xe cẩu", "kẹt máy xúc", "kẹt xà lan", "kẹt dây chuyền", "kẹt cầu phao", "kẹt tàu hút")
    places = ("bến Đông", "bãi Tây", "kho Nam", "cảng Bắc", "đò Trung", "cầu Thượng")
    texts = [f"Đội {i} {verbs[i % 6]} tại {places[(i // 2) % 6]} suốt tuần {i}." for i in range(n)]
    return [corrected(report(f"r{i}", t), {"Đội": Label.DIFFICULTY}) for i, t in enumerate(texts)]


def test_corrections_teach_what_the_shipped_sentences_do_not(small: None, tmp_path: Path) -> None:
    told = training.train(tmp_path / "models" / "m.skops", unseen_kind(12))
    assert told.before is not None and told.installed
    assert told.after.corrections == told.before.corrections == told.corrections >= 6
    assert told.before.corrections_right < told.after.corrections_right == told.corrections
    assert told.after.macro_f1 >= told.before.macro_f1 - 0.005
    assert [row[0].split(":")[0] for row in told.rows()] == [
        "fields left out",
        "fields left out",
        "corrections left out",
    ]


def test_a_worse_model_is_not_written_unless_forced(small: None, tmp_path: Path) -> None:
    file = tmp_path / "m.skops"
    file.write_bytes(b"what was there")
    draw = random.Random(3)
    texts = [text for p in few() for _, text, label in p.sentences if label is Label.ACHIEVEMENT]
    wrong = [corrected(report(f"r{i}", t), {t[:3]: Label.OTHER}) for i, t in enumerate(draw.sample(texts, 40))]
    told = training.train(file, wrong)
    assert told.before is not None and not told.installed
    assert told.after.macro_f1 < told.before.macro_f1 - 0.005
    assert file.read_bytes() == b"what was there" and list(tmp_path.iterdir()) == [file]
    assert training.train(file, wrong, force=True).installed and score_of(file) == told.after


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (None, Score(0.1, 0.1), False),
        (Score(0.9, 0.9), Score(0.896, 0.8), False),  # within what chance does
        (Score(0.9, 0.9), Score(0.894, 0.9), True),
        (Score(0.9, 0.9, 3, 10), Score(0.9, 0.9, 2, 10), True),
        (Score(0.9, 0.9, 3, 10), Score(0.9, 0.9, 3, 10), False),
        (Score(0.9, 0.9, 8, 10), Score(0.9, 0.9, 3, 4), False),  # other corrections: not to be compared
    ],
)
def test_worse(before: Score | None, after: Score, worse: bool) -> None:
    assert is_worse(before, after) is worse


def test_unseen_means_unseen() -> None:
    """A model that knows its sentences by heart scores nothing on what is held out."""
    shipped = [Example(f"s{i}", f"w=s{i}", "other", f"f{i % 5}") for i in range(50)]
    held: list[Any] = []

    class Heart:
        def fit(self, x: list[str], y: list[str], **_: Any) -> "Heart":
            self.known = set(x)
            return self

        def predict(self, x: list[str]) -> list[str]:
            held.append(set(x) & self.known)
            return ["other"] * len(x)

    true, _ = training.held_out(shipped, Heart)
    assert len(true) == 50 and len(held) == 5 and not any(held)
    corrections = [Example(f"c{i}", f"w=c{i}", "other", "one report") for i in range(7)]
    held.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "fit", lambda a, b=(): Heart().fit([e.features for e in (*a, *b)], []))
        before, after = compare(shipped, corrections)
    assert before.corrections == after.corrections == 7 and not any(held)


def test_examples_keep_the_order_of_the_passages() -> None:
    passages = few()[:3]
    assert [e.text for e in examples_of(passages)] == [text for p in passages for _, text, _ in p.sentences]


def told_worse(*_: Any, **__: Any) -> Training:
    return Training(Path("x"), 5, 2, 1, Score(0.9, 0.9, 2, 2), Score(0.8, 0.8, 1, 2), False)


def test_the_command_refuses_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "train", told_worse)
    done = CliRunner().invoke(app, ["train", "--json"])
    assert isinstance(done.exception, ModelError) and done.exception.exit_code == 1
    assert "--force" in str(done.exception)
    told = json.loads(done.stdout)
    assert not told["installed"] and told["before"]["macro_f1"] == 0.9 and told["after"]["corrections_right"] == 1
    assert "2 of 2" in CliRunner().invoke(app, ["train"]).stdout


def test_the_command_takes_corrections_from_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from baocao.index import open_archive
    from baocao.index.archive import Incoming
    from baocao.index.corrections import relabel

    found = report()
    archive = tmp_path / "a"
    with open_archive(archive) as opened:
        opened.add([Incoming.of(found, "t.txt", TEXT.encode())])
    done = CliRunner().invoke(app, ["train", "--corrections", str(archive)])
    assert isinstance(done.exception, UsageError) and "correct relabel" in str(done.exception)
    with open_archive(archive) as opened:
        opened.correct(found.id, relabel(found, TEXT.index("Máy thở"), Label.ACHIEVEMENT))
    asked: list[Any] = []

    def train(destination: Path, reports: list[Report], *, force: bool) -> Training:
        asked.append((destination, [(e.text[:7], e.label) for e in corrected_examples(reports)], force))
        return replace(told_worse(), installed=True)

    monkeypatch.setattr(training, "train", train)
    assert CliRunner().invoke(app, ["train", "--corrections", str(archive)]).exit_code == 0
    assert CliRunner().invoke(app, ["train", "--corrections", str(archive), "--out", "y", "--force"]).exit_code == 0
    assert asked == [
        (archive / "models" / "labels.skops", [("Máy thở", "achievement")], False),
        (Path("y"), [("Máy thở", "achievement")], True),
    ]


def test_ingest_labels_with_what_was_trained_from_the_archive(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BAOCAO_MODEL", raising=False)
    archive, file = tmp_path / "a", tmp_path / "t.txt"
    file.write_text(TEXT, encoding="utf-8")
    always = label_model(fit(training.examples_of(few())), {})
    always.bias[:] = [100.0 if label is Label.DIFFICULTY else 0.0 for label in always.labels]
    (archive / "models").mkdir(parents=True)
    with zipfile.ZipFile(archive / "models" / "labels.skops", "w") as out:
        for name, data in always.to_members().items():
            out.writestr(name, data)
    command = [sys.executable, "-m", "baocao.cli", "ingest", str(file), "--archive", str(archive)]
    subprocess.run(command, check=True, timeout=120)
    (stored,) = reports(archive)
    assert {s.label for s in stored.sentences if s.confidence < 1.0} <= {Label.DIFFICULTY}
    assert Label.DIFFICULTY in {s.label for s in stored.sentences}
