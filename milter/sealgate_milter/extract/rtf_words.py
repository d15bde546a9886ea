"""Control words of RTF that matter to a reader of text (Rich Text Format 1.9.1)."""

CHARACTERS = {
    "par": "\n", "line": "\n", "row": "\n", "nestrow": "\n", "sect": "\n", "page": "\n", "column": "\n",
    "softpage": "\n", "lbr": "\n", "tab": "\t", "cell": "\t", "nestcell": "\t", "emspace": " ", "enspace": " ",
    "qmspace": " ", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip
SYMBOLS = {b"~": " ", b"_": "-", b"\n": "\n", b"\r": "\n", b"\r\n": "\n", b"\t": "\t", b"|": "", b":": ":"}
ASIDE = frozenset({
    "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf", "footnote", "annotation",
    "info", "title", "subject", "author", "manager", "company", "operator", "category", "keywords", "comment",
    "doccomm", "hlinkbase", "fldinst", "shptxt", "shpinst", "sp", "sn", "sv", "xe", "tc", "template",
    "propname", "staticval", "linkval",
})  # fmt: skip
"""Groups that are read apart from what is around them."""
VALUES = frozenset({"sp", "sn", "sv"})
"""Those of them that hold the properties of a shape and their names, its text among measures."""
WORDED = frozenset({"wzDescription", "wzName", "wzTooltip", "gtextUNICODE", "pihlShape"})
"""Names of properties that hold text, numbers too."""
NOTHING = frozenset({
    "pict", "colortbl", "stylesheet", "themedata", "colorschememapping", "datastore", "blipuid", "panose",
    "latentstyles", "listtable", "listoverridetable",
    "rsidtbl", "generator", "xmlnstbl", "mmathPr", "falt", "fontemb", "pgptbl",
    "revtbl", "filetbl", "nonshppict", "shprslt", "passwordhash", "oleclsid",
})  # fmt: skip
"""Groups that say nothing to a reader."""
CHARSETS = {
    0: 1252, 2: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258,
    177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 255: 437, 254: 437,
}  # fmt: skip
"""Windows' code page of each charset that a font can have."""
