"""An executed notebook as a mail: what its cells tagged `email` say, in 640 px or on a phone.

content.py   what the cells say, read from the parts that our elements leave beside their HTML
page.py      the HTML, from letter.css, every style on its element
words.py     the same as plain text
pictures.py  the charts as PNG

Question: where does a mail come from?
Choice: from the elements' own words and numbers. Why: a page of 1.6 MB is cut by every mail program, and HTML that was
made for a browser falls apart in Outlook. Declined: shrinking the page; reading its HTML.
"""

from finops_lib.reports.letter.content import LetterContent, read_letter
from finops_lib.reports.letter.write import HTML_LIMIT, write_letter

__all__ = ["HTML_LIMIT", "LetterContent", "read_letter", "write_letter"]
