"""One tree of errors: each carries the sentence a user reads and the exit code of the command."""


class BaocaoError(Exception):
    """Anything that a user can be told in one sentence: what went wrong and what to do.

    `code` is stable (quarantine lists and JSON carry it); `exit_code` is what the command returns.
    """

    code = "BC000"
    exit_code = 1


class UsageError(BaocaoError):
    """The command was called with something that cannot be right (exit code 2)."""

    code = "BC100"
    exit_code = 2


class QueryError(UsageError):
    """A search query does not parse; the message points at the place."""

    code = "BC110"


class UnreadableError(BaocaoError):
    """A file cannot be made into text; the file goes to quarantine with this sentence."""

    code = "BC200"


class EmptyTextError(UnreadableError):
    """A file opened well but holds no text (an empty file, a scan without OCR)."""

    code = "BC201"


class UnknownFormatError(UnreadableError):
    """A file is of a kind that no reader takes."""

    code = "BC202"


class LimitError(UnreadableError):
    """Reading a file passed a limit of time, memory or size."""

    code = "BC210"


class CrashError(UnreadableError):
    """The process that read a file died."""

    code = "BC220"


class NeedsProgramError(UnreadableError):
    """Reading a file takes a program that is not installed; the sentence has the command that installs it."""

    code = "BC230"


class ArchiveError(BaocaoError):
    """The archive cannot be opened or written."""

    code = "BC300"


class NotFoundError(BaocaoError):
    """No report bears the id that was asked for."""

    code = "BC310"


class ArchiveBusyError(ArchiveError):
    """Another process is writing to the archive."""

    code = "BC320"


class NewerArchiveError(ArchiveError):
    """The archive was made by a newer version of baocao."""

    code = "BC330"


class IndexBrokenError(ArchiveError):
    """The search index cannot be read; it can be rebuilt from the record."""

    code = "BC340"


class RecordDownError(ArchiveError):
    """The server that keeps the record cannot be reached for now."""

    code = "BC360"


class ModelError(BaocaoError):
    """A model file is missing, damaged, or holds what it should not."""

    code = "BC400"
