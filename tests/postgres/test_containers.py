"""What a ZIP holds goes into the queue file by file."""

import io
import zipfile
from pathlib import Path

from processes import run

from baocao.index import lookup, open_archive
from baocao.intake import Taken, hand_in, left_of, work

TEXT = "Sở Y tế báo cáo: các trạm đã khám bệnh cho {} lượt người. Khó khăn là thiếu kinh phí.\n"


def test_members_are_queued_and_read(shared: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("2017/a.txt", TEXT.format(1))
        archive.writestr("../b.txt", TEXT.format(2))
    path = tmp_path / "a.zip"
    path.write_bytes(out.getvalue())
    with open_archive(shared) as opened:
        items = list(hand_in(opened, [path]))
        handed_in = [item for item in items if not isinstance(item, Taken)]
        assert [name for _, name in handed_in] == [f"{path}!/2017/a.txt"]
        assert [item.path for item in items if isinstance(item, Taken)] == [f"{path}!/../b.txt"]
        told = [(taken.path, taken.outcome) for taken in work(opened, until=left_of(handed_in))]
    assert told == [(f"{path}!/2017/a.txt", "new")]
    assert [report.source.name for report in lookup.reports(shared)] == ["a.txt"]
    assert "0 new, 1 known, 1 refused" in run("ingest", path, "--archive", shared).stdout
