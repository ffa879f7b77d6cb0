"""Addresses within the page."""


def local(address: str) -> str:
    """Return an address within the page; any other, where a link could lead elsewhere, becomes its front."""
    whole = address.replace("\\", "/")
    return address if whole.startswith("/") and not whole.startswith("//") and whole.isprintable() else "/"
