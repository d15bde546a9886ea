"""Documents in OpenDocument's flat form, one XML text each, from which LibreOffice makes all other formats."""

from dataclasses import dataclass

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_SPACES = " ".join(
    f'xmlns:{short}="{_NAMES}{long}:1.0"' for short, long in {
        "office": "office", "style": "style", "text": "text", "table": "table", "draw": "drawing", "meta": "meta",
        "presentation": "presentation", "number": "datastyle", "fo": "xsl-fo-compatible", "svg": "svg-compatible",
    }.items()
) + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip
_BOX = 'svg:width="9cm" svg:height="2cm" svg:x="1cm" svg:y="{y}cm"'
_NOTED = "<dc:creator>Ann</dc:creator><dc:date>2024-01-01T00:00:00</dc:date>"
_META = (
    "<office:meta><dc:title>{title}</dc:title><dc:subject>{subject}</dc:subject>"
    "<dc:description>{description}</dc:description><meta:keyword>{keyword}</meta:keyword>"
    '<meta:user-defined meta:name="own">{own}</meta:user-defined></office:meta>'
)
_TEXT = """
<office:styles><style:style style:name="Hid" style:family="text"><style:text-properties text:display="none"/>
</style:style>
<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>
</office:styles>
<office:automatic-styles><style:page-layout style:name="pm"><style:page-layout-properties fo:page-width="21cm"
 fo:page-height="29.7cm"/><style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="pm"><style:header>
<text:p>{header}</text:p></style:header>
<style:footer><text:p>{footer}</text:p></style:footer></style:master-page></office:master-styles>
<office:body><office:text><text:tracked-changes><text:changed-region text:id="c1"><text:deletion>
<office:change-info>""" + _NOTED + """</office:change-info><text:p>{deleted}</text:p>
</text:deletion></text:changed-region></text:tracked-changes>
<text:h text:outline-level="1">{heading}</text:h><text:p>{paragraph}</text:p>
<text:p><text:span text:style-name="B">{split_begin}</text:span>{split_end}</text:p>
<text:list><text:list-item><text:p>{item}</text:p></text:list-item></text:list>
<text:p>x<text:change text:change-id="c1"/>y <text:span text:style-name="Hid">{hidden}</text:span></text:p>
<text:p>x<text:note text:id="f1" text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>
<text:p>{footnote}</text:p></text:note-body></text:note><text:note text:id="f2" text:note-class="endnote">
<text:note-citation>i</text:note-citation>
<text:note-body><text:p>{endnote}</text:p></text:note-body></text:note></text:p>
<text:p>x<office:annotation>""" + _NOTED + """<text:p>{comment}</text:p></office:annotation></text:p>
<text:p><draw:frame text:anchor-type="paragraph" """ + _BOX.format(y=9) + """><draw:text-box><text:p>{box}</text:p>
</draw:text-box></draw:frame></text:p><text:p><text:a xlink:href="http://example.com/{link}">x</text:a></text:p>
<table:table table:name="T"><table:table-column/><table:table-row><table:table-cell><text:p>{cell}</text:p>
</table:table-cell></table:table-row></table:table></office:text></office:body>"""
_SLIDES = """
<office:master-styles><style:master-page style:name="Default"/></office:master-styles><office:body><office:presentation>
<draw:page draw:name="one" draw:master-page-name="Default"><draw:frame """ + _BOX.format(y=1) + """><draw:text-box>
<text:p>{box}</text:p></draw:text-box></draw:frame>
<draw:custom-shape """ + _BOX.format(y=4) + """><text:p>{shape}</text:p>
</draw:custom-shape><draw:frame """ + _BOX.format(y=7) + """><table:table><table:table-column/><table:table-row>
<table:table-cell><text:p>{cell}</text:p></table:table-cell></table:table-row></table:table></draw:frame>
<draw:rect """ + _BOX.format(y=10) + """><svg:title>{alternative}</svg:title><text:p>x</text:p></draw:rect>
<office:annotation svg:x="1cm" svg:y="1cm">""" + _NOTED + """<text:p>{comment}</text:p></office:annotation>
<presentation:notes><draw:frame presentation:class="notes" """ + _BOX.format(y=1) + """><draw:text-box>
<text:p>{notes}</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>
</office:presentation></office:body>"""
_SHEETS = """
<office:automatic-styles><number:number-style style:name="N1"><number:number number:min-integer-digits="9"
 number:decimal-places="0"><number:embedded-text number:position="4">-</number:embedded-text><number:embedded-text
 number:position="6">-</number:embedded-text></number:number></number:number-style>
<style:style style:name="c1" style:family="table-cell" style:data-style-name="N1"/>
<style:style style:name="hid" style:family="table"><style:table-properties table:display="false"/></style:style>
<style:style style:name="wide" style:family="table-column"><style:table-column-properties style:column-width="5cm"/>
</style:style></office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="{sheet}">
<table:table-column table:style-name="wide" table:number-columns-repeated="3"/><table:table-row>
<table:table-cell office:value-type="string"><office:annotation>""" + _NOTED + """<text:p>{comment}</text:p>
</office:annotation><text:p>{cell}</text:p></table:table-cell>
<table:table-cell table:style-name="c1" office:value-type="float" office:value="{formatted_digits}"/>
<table:table-cell office:value-type="float" office:value="{number}"/>
</table:table-row><table:table-row table:visibility="collapse"><table:table-cell office:value-type="string">
<text:p>{hidden_row}</text:p></table:table-cell></table:table-row></table:table>
<table:table table:name="two" table:style-name="hid"><table:table-column/><table:table-row>
<table:table-cell office:value-type="string"><text:p>{hidden_sheet}</text:p></table:table-cell></table:table-row>
</table:table><table:named-expressions/></office:spreadsheet></office:body>"""


@dataclass
class Kind:
    """A kind of document: where its places are, and the formats that it is written in."""

    name: str
    flat: str
    type: str
    template: str
    formats: tuple[str, ...]
    places: dict[str, str]

    def document(self) -> str:
        """Return the document with a number of its own in every place."""
        return _whole(self.type, (_META + self.template).format(**_fields(self.places)))


def _fields(places: dict[str, str]) -> dict[str, str]:
    split = places.get("split", "")
    return {**places, "split_begin": split[:6], "split_end": split[6:],
            "formatted_digits": places.get("formatted", "").replace("-", "")}  # fmt: skip


def _whole(kind: str, inner: str) -> str:
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {_SPACES} office:version="1.2" '
            f'office:mimetype="application/vnd.oasis.opendocument.{kind}">{inner}</office:document>')  # fmt: skip


def _places(names: str) -> dict[str, str]:
    """Return a social security number for each place."""
    return {name: f"512-{43 + index}-{8870 + index}" for index, name in enumerate(names.split())}


UNPRINTED = {"description", "own", "comment", "hidden", "alternative", "notes", "hidden_row", "hidden_sheet"}
"""Places that LibreOffice leaves out of a PDF."""
_COMMON = "title subject description keyword own"
DOCUMENTS = (
    Kind("text", "fodt", "text", _TEXT, ("odt", "docx", "doc", "rtf", "pdf"), _places(
        f"{_COMMON} header footer deleted heading paragraph split hidden footnote endnote comment box link item cell")),
    Kind("slides", "fodp", "presentation", _SLIDES, ("odp", "pptx", "ppt", "pdf"), _places(
        f"{_COMMON} box shape cell alternative comment notes")),
    Kind("sheets", "fods", "spreadsheet", _SHEETS, ("ods", "xlsx", "xls", "pdf"), {
        **_places(f"{_COMMON} sheet comment cell formatted hidden_row hidden_sheet"), "number": "512998870"}),
)  # fmt: skip
LONG = {
    "fodt": {"pdf": "text of 100 pages", "docx": "text of 100 pages", "doc": "text of 100 pages",
             "rtf": "text of 100 pages"},
    "fods": {"xlsx": "100,000 cells", "xls": "100,000 cells", "ods": "100,000 cells"},
}  # fmt: skip
"""Formats in which a long document is measured, and what it is called."""


def long_document(flat: str) -> str:
    """Return a text of a hundred pages or a table of 100,000 cells."""
    if flat == "fodt":
        line = "The committee has looked at the report of the quarter and takes it to the files as it is, number {}. "
        pages = "".join("<text:p>" + "".join(line.format(page * 40 + at) for at in range(38)) + "</text:p>"
                        for page in range(100))  # fmt: skip
        return _whole("text", f"<office:body><office:text>{pages}</office:text></office:body>")
    rows = "".join("<table:table-row>" + "".join(
        f'<table:table-cell office:value-type="float" office:value="{row * 10 + column}.5"/>' if column % 2 else
        f'<table:table-cell office:value-type="string"><text:p>cell {row} {column}</text:p></table:table-cell>'
        for column in range(10)) + "</table:table-row>" for row in range(10_000))  # fmt: skip
    return _whole("spreadsheet", "<office:body><office:spreadsheet><table:table table:name=\"a\"><table:table-column/>"
                                 f"{rows}</table:table></office:spreadsheet></office:body>")  # fmt: skip
