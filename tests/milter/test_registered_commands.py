"""`fingerprint` and `exact-data` on the command line, and what the engine then finds in messages."""

import base64
import io
import json
import os
import random
import zipfile
from pathlib import Path

import pytest
from conftest import Daemon

from sealgate_milter import gateway
from sealgate_milter.judgement import load
from sealgate_milter.registered import documents

CHOICE = random.Random(21)
WORDS = ["".join(CHOICE.choices("abcdefghijklmnoprstuvw", k=CHOICE.randint(3, 9))) for _ in range(3000)]
DOCX = (
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body>{}</w:body></w:document>"
)
POLICY = """internal = ["corp.example"]
[tests.any]
fingerprint = true
[tests.board]
fingerprint = ["board"]
[tests.customer]
exact_data = "customers"
[[rules]]
name = "board paper"
when = "board"
then = "reject"
[[rules]]
name = "paper"
when = "any"
then = "secure"
"""


def prose(words):
    return " ".join(CHOICE.choices(WORDS, k=words))


def docx(text, more=None):
    words = text.split()
    paragraphs = "".join(
        f"<w:p><w:r><w:t xml:space='preserve'>{' '.join(words[at : at + 30])} </w:t></w:r></w:p>"
        for at in range(0, len(words), 30)
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", DOCX.format(paragraphs))
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


def pdf(text):
    """One page with six words a line; without a table of objects, which readers rebuild."""
    words = text.split()
    lines = " ".join(f"({' '.join(words[at : at + 6])}) Tj T*" for at in range(0, len(words), 6))
    content = f"BT /F 9 Tf 10 TL 40 800 Td {lines} ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 840] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body = "".join(f"{number} 0 obj\n{entry}\nendobj\n" for number, entry in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer << /Root 1 0 R >>\n%%EOF\n".encode()


class Site:
    """A gateway's files in a folder, and its command line."""

    def __init__(self, folder, capsys):
        self.folder = folder
        self._capsys = capsys
        self.config = folder / "gateway.toml"
        self.index = folder / "registered" / documents.FILE
        self.config.write_text(
            f'registered = "{folder}/registered"\nregistered_key = "{folder}/registered.key"\n'
            f'policy = "{folder}/policy.toml"\ninternal = ["corp.example"]\n'
            f'tag_key = "{folder}/tag.key"\nthread_db = "{folder}/threads.db"\n'
        )
        self.policy(POLICY.replace('[tests.customer]\nexact_data = "customers"\n', ""))

    def policy(self, text):
        (self.folder / "policy.toml").write_text(text)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def run(self, *arguments, status=0):
        assert gateway.main([*arguments, "--config", str(self.config)]) == status
        return self._capsys.readouterr()

    def explain(self, body="", attachment=b"", name="file"):
        head = "From: a@corp.example\r\nTo: b@out.example\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
        text = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
        if attachment:
            encoded = base64.encodebytes(attachment).decode()
            text = (
                f'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n{text}\r\n--x\r\n'
                f'Content-Type: application/octet-stream; name="{name}"\r\n'
                f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--x--\r\n"
            )
        path = self.write("message.eml", head + text)
        out = self.run("explain", "--json", "--policy", str(self.folder / "policy.toml"), path).out
        return json.loads(out)


@pytest.fixture()
def site(tmp_path, capsys):
    return Site(tmp_path, capsys)


def rule(explained):
    return explained["recipients"]["b@out.example"]["rule"]


def test_nothing_is_registered_at_first(site):
    assert rule(site.explain(prose(300))) is None
    assert "0 documents" in site.run("fingerprint", "list").err


def test_a_document_is_found_in_other_formats_and_in_parts(site):
    text = prose(600)
    path = site.write("papers/merger.docx", docx(text))
    assert "registered 1 document as 'board';" in site.run("fingerprint", "add", "--label", "board", path).out
    excerpt = " ".join(text.split()[200:260])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.docx", docx(text))
    found = site.explain(f"{prose(50)} {excerpt} {prose(50)}")
    assert rule(found) == "board paper"
    [finding] = [finding for finding in found["findings"] if finding["test"] == "board"]
    assert finding["detector"] == "fingerprint"
    assert finding["part"] == "1"
    assert finding["sample"] == f"board: {path}"
    assert finding["count"] >= 7
    html = f"<p>{'</p><p>'.join(' '.join(text.split()[at : at + 50]) for at in range(0, 600, 50))}</p>"
    for body, attachment, name in [
        ("see file", docx(prose(40) + " " + excerpt + " " + prose(40)), "other.docx"),
        ("see file", excerpt.upper().encode("utf-16"), "notes.txt"),
        ("see file", html.encode(), "page.html"),
        ("see file", pdf(excerpt), "scan.pdf"),
        ("see file", packed.getvalue(), "all.zip"),
    ]:
        assert rule(site.explain(body, attachment, name)) == "board paper", name
    assert rule(site.explain(prose(400), docx(prose(400)), "unrelated.docx")) is None


def test_the_very_file_is_found_even_without_text_and_in_an_archive(site):
    drawing = prose(100).encode() + bytes(CHOICE.randrange(256) for _ in range(4000))
    path = site.write("plan.dwg", b"AC1032" + drawing)
    said = site.run("fingerprint", "add", path)
    assert "only the very file is found" in said.err
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("renamed.bin", b"AC1032" + drawing)
    for attachment, name in ((b"AC1032" + drawing, "holiday.jpg"), (packed.getvalue(), "x.zip")):
        found = site.explain("see file", attachment, name)
        assert rule(found) == "paper"
        assert found["findings"][0]["sample"] == f"confidential: {path}"
    assert rule(site.explain("see file", b"AC1032" + drawing[:-1] + b"!", "plan.dwg")) is None, "strings of a program"


def test_labels_listing_and_removal(site):
    texts = [prose(200) for _ in range(3)]
    folder = site.folder / "hr"
    for number, text in enumerate(texts):
        site.write(f"hr/paper{number}.txt", text)
    site.write("hr/.hidden", prose(100))
    assert "registered 3" in site.run("fingerprint", "add", "--label", "hr", str(folder)).out
    listed = site.run("fingerprint", "list")
    assert listed.out.count("hr ") == 3 and str(folder / "paper1.txt") in listed.out
    assert rule(site.explain(texts[1])) == "paper"
    site.run("fingerprint", "remove", str(folder / "paper1.txt"))
    assert rule(site.explain(texts[1])) is None
    assert rule(site.explain(texts[2])) == "paper"
    assert "removed 2" in site.run("fingerprint", "remove", "--label", "hr").out
    assert rule(site.explain(texts[2])) is None
    site.run("fingerprint", "remove", str(folder), status=1)


def test_background_text_does_not_count(site):
    notice = prose(60)
    paper = site.write("paper.txt", f"{prose(300)} {notice}")
    site.run("fingerprint", "add", paper)
    assert rule(site.explain(f"{prose(50)} {notice}")) == "paper"
    site.run("fingerprint", "add", "--background", site.write("notice.txt", notice))
    assert rule(site.explain(f"{prose(50)} {notice}")) is None
    site.run("fingerprint", "remove", "--background")
    assert rule(site.explain(f"{prose(50)} {notice}")) == "paper"


def test_what_programs_put_into_every_file_is_no_evidence(site):
    properties = "<Properties><Template>Normal.dotm</Template>" + "".join(f"<a>{word}</a>" for word in WORDS[:60])
    layout = DOCX.format(f"<w:p><w:r><w:t>{' '.join(WORDS[60:120])}</w:t></w:r></w:p>")
    common = {"docProps/app.xml": properties + "</Properties>", "ppt/slideLayouts/slideLayout1.xml": layout}
    text = prose(200)
    site.run("fingerprint", "add", site.write("one.docx", docx(text, common)))
    assert rule(site.explain("see file", docx(prose(200), common), "two.docx")) is None
    assert rule(site.explain("see file", docx(" ".join(text.split()[:60]), common), "two.docx")) == "paper"


def test_a_registered_letter_is_not_its_people(site):
    people = ", ".join(f"{prose(2).title()} <{prose(2).replace(' ', '.')}@corp.example>" for _ in range(20))
    head = f"From: a@corp.example\r\nTo: {people}\r\nCc: {people}\r\nSubject: "
    text = prose(100)
    site.run("fingerprint", "add", site.write("letter.eml", f"{head}{prose(5)}\r\n\r\n{text}\r\n"))
    site.write("m.eml", f"{head}{prose(5)}\r\n\r\n{prose(100)}\r\n")
    said = site.run("explain", "--json", "--policy", str(site.folder / "policy.toml"), str(site.folder / "m.eml")).out
    assert not json.loads(said)["findings"]
    assert rule(site.explain(text)) == "paper"


def test_what_mail_programs_add_to_html_is_no_evidence(site):
    rules = "".join(f"p.Style{n} {{margin:0in; font-size:{n}.0pt; font-family:Calibri}}\n" for n in range(30))
    head = f'<html><head><style><!--\n{rules}--></style><meta name="generator" content="{prose(30)}"></head><body>'
    text = prose(200)
    site.run("fingerprint", "add", site.write("paper.html", f"{head}<p>{text}</p>"))
    assert rule(site.explain("see file", f"{head}<p>{prose(200)}</p>".encode(), "other.html")) is None
    assert rule(site.explain("see file", f"{head}<p>{' '.join(text.split()[50:90])}</p>".encode(), "a.html")) == "paper"


def test_what_cannot_be_opened_is_named_and_the_rest_registered(site):
    text = prose(200)
    said = site.run("fingerprint", "add", str(site.folder / "missing"), site.write("a.txt", text), status=1)
    assert "missing: cannot be opened" in said.err
    assert rule(site.explain(text)) == "paper"


def test_the_key_is_made_once_and_for_the_milter_only(site):
    site.run("fingerprint", "add", site.write("a.txt", prose(100)))
    key = site.folder / "registered.key"
    assert len(key.read_bytes()) == 32 and key.stat().st_mode & 0o777 == 0o600
    first = key.read_bytes()
    site.run("fingerprint", "add", site.write("b.txt", prose(100)))
    assert key.read_bytes() == first
    key.unlink()
    assert "registered.key" in site.run("fingerprint", "add", site.write("c.txt", prose(100)), status=1).err
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    assert "another" in site.run("fingerprint", "list", status=1).err


@pytest.mark.root
def test_what_root_registers_belongs_to_the_milter(site):
    site.write("tag.key", bytes(32))
    os.chown(site.folder / "tag.key", 1234, 1235)
    site.run("fingerprint", "add", site.write("a.txt", prose(100)))
    made = (site.folder / "registered.key", site.folder / "registered", site.index)
    assert {path.stat().st_uid for path in made} == {1234}
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600, 0o700}


def test_a_running_basis_knows_a_new_document_at_once(site):
    site.write("tag.key", bytes(32))
    (site.folder / "tag.key").chmod(0o600)
    basis = load(site.config, only_check=True)
    assert not basis.policy.registered.documents().documents
    site.run("fingerprint", "add", site.write("a.txt", prose(100)))
    assert len(basis.policy.registered.documents().documents) == 1


@pytest.mark.parametrize("value", ["false", "[]", "3", '""'])
def test_a_fingerprint_wants_true_or_labels(site, value):
    site.policy(POLICY.replace("fingerprint = true", f"fingerprint = {value}"))
    assert "fingerprint" in site.run("policy", "check", "--policy", str(site.folder / "policy.toml"), status=1).err


CUSTOMERS = """member,name,born,town
A-10023-77,"Whitfield, Dana Q.",02/13/1961,Springfield
A-10024-12,Jorge Ramirez-Luna,07/04/1983,Dayton
A-10025-31,Mira Osei,11/30/1990,Springfield
"""
ROWS = """internal = ["corp.example"]
[tests.customer]
exact_data = %s
[[rules]]
name = "customer"
when = "customer"
then = "secure"
"""


def test_rows_are_found_when_enough_columns_meet(site):
    table = site.write("customers.csv", CUSTOMERS)
    site.policy(ROWS % '"customers"')
    said = site.run("explain", "--policy", str(site.folder / "policy.toml"), table, status=1).err
    assert "no data set 'customers'" in said
    out = site.run("exact-data", "build", table, "--columns", "member,name,born", "--require", "2").out
    assert "customers: 3 rows" in out and "born: read as date" in out
    assert "any 2 of member, name, born" in site.run("exact-data", "list").out
    site.write("to.eml", 'From: a@corp.example\r\nTo: "Dana Whitfield 2/13/1961" <b@out.example>\r\n\r\nHello\r\n')
    asked = ["explain", "--json", "--policy", str(site.folder / "policy.toml"), str(site.folder / "to.eml")]
    assert rule(json.loads(site.run(*asked).out)) is None, "whom it goes to is no leak"
    found = site.explain("Mrs DANA WHITFIELD, born 13 February 1961, has called.")
    assert rule(found) == "customer"
    [finding] = found["findings"]
    assert (finding["detector"], finding["sample"]) == ("exact_data", "customers: name, born")
    assert rule(site.explain("member A1002412", b"name;Ramirez-Luna, Jorge", "list.csv")) == "customer"
    assert rule(site.explain("member A-10023-77 and Jorge Ramirez-Luna")) is None
    for secret in (b"Whitfield", b"10023", b"1961"):
        assert all(secret not in path.read_bytes() for path in Path(site.folder, "registered").iterdir())


def test_rows_may_be_required_in_number(site):
    site.policy(ROWS % '{ set = "people", rows = 2 }')
    table = site.write("customers.csv", CUSTOMERS)
    site.run("exact-data", "build", table, "--name", "people", "--require", "member,born")
    one, two = "A-10023-77 02/13/1961", "A-10024-12 4 July 1983"
    assert rule(site.explain(one)) is None
    assert rule(site.explain(f"{one}\n{two}")) == "customer"
    site.run("exact-data", "remove", "people")
    assert site.run("exact-data", "list").out == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--require", "nobody"], "has no column 'nobody'"),
        (["--require", "5"], "can never be met"),
        (["--name", "../x"], "no name of a data set"),
    ],
)
def test_mistakes_are_told(site, arguments, sentence):
    said = site.run("exact-data", "build", site.write("customers.csv", CUSTOMERS), *arguments, status=1)
    assert sentence in said.err


@pytest.mark.parametrize(
    ("table", "arguments", "sentence"),
    [
        ("first,town\n" + "Peter,Bonn\nJane,Ulm\n" * 40, [], "80 of 80 rows have the same 'first' and 'town'"),
        ("first,town\n" + "Peter,Bonn\nJane,Ulm\n" * 40, ["--require", "first"], "have the same 'first'"),
        ("a;b\n" + ";\n" * 30, [], "in none of its 30 rows 2 of a, b say enough"),
        ("id,no\n1,2\n3,4\n", [], "in none of its 2 rows"),
        ("%PDF-1.4\nid,name\n", [], "is no text"),
    ],
)
def test_tables_that_would_not_tell_are_refused_and_leave_nothing(site, table, arguments, sentence):
    said = site.run("exact-data", "build", site.write("people.csv", table), *arguments, status=1)
    assert sentence in said.err
    assert site.run("exact-data", "list").out == ""
    assert not (site.folder / "registered").exists()


def test_a_set_that_is_replaced_is_said_to_be(site):
    table = site.write("customers.csv", CUSTOMERS)
    assert "takes the place" not in site.run("exact-data", "build", table).out
    assert "takes the place" in site.run("exact-data", "build", table, "--require", "member").out
    site.run("exact-data", "build", site.write("customers.csv", "a,b\n,\n"), status=1)
    assert "any 1 of member" in site.run("exact-data", "list").out, "what is refused leaves the old set in force"


def test_without_a_place_for_the_key_nothing_is_left_behind(site):
    site.config.write_text(
        f'registered = "{site.folder}/var/registered"\nregistered_key = "{site.folder}/etc/registered.key"\n'
    )
    paper, table = site.write("a.txt", prose(100)), site.write("customers.csv", CUSTOMERS)
    for asked in (["fingerprint", "add", paper], ["exact-data", "build", table]):
        said = site.run(*asked, status=1)
        assert f"there is no folder {site.folder}/etc; set up the gateway first" in said.err
        assert not (site.folder / "var").exists()
    (site.folder / "etc").mkdir()
    (site.folder / "etc/registered.key").mkdir()
    site.run("fingerprint", "add", paper, status=1)
    assert not (site.folder / "var").exists()


@pytest.mark.parametrize("value", ["{ rows = 2 }", '{ set = "x", rows = 0 }', "true", '{ set = "x", row = 2 }'])
def test_exact_data_wants_a_set(site, value):
    site.policy(ROWS % value)
    assert "exact_data" in site.run("policy", "check", "--policy", str(site.folder / "policy.toml"), status=1).err


@pytest.fixture
def live():
    """A running milter whose policy secures registered documents; the daemon's own files say where they are."""
    one = Daemon()
    one.policy.write_text(
        'internal = ["corp.test"]\n[tests.paper]\nfingerprint = true\n'
        '[[rules]]\nname = "paper"\nwhen = "paper"\nthen = "secure"\n'
    )
    with one.config.open("a") as config:
        config.write(f'registered = "{one.folder}/registered"\nregistered_key = "{one.folder}/registered.key"\n')
    one.start()
    yield one
    one.stop()


def test_a_live_milter_secures_what_was_registered_a_moment_ago(live, tmp_path):
    text = prose(300)
    paper = tmp_path / "paper.txt"
    paper.write_text(text)

    def secured():
        header = [("From", "a@corp.test"), ("Subject", "hello"), ("Message-ID", "<1@corp.test>")]
        with live.client() as client:
            answer = client.message("<a@corp.test>", ["<u@ext.test>"], header, text.encode())
        assert answer.reply == "continue", live.log.read_text()
        return bool(answer.of("addheader"))

    workers = live.workers()
    assert not any(secured() for _ in range(4))
    assert gateway.main(["fingerprint", "add", "--config", str(live.config), str(paper)]) == 0
    assert all(secured() for _ in range(8))
    assert gateway.main(["fingerprint", "remove", "--config", str(live.config), str(paper)]) == 0
    assert not any(secured() for _ in range(8))
    assert live.workers() == workers
