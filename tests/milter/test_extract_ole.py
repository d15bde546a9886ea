"""Word, Excel and PowerPoint before 2007, Outlook messages: numbers planted wherever these formats hold text."""

import io
import random
import struct
import zipfile
import zlib

import pytest
from office_files import atom, begin, compound, narrow, options, properties, record, wide, word, workbook

from sealgate_milter.extract import macros, ole
from sealgate_milter.extract.compound import Compound, Damaged
from sealgate_milter.extract.found import Budget, Exceeded, File, Passage, Unread

SSN = "512-43-8870"


def read(streams: dict[str, bytes]) -> list:
    return extracted(compound(streams))


def extracted(body: bytes) -> list:
    return list(ole.extract(body, Budget(len(body))))


def said(streams: dict[str, bytes]) -> str:
    found = read(streams)
    assert not [entry for entry in found if isinstance(entry, Unread)]
    return "\n".join(entry if isinstance(entry, str) else entry.text for entry in found if not isinstance(entry, File))


def files(streams: dict[str, bytes]) -> list[tuple[str, bytes]]:
    return [(found.name, found.body) for found in read(streams) if isinstance(found, File)]


class TestCompound:
    def test_streams_of_both_sizes(self):
        streams = {"small": b"a" * 100, "large": bytes(range(256)) * 40, "folder/inner/deep": b"c" * 5000, "empty": b""}
        container = Compound(compound(streams))
        assert {entry.path: container.read(entry) for entry in container.streams()} == streams
        assert not container.damaged

    def test_missing_sectors_are_noticed(self):
        body = bytearray(compound({"large": b"x" * 50_000}))
        struct.pack_into("<I", body, len(body) - 512 + 4 * 9, 0xFFFFFFFE)
        container = Compound(bytes(body))
        assert [len(container.read(entry)) for entry in container.streams()] == [10 * 512]
        assert container.damaged

    @pytest.mark.parametrize("body", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"x" * 1000])
    def test_no_compound_file(self, body):
        with pytest.raises(Damaged):
            Compound(body)

    def test_streams_that_share_sectors_do_not_multiply(self):
        body = bytearray(compound({f"s{index}": bytes(5000) for index in range(100)}))
        for at in range(0, len(body) - 128, 128):
            if body[at : at + 1] == b"s" and body[at + 66] == 2:
                struct.pack_into("<IQ", body, at + 116, 0, 400_000)
        container = Compound(bytes(body))
        assert sum(len(container.read(entry)) for entry in container.streams()) <= 3 * len(body)

    def test_unreadable_container_gives_its_runs(self):
        found = extracted(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + f"SSN {SSN}".encode("utf-16-le"))
        assert found == [Unread("corrupt"), f"SSN {SSN}"]


class TestWord:
    def test_pieces_narrow_and_wide(self):
        assert f"SSN {SSN} Привет" in said(word(["SSN 512", "-43-", "8870 Привет"]))

    def test_marks_become_white_space(self):
        assert "Name\tSSN\nRoe\t1\nend-on" in said(word(["Name\x07SSN\x07\x07Roe\x071\x07\x07en\x1fd\x1eon"]))

    def test_encrypted(self):
        assert read(word(["x"], flags=0x0100)) == [Unread("encrypted")]

    def test_without_pieces_runs_are_read(self):
        streams = word([f"SSN {SSN}"])
        found = read({**streams, "1Table": b""})
        assert Unread("corrupt") in found
        assert any(SSN in entry for entry in found if isinstance(entry, str))

    def test_word_6(self):
        body = bytearray(struct.pack("<H22xII", 0xA5DC, 0x300, 0x30F).ljust(0x300, b"\0")) + f"SSN {SSN}".encode()
        assert SSN in said({"WordDocument": bytes(body)})

    def test_shapes(self):
        streams = word(["x"])
        drawing = atom(0xF000, b"", container=True) + b"\0" + atom(0xF002, options((0x00C0, SSN)), container=True)
        body = bytearray(streams["WordDocument"])
        struct.pack_into("<II", body, 0x022A, len(streams["1Table"]), len(drawing))
        assert SSN in said({"WordDocument": bytes(body), "1Table": streams["1Table"] + drawing})

    def test_document_in_a_document(self):
        inner = {f"ObjectPool/_1/{name}": content for name, content in word([SSN]).items()}
        assert SSN in said({**word(["outer"]), **inner})


class TestProperties:
    def test_texts_of_every_kind(self):
        value = properties(
            (1, 2, struct.pack("<I", 1252)), (2, 0x1E, struct.pack("<I", 4) + b"M\xfcl\0"),
            (3, 0x1F, struct.pack("<I", 4) + "Ж12\0".encode("utf-16-le")), (4, 3, struct.pack("<I", 512438870)),
            (5, 0x101E, struct.pack("<II", 1, 12) + SSN.encode() + b"\0"),
            (0, 1, struct.pack("<I", 12) + b"patient name"),
        )  # fmt: skip
        text = said({"\x05SummaryInformation": value, "Contents": b""})
        assert text.split("\n")[:4] == ["Mül", "Ж12", "512438870", SSN]

    def test_utf_16_names(self):
        name = struct.pack("<I", 6) + "Ж1\0".encode("utf-16-le")
        value = properties((1, 2, struct.pack("<I", 1200)), (2, 0x1E, name))
        assert said({"\x05DocumentSummaryInformation": value, "Contents": b""}) == "Ж1"


class TestExcel:
    @pytest.mark.parametrize(("cells", "shown"), [
        (record(0x0203, struct.pack("<HHHd", 0, 0, 0, 512438870)), "512438870"),
        (record(0x0203, struct.pack("<HHHd", 0, 0, 1, 512438870)), SSN),
        (record(0x0203, struct.pack("<HHHd", 0, 0, 2, 43363)), "2018-09-20"),
        (record(0x0203, struct.pack("<HHHd", 0, 0, 3, 1599.99)), "1,599.99"),
        (record(0x027E, struct.pack("<HHHI", 0, 0, 1, 512438870 << 2 | 2)), SSN),
        (record(0x027E, struct.pack("<HHHi", 0, 0, 0, -1234 * 4 + 3)), "-12.34"),
        (record(0x00BD, struct.pack("<HH", 0, 0) + struct.pack("<HI", 0, 5 << 2 | 2) * 3 + b"\2\0"), "5\t5\t5"),
        (record(0x00FD, struct.pack("<HHHI", 0, 0, 0, 1)), f"second {SSN}"),
        (record(0x0204, struct.pack("<HHH", 0, 0, 0) + wide(f"Ж {SSN}")), f"Ж {SSN}"),
        (record(0x0006, struct.pack("<HHHd", 0, 0, 0, 512438870) + bytes(8)), "512438870"),
        (record(0x0006, struct.pack("<HHHIHH", 0, 0, 0, 0, 0, 0xFFFF) + bytes(8)) + record(0x0207, narrow(SSN)), SSN),
        (record(0x0006, struct.pack("<HHHd", 0, 0, 0, 1) + bytes(8) + b"\x17\x0b\0" + SSN.encode()), SSN),
        (record(0x0014, narrow(f"&C{SSN}")), SSN),
        (record(0x01B6, struct.pack("<10xHHI", 11, 0, 0), b"\0" + SSN[:5].encode(),
                b"\1" + SSN[5:].encode("utf-16-le")), SSN),
        (record(0x001C, struct.pack("<HHHH", 0, 0, 0, 1) + narrow(SSN)), SSN),
        (record(0x01B8, bytes(32) + f"http://x/{SSN}".encode("utf-16-le")), SSN),
        (record(0x00EC, options((0x0381, SSN))), SSN),
    ])  # fmt: skip
    def test_cells_and_what_is_around_them(self, cells, shown):
        # the second text goes on in another record, and there in wide characters
        texts = struct.pack("<II", 2, 2) + wide("first") + struct.pack("<HB", 18, 0) + b"second 512-"
        shared = record(0x00FC, texts, b"\1" + SSN[4:].encode("utf-16-le"))
        shared += record(0x041E, struct.pack("<H", 164) + narrow("000-00-0000"))
        shared += record(0x041E, struct.pack("<H", 165) + narrow("yyyy\\-mm\\-dd"))
        shared += b"".join(record(0x00E0, struct.pack("<HH16x", 0, index)) for index in (0, 164, 165, 4))
        found = read(workbook(shared, cells))
        assert [entry.place for entry in found] == ["workbook", "sheet Pay"]
        assert shown in found[1].text

    def test_hidden_sheet_and_name(self):
        cells = record(0x0204, struct.pack("<HHH", 0, 0, 0) + narrow(SSN))
        assert SSN in said(workbook(b"", cells, hidden=True))
        assert SSN in said(workbook(b"", b"", name=SSN.encode()))

    def test_rows_and_columns(self):
        cells = b"".join(record(0x0204, struct.pack("<HHH", row, column, 0) + narrow(f"{row}{column}"))
                         for row in range(2) for column in range(2))  # fmt: skip
        assert "00\t01\n10\t11" in said(workbook(b"", cells))

    def test_excel_5(self):
        cell = struct.pack("<HHHH", 0, 0, 0, 13) + "é 512-43-8870".encode("cp1252")
        raw = begin(5, 0x0500) + record(10, b"") + begin(16, 0x0500) + record(0x0204, cell) + record(10, b"")
        assert f"é {SSN}" in said({"Book": raw})

    def test_encrypted(self):
        assert Unread("encrypted") in read(workbook(record(0x002F, bytes(6)), b""))

    def test_cut_short(self):
        raw = begin(5) + record(10, b"") + begin(16) + record(0x0204, struct.pack("<HHH", 0, 0, 0) + narrow(SSN))
        found = read({"Workbook": raw})
        assert Unread("corrupt") in found
        assert any(isinstance(entry, Passage) and SSN in entry.text for entry in found)


class TestPowerPoint:
    @pytest.mark.parametrize("content", [
        atom(0x0FA0, SSN.encode("utf-16-le")),
        atom(0x0FA8, SSN.encode()),
        atom(0x0FBA, SSN.encode("utf-16-le")),
        atom(0x138B, atom(0x2EE0, atom(0x0FBA, SSN.encode("utf-16-le")), container=True)),
        atom(0xF004, options((0x0080, ""), (0x00C0, SSN)), container=True),
    ])  # fmt: skip
    def test_texts(self, content):
        raw = atom(0x03EE, atom(0x0001, b"abcd") + content, container=True)
        assert SSN in said({"PowerPoint Document": raw, "Current User": bytes(20)})

    def test_embedded_files(self):
        inner = compound(word([SSN]))
        packed = struct.pack("<I", len(inner)) + zlib.compress(inner)
        raw = atom(0x1011, packed, instance=1) + atom(0x1011, b"plain")
        assert files({"PowerPoint Document": raw}) == [("object", inner), ("object", b"plain")]

    def test_encrypted(self):
        user = bytes(12) + b"\xdf\xc4\xd1\xf3" + bytes(4)
        assert read({"PowerPoint Document": atom(1, b""), "Current User": user}) == [Unread("encrypted")]

    def test_records_that_do_not_fit(self):
        found = read({"PowerPoint Document": atom(0x0FA8, b"one") + struct.pack("<HHI", 0, 1, 9999) + SSN.encode()})
        assert Unread("corrupt") in found
        assert any(SSN in entry for entry in found if isinstance(entry, str))


class TestOutlook:
    def message(self, prefix: str = "", **more: bytes) -> dict[str, bytes]:
        fixed = bytes(32) + struct.pack("<HHIII", 3, 0x3FFD, 0, 1251, 0)
        return {f"{prefix}__properties_version1.0": fixed, **{f"{prefix}__substg1.0_{name}": raw
                                                             for name, raw in more.items()}}  # fmt: skip

    def test_texts_and_bodies(self):
        streams = self.message(**{
            "0037001F": "Subject Ж".encode("utf-16-le"), "1000001E": "Тело".encode("cp1251"),
            "10130102": b"<p>512-<b>43</b>-8870</p>", "8001001F": b"f\0i\0e\0l\0d\0",
            "8005101F": bytes(8), "8005101F-00000000": b"o\0n\0e\0",
        })  # fmt: skip
        found = read(streams)
        assert "Subject Ж\nТело\nfield\none" in found
        assert File("body.html", b"<p>512-<b>43</b>-8870</p>", "text/html") in found

    def test_compressed_rtf(self):
        packed = bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c09002062"
                               "7705b06c647d0a800fa0")  # fmt: skip
        body = rb"{\rtf1\ansi\ansicpg1252\pard hello world}" + b"\r\n"
        assert ("body.rtf", body) in files(self.message(**{"10090102": packed}))

    def test_attachments(self):
        attached = self.message("__attach_version1.0_#00000000/", **{
            "37010102": b"content", "3707001F": "a.txt".encode("utf-16-le"),
            "370E001F": "text/plain".encode("utf-16-le"),
        })  # fmt: skip
        inner = self.message("__attach_version1.0_#00000001/__substg1.0_3701000D/", **{"0037001E": SSN.encode()})
        found = read({**self.message(), **attached, **inner})
        assert File("a.txt", b"content", "text/plain") in found
        assert SSN in found


class TestMacros:
    def test_packed(self):
        # the example of [MS-OVBA] 3.2.2
        packed = bytes.fromhex("2fb000236161616263646582660070616768696a013808616b6c00306d6e"
                               "6f700671027004107273747576107778797a003c")  # fmt: skip
        text = b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
        assert macros.unpack(packed, Budget(100)) == text

    def test_source(self):
        source = b"Attribute VB_Name = 1\r\n'512-43-8870"
        packed = b"".join(b"\0" + source[at : at + 8] for at in range(0, len(source), 8))
        chunk = struct.pack("<H", 0xB000 | len(packed) - 1) + packed
        text = said({**word(["x"]), "Macros/VBA/One": b"compiled\1" + chunk, "Macros/VBA/dir": b"\1" + SSN.encode()})
        assert source.decode() in text
        assert text.count(SSN) == 1


class TestEmbedded:
    def test_package(self):
        wrapped = b"\2\0a.txt\0C:\\a.txt\0" + bytes(4) + struct.pack("<I", 9) + b"C:\\a.txt\0"
        wrapped += struct.pack("<I", 4) + b"body" + bytes(8)
        wrapped = struct.pack("<I", len(wrapped)) + wrapped
        assert files({"ObjectPool/_1/\x01Ole10Native": wrapped}) == [("a.txt", b"body")]

    def test_office_document(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.txt", SSN)
        assert files({"Package": packed.getvalue()}) == [("Package", packed.getvalue())]

    def test_encrypted(self):
        assert read({"EncryptedPackage": bytes(100), "EncryptionInfo": bytes(20)}) == [Unread("encrypted")]

    def test_unknown_streams_give_their_runs(self):
        content = b"\1\2\3" + SSN.encode("utf-16-be") + b"\4\5"
        assert SSN in said({**word(["x"]), "Whatever": content})
        assert read({"VisioDocument": content}) == [Unread("unsupported"), SSN]


SAMPLES = {
    "word": compound({**word(["512-43-8870", "Ж"]), "\x05SummaryInformation": properties((2, 0x1E, b"\4\0\0\0abc\0"))}),
    "excel": compound(workbook(record(0x00FC, struct.pack("<II", 1, 1) + wide("x")), record(0x00FD, bytes(10)))),
    "powerpoint": compound({"PowerPoint Document": atom(0x03EE, atom(0x0FA0, b"a\0") + options((0xC0, "x")))}),
    "outlook": compound({"__substg1.0_0037001F": b"x\0",
                         "__substg1.0_10090102": b"\x20\0\0\0\x20\0\0\0LZFu" + bytes(30)}),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_noise_raises_nothing(name):
    chance = random.Random(name)
    for _ in range(300):
        body = bytearray(SAMPLES[name])
        for _ in range(chance.choice((1, 5, 40))):
            at = chance.randrange(len(body) - 4)
            body[at : at + 4] = chance.choice((chance.randbytes(4), b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f"))
        try:
            extracted(bytes(body[: chance.randrange(len(body))] if chance.random() < 0.2 else body))
        except Exceeded as exceeded:
            assert exceeded.reason == "too-large"
