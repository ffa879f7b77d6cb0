"""What PostgreSQL's errors say to a user."""

from baocao.errors import ArchiveError, RecordDownError
from baocao.index.settings import Postgres


def not_installed(missing: ModuleNotFoundError) -> ArchiveError:
    """Return what to tell where the client is not installed."""
    return ArchiveError(
        f"{missing.name} is not installed, and the record is kept by PostgreSQL; run `pip install 'baocao[postgres]'`."
    )


def answered(server: Postgres, told: str, state: str | None) -> ArchiveError:
    """Return what to tell of an error: `told` in the server's words, `state` its SQLSTATE where it answered.

    RecordDownError is what may be tried again.
    """
    cause = " ".join(told.split())[:200]
    at = f"The record's PostgreSQL at {server.shown}"
    kind = (state or "08")[:2]
    if kind == "28" or "authentication failed" in told or "no password supplied" in told or "pg_hba.conf" in told:
        return ArchiveError(f"{at} refuses the user or password; set record_password.")
    if state == "3D000" or ("database " in told and "does not exist" in told):
        return ArchiveError(f"{at} is not there; make it with `createdb`, or correct `record`.")
    if kind in ("08", "57"):
        return RecordDownError(f"{at} cannot be reached ({cause}); is it running?")
    if kind == "53":
        return RecordDownError(f"{at} has no room left ({cause}); what was stored is safe.")
    if kind == "40":
        return RecordDownError(f"{at} let go of a step under way ({cause}); it can be done again.")
    if state == "42501":
        return ArchiveError(f"{at} does not allow this user to do that ({cause}); its owner can grant it.")
    return ArchiveError(f"{at} answers: {cause} ({state}).")
