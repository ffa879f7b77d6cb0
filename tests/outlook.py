"""Outlook's MSG files, written by hand: a compound file of folders and streams, with a property in each."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
Tree = Mapping[str, "bytes | Tree"]


def message(
    subject: str, body: str, attachments: Mapping[str, "bytes | Tree"] = {}, *, top: bool = True, html: bytes = b"",
    rich: bytes = b"", sent: int = 131_000_000_000_000_000,
) -> dict[str, "bytes | Tree"]:  # fmt: skip
    """A mail as the tree of its properties; what is attached is bytes, or the tree of another mail."""
    tree: dict[str, bytes | Tree] = {
        "__properties_version1.0": bytes(32 if top else 24) + struct.pack("<IIQ", 0x00390040, 6, sent),
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
    }
    if body:
        tree["__substg1.0_1000001F"] = body.encode("utf-16-le")
    if html:
        tree["__substg1.0_10130102"] = html
    if rich:
        tree["__substg1.0_10090102"] = rich
    for number, (name, held) in enumerate(attachments.items()):
        inner: dict[str, bytes | Tree] = {"__properties_version1.0": bytes(8)}
        if isinstance(held, bytes):
            inner |= {"__substg1.0_3707001F": name.encode("utf-16-le"), "__substg1.0_37010102": held}
        else:
            inner["__substg1.0_3701000D"] = held
        tree[f"__attach_version1.0_#{number:08X}"] = inner
    return tree


@dataclass
class _Entry:
    name: str
    kind: int  # 1 folder, 2 stream, 5 root
    child: int = FREE
    next: int = FREE
    start: int = END
    size: int = 0


@dataclass
class _File:
    entries: list[_Entry] = field(default_factory=list)
    sectors: list[bytes] = field(default_factory=list)
    fat: list[int] = field(default_factory=list)
    small: bytes = b""
    small_fat: list[int] = field(default_factory=list)

    def put(self, data: bytes) -> int:
        if not data:
            return END
        first = len(self.sectors)
        for at in range(0, len(data), 512):
            self.sectors.append(data[at : at + 512].ljust(512, b"\0"))
            self.fat.append(len(self.sectors))
        self.fat[-1] = END
        return first

    def put_small(self, data: bytes) -> int:
        if not data:
            return END
        first = len(self.small_fat)
        count = -(-len(data) // 64)
        self.small_fat += [*range(first + 1, first + count), END]
        self.small += data.ljust(64 * count, b"\0")
        return first

    def add(self, name: str, held: "bytes | Tree", kind: int = 1) -> int:
        number = len(self.entries)
        entry = _Entry(name, 2 if isinstance(held, bytes) else kind)
        self.entries.append(entry)
        if isinstance(held, bytes):
            entry.size = len(held)
            entry.start = self.put(held) if len(held) >= 4096 else self.put_small(held)
        else:
            for inner, what in sorted(held.items(), reverse=True):
                child = self.add(inner, what)
                self.entries[child].next, entry.child = entry.child, child
        return number


def compound(tree: Tree) -> bytes:
    """A compound file; the entries of a folder hang in one line."""
    file = _File()
    file.add("Root Entry", tree, kind=5)
    file.entries[0].start, file.entries[0].size = file.put(file.small), len(file.small)
    small_fat = file.put(struct.pack(f"<{len(file.small_fat)}I", *file.small_fat).ljust(512, b"\xff"))
    listed = b"".join(
        struct.pack("<64sHBBIII36xIQ", e.name.encode("utf-16-le"), 2 * len(e.name) + 2, e.kind, 1, FREE, e.next, e.child,
                    e.start, e.size)
        for e in file.entries
    )  # fmt: skip
    directory = file.put(listed)
    count = 1
    while 128 * count < len(file.fat) + count:
        count += 1
    places = list(range(len(file.sectors), len(file.sectors) + count))
    fat = struct.pack(f"<{len(file.fat) + count}I", *file.fat, *[FAT] * count).ljust(512 * count, b"\xff")
    small_sectors = -(-4 * len(file.small_fat) // 512)
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, count, directory, 0,
        4096, small_fat if file.small_fat else END, small_sectors, END, 0,
    )  # fmt: skip
    return (header + struct.pack("<109I", *places, *[FREE] * (109 - count))) + b"".join(file.sectors) + fat
