"""Opening what a password locks: PDF by pdfium, Word of any age by msoffcrypto. What a reader then gets is unlocked."""

import io

from baocao.errors import LimitError, UnreadableError

_OLE = b"\xd0\xcf\x11\xe0"
_MAX_UNLOCKED = 500 * 2**20


def unlocked(data: bytes, name: str, password: str) -> bytes:
    """Return a file's bytes without its lock; what is not locked comes back as it is.

    Raises UnreadableError where another password locks it.
    """
    if data.startswith(_OLE):
        return _office(data, name, password)
    if b"%PDF-" in data[:1024]:
        return _pdf(data, name, password)
    return data


def _office(data: bytes, name: str, password: str) -> bytes:
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        if not file.is_encrypted():
            return data
        out = io.BytesIO()
        file.load_key(password=password)
        file.decrypt(out)
    except (InvalidKeyError, DecryptionError) as error:
        raise UnreadableError(f"{name} is locked by another password.") from error
    except Exception:  # a mail, or damage: the reader tells
        return data
    if out.tell() > _MAX_UNLOCKED:
        raise LimitError(f"{name} is too large to be unlocked; save it without its password.")
    return out.getvalue()


def _pdf(data: bytes, name: str, password: str) -> bytes:
    import pypdfium2
    from pypdfium2 import raw

    try:
        pypdfium2.PdfDocument(data).close()
        return data
    except pypdfium2.PdfiumError:
        pass
    try:
        document = pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if "password" not in str(error).lower():
            return data  # damaged: the reader tells
        raise UnreadableError(f"{name} is locked by another password.") from error
    out = io.BytesIO()
    document.save(out, flags=raw.FPDF_REMOVE_SECURITY)
    document.close()
    return out.getvalue()
