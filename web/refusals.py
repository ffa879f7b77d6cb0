"""What can go wrong with accounts and logging in; `passwords` and `throttle` have their own."""

from baocao.errors import BaocaoError, UsageError


class WrongLoginError(BaocaoError):
    """Name and password do not fit; which of them is not told."""

    code = "BC601"


class LastAdminError(UsageError):
    """Nobody would be left to look after the accounts."""

    code = "BC624"


class TakenError(UsageError):
    """An account of that name exists."""

    code = "BC625"


class DifferentError(UsageError):
    """Two that should be the same are not."""

    code = "BC626"


class ProviderError(BaocaoError):
    """The OpenID provider cannot be reached, or says what it should not."""

    code = "BC630"


class StrayError(BaocaoError):
    """Somebody comes back from the provider without having gone there from this browser, or too late."""

    code = "BC631"


class StaleDraftError(BaocaoError):
    """A draft changed since the clerk saw it, or is being composed; nothing was done."""

    code = "BC670"


class StillCountingError(BaocaoError):
    """The reports are being looked over for the first time since the page was opened."""

    code = "BC650"
