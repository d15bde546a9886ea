"""RTF, TNEF, calendars, address cards, messages kept as files, encoded files in texts, unknown binaries."""

import base64
import binascii
import random
import struct

import pytest
from office_files import compound, word

from sealgate_milter.extract import calendar, formats, mail, rtf, strings, tnef, uuencode
from sealgate_milter.extract.found import Budget, Exceeded, File, Passage, Unread
from sealgate_milter.extract.walk import walk

SSN = "512-43-8870"


def read(module, body: bytes) -> list:
    return list(module.extract(body, Budget(len(body))))


def texts(module, body: bytes) -> str:
    return "\n".join(entry.text if isinstance(entry, Passage) else entry for entry in read(module, body)
                     if isinstance(entry, (str, Passage)))  # fmt: skip


def walked(body: bytes, name: str = "a.txt") -> str:
    return "\n".join(said.octets.decode() for said in walk(File(name, body), "1") if said.kind == "text")


class TestRtf:
    @pytest.mark.parametrize("body", [
        rb"512-43-8870", rb"512-{\b 43}-88\i 70", rb"5\'312-43-\'388\u55 ?0", rb"51\v 2-43-887\v0 0",
        rb"512\_43\_8870", rb"512{\*\bkmkstart here}-43-8870", rb"512-{\deleted 43}-8870", b"512-\n43-\r\n8870",
        rb"{\header SSN 512-43-8870}", rb"{\*\annotation 512-43-8870}", rb"{\footnote \pard 512-43-8870}",
        rb"{\field{\*\fldinst HYPERLINK \'22http://x/512-43-8870\'22}{\fldrslt link}}", rb"{\*\unknown 512-43-8870}",
        rb"{\info{\title 512-43-8870}{\author x}}", rb"{\*\docvar {ssn}{512-43-8870}}",
        rb"{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv SSN 512-43-8870}}{\shptxt box}}}",
        rb"{\pict\bin3 }}}}512-43-8870",
        rb"{\*\userprops{\propname p}\proptype30{\staticval 512-43-8870}}", rb"\uc2\u53 xx12-43-8870",
    ])  # fmt: skip
    def test_planted_number(self, body):
        assert SSN in texts(rtf, rb"{\rtf1\ansi\ansicpg1252 " + body + b"}")

    def test_charsets(self):
        fonts = rb"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 Gothic;}}"
        body = rb"{\rtf1\ansicpg1252" + fonts + rb"\f0 M\'fcller {\f1\'cf\'f0} \f2\'93\'fa \u8364 ?\u-10179 ?\u-8704 ?}"
        assert "Müller Пр 日 €😀" in texts(rtf, body)

    def test_symbol_font(self):
        assert SSN in walked(rb"{\rtf1\uc0 \u-4043\u-4047\u-4046-43-8870}")

    def test_table(self):
        body = rb"{\rtf1 \trowd Name\cell SSN\cell\row \trowd Roe\cell 1\cell\row}"
        assert texts(rtf, body).strip() == "Name\tSSN\t\nRoe\t1"

    def test_silent_groups(self):
        tables = rb"{\fonttbl{\f0 Arial;}}{\colortbl;\red1;}{\stylesheet{Normal;}}"
        body = rb"{\rtf1" + tables + rb"{\pict 0123456789}{\sp{\sv 12;(3,4)}}x}"
        assert texts(rtf, body).split() == ["x"]

    def test_embedded_object(self):
        inner = compound(word([SSN]))
        head = struct.pack("<III", 0x501, 2, 5) + b"Word\0" + bytes(8) + struct.pack("<I", len(inner))
        digits = (head + inner).hex().encode()
        body = rb"{\rtf1{\object\objemb{\*\objclass Word}{\*\objdata " + digits[:99] + b"\r\n" + digits[99:] + b"}}}"
        assert [found.body for found in read(rtf, body) if isinstance(found, File)] == [inner]
        assert SSN in walked(body)

    def test_cut_short(self):
        assert Unread("corrupt") in read(rtf, rb"{\rtf1 {\b 512")

    def test_depth(self):
        with pytest.raises(Exceeded) as exceeded:
            read(rtf, b"{" * 100_000)
        assert exceeded.value.reason == "too-deep"


def attribute(number: int, content: bytes, level: int = 1) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(content)) + content + b"\0\0"


def values(*given: tuple[int, int, bytes]) -> bytes:
    out = struct.pack("<I", len(given))
    for number, kind, raw in given:
        out += struct.pack("<HH", kind, number)
        if number >= 0x8000:
            out += bytes(16) + struct.pack("<II", 1, 6) + "ab\0".encode("utf-16-le") + b"\0\0"
        if kind == 3:
            out += raw
        else:
            out += struct.pack("<II", 1, len(raw)) + raw.ljust(-(-len(raw) // 4) * 4, b"\0")
    return out


class TestTnef:
    HEAD = struct.pack("<IH", 0x223E9F78, 1)

    def test_message_and_attachments(self):
        body = self.HEAD + attribute(0x9007, struct.pack("<II", 1251, 0))
        body += attribute(0x8004, "Тема\0".encode("cp1251"))
        body += attribute(0x9003, values((0x0E1F, 3, bytes(4)), (0x1000, 0x1F, f"SSN {SSN}\0".encode("utf-16-le")),
                                         (0x8001, 0x1E, b"mine\0"), (0x1013, 0x102, b"<p>html</p>")))
        for name in (b"a.txt\0", b"b.txt\0"):
            body += attribute(0x9002, bytes(14), 2) + attribute(0x8010, name, 2) + attribute(0x800F, b"in " + name, 2)
        long = (0x3707, 0x1F, "long name.txt\0".encode("utf-16-le"))
        message = (0x3701, 0x0D, bytes(16) + self.HEAD)
        body += attribute(0x9002, bytes(14), 2) + attribute(0x9005, values(long, message), 2)
        found = read(tnef, body)
        assert found[:2] == [File("body.html", b"<p>html</p>", "text/html"), f"SSN {SSN}\nmine"]
        assert found[-1] == "Тема"
        assert [(file.name, file.body) for file in found[2:] if isinstance(file, File)] == [
            ("a.txt", b"in a.txt\0"), ("b.txt", b"in b.txt\0"), ("long name.txt", self.HEAD),
        ]  # fmt: skip
        assert not [entry for entry in found if isinstance(entry, Unread)]

    def test_cut_short(self):
        assert Unread("corrupt") in read(tnef, self.HEAD + attribute(0x800C, b"text")[:-6])


DATA = b"SSN 512-43-8870 is in here, and every octet there is: " + bytes(range(256)) * 2


def uu(data: bytes, end: bytes = b"`\nend\n") -> bytes:
    return b"begin 644 a.bin\n" + b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)) + end


def yenc(data: bytes) -> bytes:
    packed = b"".join(b"=" + bytes([(octet + 106) & 255]) if (octet + 42) & 255 in (0, 9, 10, 13, 61)
                      else bytes([(octet + 42) & 255]) for octet in data)  # fmt: skip
    return b"=ybegin line=128 size=566 name=a.bin\r\n%s\r\n%s\r\n=yend size=566\r\n" % (packed[:100], packed[100:])


class TestEncodedInText:
    @pytest.mark.parametrize("block", [
        uu(DATA), uu(DATA).replace(b"\n", b"\r\n"), uu(DATA).replace(b"`", b" "), yenc(DATA),
        b"begin-base64 644 a.bin\n" + base64.encodebytes(DATA) + b"====\n",
    ], ids=["uu", "uu-crlf", "uu-blanks", "yenc", "base64"])  # fmt: skip
    def test_blocks(self, block):
        body = b"Here it is:\n" + block + b"Bye\n"
        assert formats.textual(body) == ("uuencode",)
        assert read(uuencode, body) == [File("a.bin", DATA)]

    def test_pasted_document(self):
        document = compound(word([f"SSN {SSN}"]))
        quoted = base64.encodebytes(document).replace(b"\n", b"\r\n> ")
        assert SSN in walked(b"See below.\r\n> " + quoted + b"\r\nBest regards")

    def test_cut_short(self):
        assert read(uuencode, uu(DATA, b"")) == [File("a.bin", DATA), Unread("corrupt", "a.bin")]

    def test_prose(self):
        assert read(uuencode, b"begin 644 words a day\nand never stop before the evening comes\n") == []


class TestCalendar:
    CARD = (b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=windows-1251:\xcf\xf0\r\n"
            b"NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:M=FCller 512=\r\n-43-8870\r\n"
            b"KEY;ENCODING=BASE64;TYPE=X509:\r\n mQEC\r\n AwQ=\r\n\r\nEND:VCARD\r\n")  # fmt: skip

    def test_card(self):
        found = read(calendar, self.CARD)
        assert File("KEY", b"\x99\1\2\3\4", "application/pgp-keys") in found
        assert not [said for said in walk(File("a.vcf", self.CARD), "1") if said.kind == "unread"]
        assert "Müller 512-43-8870" in found[-1]
        assert "Пр" in found[-1]

    def test_event(self):
        body = (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY;X=\"a:b\":SSN 512-\r\n 43-8870\\, fo\r\n\tlded\\nnext\r\n"
                b"ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:aGVsbG8=\r\n"
                b"ATTACH:data:text/plain;base64,d29ybGQ=\r\nX-ALT-DESC;FMTTYPE=text/html:<b>5</b>12-43-8871\r\n"
                b"no property at all\r\nEND:VEVENT\r\n")  # fmt: skip
        found = read(calendar, body)
        files = [entry.body for entry in found if isinstance(entry, File)]
        assert files == [b"hello", b"world", b"<b>5</b>12-43-8871"]
        assert "SSN 512-43-8870, folded\nnext" in found[-1]
        assert "no property at all" in found[-1]
        assert "512-43-8871" in walked(body)


class TestMail:
    MESSAGE = (b"From: roe@example.com\r\nSubject: =?utf-8?q?SSN_512-43-8870?=\r\nMIME-Version: 1.0\r\n"
               b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-16le\r\n"
               b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes("512-43-8871".encode("utf-16-le")) +
               b"--x\r\nContent-Type: application/octet-stream; name=a.doc\r\n"
               b"Content-Transfer-Encoding: base64\r\n\r\n" +
               base64.encodebytes(compound(word(["512-43-8872"]))) + b"--x--\r\n")  # fmt: skip

    def test_message(self):
        assert formats.textual(self.MESSAGE) == ("mail",)
        text = walked(self.MESSAGE, "a.eml")
        for number in ("512-43-8870", "512-43-8871", "512-43-8872"):
            assert number in text, number

    def test_folder(self):
        assert formats.textual(b"From roe Mon Jan  1\n" + self.MESSAGE) == ("mail",)
        text = texts(mail, b"From roe Mon Jan  1\nSubject: one\n\nx\nFrom roe Mon Jan  1\n" + self.MESSAGE)
        assert text == "one\nroe@example.com\nSSN 512-43-8870"

    def test_prose(self):
        assert formats.textual(b"Dear all:\nthe content-type: see above\n") == ()


class TestStrings:
    def test_runs(self):
        wide = f"SSN {SSN}".encode("utf-16-le")
        body = b"\0\1\2ab cdef\0first run\xff\0\3" + wide + b"\2\1\1" + f"Big {SSN}".encode("utf-16-be") + b"\1"
        assert read(strings, body) == ["first run", f"SSN {SSN}\nBig {SSN}", Unread("unsupported")]


@pytest.mark.parametrize(("module", "sample"), [
    (rtf, rb"{\rtf1\ansi{\fonttbl{\f1\fcharset204 A;}}\f1\'cf{\*\x y}{\object{\*\objdata 0105000002}}\bin2 ab\u-3 ?}"),
    (tnef, TestTnef.HEAD + attribute(0x9003, values((0x8001, 0x1E, b"a\0"), (0x1009, 0x102, b"LZFu" * 9)))),
    (uuencode, uu(b"data" * 20) + yenc(DATA)), (calendar, TestCalendar.CARD), (mail, TestMail.MESSAGE),
], ids=["rtf", "tnef", "uuencode", "calendar", "mail"])  # fmt: skip
def test_noise_raises_nothing(module, sample):
    chance = random.Random(7)
    for _ in range(300):
        body = bytearray(sample)
        for _ in range(chance.choice((1, 5, 40))):
            body[chance.randrange(len(body))] = chance.choice((chance.randrange(256), 0xFF, 0, 0x7B, 0x7D, 0x5C, 0x3D))
        read(module, bytes(body[: chance.randrange(len(body))] if chance.random() < 0.2 else body))
