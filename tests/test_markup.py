"""Markdown and HTML come off; the words and their lines stay."""

import pytest

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
        ("a score < 5 and > 3, *****", "a score < 5 and > 3, *****"),  # signs of a plain text are no markup
    ],
)
def test_plain_text(marked: str, plain: str) -> None:
    assert " ".join(plain_text(marked).split(" ")).replace("  ", " ").replace("  ", " ").strip() == plain
