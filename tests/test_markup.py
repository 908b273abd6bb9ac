"""Test that Markdown and HTML are removed, and words and lines are kept."""

import pytest

from imrdata.errors import LetterError
from imrdata.letters.text.unmark import plain_text


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("### CLINICAL CASE SUMMARY\n\nA cook\nfell.", "CLINICAL CASE SUMMARY\n\nA cook\nfell."),
        ("**MRI:** Upheld\n**Decision rationale:** No\nneed.", "MRI: Upheld\nDecision rationale: No\nneed."),
        ("<b>Case Number:</b>\tCM16", "Case Number:\tCM16"),
        ("**Norco:** \\#60 &amp; rest", "Norco: #60 & rest"),
        ("| **Priority:** | Standard |", "Priority: Standard"),
        ("<p>One <b>two</b></p><p>three<br>four</p>", "One two\nthree\nfour"),
        ("<table><tr><td>Priority:</td><td>Standard</td></tr></table>", "Priority: Standard"),
        ("<p>shown</p><script>hidden()</script><style>p{}</style>", "shown"),
        ("<p>shown</p><p hidden>not</p><p style='display: none'>nor <b>this</b></p><i>end</i>", "shown\nend"),
        (
            "<body><style>.a .b, i>.c {opacity:0}</style><p class='a'><b class='b'>not</b>shown<i><b class='c'>nor</b>",
            "shown",
        ),
        ("<style>@media screen {.x {color:#fefefe}}</style><p class='x'>not</p><p>shown</p>", "shown"),
        ("<style>@media (max-width:9px) {p {color:#fff}} p::before, p:hover {opacity:0}</style><p>shown</p>", "shown"),
        ("<style><!-- [data-x=old] {clip:rect(0,0,0,0)} --></style><p data-x='old'>not</p><p>shown</p>", "shown"),
        ("<style>.x {display:none !important}</style><p class='x' style='display:block'>not</p><p>shown</p>", "shown"),
        ("<style>.x {display:none}</style><p class='x' style='display:block'>shown</p>", "shown"),
        ("<style>.x:not(.on) {opacity:0}</style><p class='x on'>shown</p><p class='x'>not</p>", "shown"),
        ("<style>p.x {color:#000} .x {color:#fff}</style><p class='x'>shown</p>", "shown"),
        ("<p style='font-size:var(--text-0)'>shown</p><p style='font:0.0 a'>not</p>", "shown"),
        (
            "<p style='height:1.2em;overflow:hidden'>shown</p><table background='a.gif' style='color:#fff'><td>too",
            "shown\ntoo",
        ),
        ("<style>#x {display:block} .x {display:none}</style><p class='x' id='x'>shown</p>", "shown"),
        ("<body bgcolor='black' text='#ffffff'><p>shown<font color='black'>not</font></p>", "shown"),
        ("<p style='color:#fff'>not<b style='background:navy'>shown</b></p>", "shown"),
        ("<p style='color:rgb(0 0 0 / 1%)'>not</p><p style='color:hsl(0,0%,100%)'>nor</p><p>shown</p>", "shown"),
        ("<p style='color:rgba(100%,100%,100%,1)'>not</p><p style='background:gradient(a)'>shown</p>", "shown"),
        ("<p style='color:#0001'>not</p><p style='color:#ABCDEF12'>nor</p><p style='color:#000f'>shown</p>", "shown"),
        ("<div style='font-size:0'>not<b style='font-size:10pt'>shown</b><i style='font:1em a'>nor</i></div>", "shown"),
        ("<p style='left:-9999px'>not</p><p style='max-width:0;overflow:hidden'>nor</p><p>shown</p>", "shown"),
        ("<p style='visibility:hidden'>not<b>nor</b></p><p style='margin-left:-480px'>shown</p>", "shown"),
        (
            "<body><p style='color:white'>not<p>shown<ul><li hidden>nor<li>seen</ul>",
            "shown\nseen",
        ),  # without their end tags
        ("<nav aria-hidden='true'>not</nav><b popover>nor</b><canvas>a</canvas><p>shown</p>", "shown"),
        ("<p hidden style='display:block'>shown</p><details open><summary>a</summary>b</details>", "shown\na\nb"),
        ("<style>.x, p#y {display:none}</style><p class='a x'>not</p><p id='y'>nor</p><p id='z'>shown</p>", "shown"),
        ("<style>@media print {.x {display:none}} .a .x {opacity:0}</style><p class='x'>shown</p>", "shown"),
        ("<p>MRI: <span style='opacity: 0.0'>not</span> Upheld<dialog>nor</dialog></p>", "MRI: Upheld"),
        ("<p>MRI: <i style='text-decoration:/**/line-through'>Overturned</i> Upheld</p>", "MRI: Upheld"),
        ("<p><b style='font-size:0'>not</b><b style='font-size:0.9em;line-height:0'>shown</b></p>", "shown"),
        ("<svg><title>an icon</title></svg><p>shown</p>", "shown"),
        ("<p>MRI: Upheld <s>Overturned</s> <del>so</del></p>", "MRI: Upheld"),
        ("<p>Phys\u00adical ther&shy;apy</p>", "Physical therapy"),  # a soft hyphen in HTML is not printed
        ("<p>a</p><!-- a comment --><p>b</p>", "a\nb"),
        ("## MRI\n---\n* * *\n<!-- image -->\n![scan](a.png)\n- knee", "MRI\n\n\n\n \nknee"),  # from converters
        ("**a:** b ~~Overturned~~ <s>no</s>", "a: b"),
        ("MRI ~~and CT~~ of the knee: Upheld", "MRI of the knee: Upheld"),
        ("# The reviewer\\'s\n\\$5 \\@ a", "The reviewer's\n$5 @ a"),
        ("| a | b |\n|---|:-:|\n| c | d |", "a b \n\n c d"),
        (
            "|**Application**<br>**Received:**|11/14/2016|\n# **DECISIONS** ",
            "Application\nReceived: 11/14/2016\nDECISIONS",
        ),
        (
            "## MRI\n<table><tr><td>Priority:</td><td>Standard</td></tr></table>\n## CT",
            "MRI\n\nPriority: Standard\n\nCT",
        ),
        ("**CLINICAL CASE SUMMARY**\nA cook", "CLINICAL CASE SUMMARY\nA cook"),
        ("MRI\n*CLINICAL CASE SUMMARY*", "MRI\nCLINICAL CASE SUMMARY"),
        ("MRI\n***DOCUMENTS REVIEWED***", "MRI\nDOCUMENTS REVIEWED"),
        ("## MRI\n- [x] <mark>MRI</mark>: <del>Overturned</del><ins>Upheld</ins>", "MRI\nMRI: Upheld"),
        ("__MRI__\n*Decision rationale:* no", "MRI\nDecision rationale: no"),
        ("```text\nMRI\n```\nend", "MRI\n\nend"),
        ("<center>MRI</center>\nA <u>cook</u>", "MRI\nA cook"),
        ("<h2>MRI</h2>\nA cook\nfell.", "MRI\nA cook\nfell."),  # a part of a page, with lines of its own
        ("**MRI: **Upheld\n**DECISIONS **", "MRI: Upheld\nDECISIONS"),
        ("**MAXIMUS guideline**: MTUS", "MAXIMUS guideline: MTUS"),
        ("MRI\n__MAXIMUS guideline:__ MTUS", "MRI\nMAXIMUS guideline: MTUS"),
        ("MRI\n*MAXIMUS guideline*: MTUS", "MRI\nMAXIMUS guideline: MTUS"),
        ("- Case Number: CM16-0000123\n- Priority: Standard", "Case Number: CM16-0000123\nPriority: Standard"),
        ("<a id='page-2'></a>\nMRI", "MRI"),
        (
            "MRI: Upheld\n  - Claims Administrator guideline: a\n  - MAXIMUS guideline: b",
            "MRI: Upheld\nClaims Administrator guideline: a\nMAXIMUS guideline: b",
        ),
        ("MRI\n\\newpage\n<hr>\n<img src='a.png'/>\nCT", "MRI\n\n\n\nCT"),
        ("<p>shown</p><p style='zoom:0'>not</p>", "shown"),
        ("X\\-ray \\(two\\)", "X-ray (two)"),
        ("MRI\n<page_number>2</page_number>\nCT", "MRI\n2\nCT"),
        ("MRI\n<figure>\n</figure>\nCT", "MRI\n\n\nCT"),
        ("## MRI\n**==> picture [9 x 9] intentionally omitted <==**\nCT", "MRI\n \nCT"),
        ("> MRI\n>\n> A cook", "MRI\n\nA cook"),
        ("> 6 months of care\nwere given", "> 6 months of care\nwere given"),
        ("a score < 5 and > 3, *****", "a score < 5 and > 3, *****"),  # characters of plain text that are not markup
    ],
)
def test_plain_text(marked: str, plain: str) -> None:
    assert " ".join(plain_text(marked).split(" ")).replace("  ", " ").replace("  ", " ").strip() == plain


@pytest.mark.parametrize(
    "page",
    [
        "<p>MRI is <b aria-hidden='TRUE'>not</b> medically necessary</p>",
        "<details><summary>MRI</summary><p>Upheld</p></details>",
        "<style>p:nth-child(1) {display:none}</style><p>Upheld</p>",
        "<style>b::after {content: ' is not'}</style><p><b>MRI</b> medically necessary</p>",
        "<style>.a + .b {display:none}</style><p class='a'>MRI</p><p class='b'>Upheld</p>",
        "<p style='position:absolute;left:-400px'>Upheld</p>",
        "<p style='letter-spacing:-2em'>Upheld</p>",
        "<p style='mask-image:linear-gradient(transparent,transparent)'>Upheld</p>",
        "<p style='display:var(--x,none)'>Upheld</p>",
        "## MRI\n\nIt is <span style='color:white'>not</span> medically necessary",
    ],
)
def test_words_that_may_not_be_shown_refuse_the_page(page: str) -> None:
    with pytest.raises(LetterError) as caught:
        plain_text(page)
    assert caught.value.reason == "unseen_text"


@pytest.mark.parametrize("css", [".x{color:red}" * 2000, ".x," * 100_000 + "b{color:red}"])
def test_long_style_sheets_are_refused(css: str) -> None:
    with pytest.raises(LetterError, match="too long"):
        plain_text(f"<html><style>{css}</style><body>{'<p class=x>a' * 2000}")


@pytest.mark.parametrize("opener", ["<a ", "<!--", "<?", "</a", "<p a='"])
def test_tags_that_nothing_closes_are_refused_at_once(opener: str) -> None:
    with pytest.raises(LetterError, match="not closed"):
        plain_text("<html><body>" + opener * 100_000)


@pytest.mark.parametrize("run", ["# a" + " " * 100_000 + "x", "> " * 100_000, "![" * 100_000, "*a" * 100_000])
def test_long_lines_of_markdown_take_no_longer_than_others(run: str) -> None:
    assert plain_text(f"# a\n{run}\n**b:** c").endswith("b: c")
