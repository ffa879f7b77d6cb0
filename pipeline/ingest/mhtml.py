"""MHTML: a page that a browser or Word saved with its pictures in one file, which is built as a mail is."""

import email
import email.policy

from baocao.errors import EmptyTextError
from baocao.pipeline.ingest.plain import Read
from baocao.pipeline.ingest.web import read_html


def read_mhtml(data: bytes) -> Read:
    """Return the main text of a page that was saved with its pictures in one file."""
    message = email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf \t\r\n"), policy=email.policy.default)
    pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
    if not pages:
        raise EmptyTextError("The saved page holds pictures and styles, but no page.")
    found = [(payload, page.get_content_charset()) for page in pages if (payload := page.get_payload(decode=True))]
    page, charset = max(found, key=lambda pair: len(pair[0]), default=(b"", None))  # the others are heads and frames
    return read_html(page if isinstance(page, bytes) else b"", charset)
