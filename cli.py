"""The command `baocao`: its commands put together, and what a user sees when one fails."""

import os
import sys
from typing import Any

try:
    import typer
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed; run `pip install -e .` in the folder of baocao.")
except KeyboardInterrupt:
    sys.exit(130)

from baocao.commands import correcting, insight, keeping, quarantine, serving
from baocao.commands.demo import demo
from baocao.commands.doctor import doctor
from baocao.commands.finding import analyze, export, search, show
from baocao.commands.insight import difficulties, review
from baocao.commands.judging import evaluate, train
from baocao.commands.options import complain
from baocao.commands.reading import ingest, worker
from baocao.commands.serving import serve
from baocao.errors import BaocaoError

app = typer.Typer(help="Search and understand Vietnamese government meeting reports.", no_args_is_help=True,
                  pretty_exceptions_enable=False)  # fmt: skip
for command in (
    ingest,
    search,
    show,
    analyze,
    export,
    difficulties,
    review,
    serve,
    worker,
    evaluate,
    train,
    doctor,
    demo,
):
    app.command()(command)
app.add_typer(correcting.app, name="correct")
app.add_typer(insight.difficulty_app, name="difficulty")
app.add_typer(insight.app, name="followup")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(serving.app, name="user")
app.add_typer(keeping.app, name="index")
app.add_typer(keeping.archive_app, name="archive")
_STOPPED = 130  # as a shell tells of a command that Ctrl-C ended


def main() -> None:
    """Run the command line; an error is one sentence and an exit code, never a traceback."""
    code = 0
    try:
        code = app(standalone_mode=False, prog_name="baocao") or 0
        if code == _STOPPED:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        sys.stdout.flush()  # here a full disk or a closed pipe can still be told
    except BaocaoError as error:
        _fail(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        _fail("Stopped; what was stored is safe, and the same command goes on from here.", _STOPPED)
    except BrokenPipeError:
        _drop_output()
    except OSError as error:
        _drop_output()
        _fail(f"{error.filename or 'The system says'}: {error.strerror}.", 1)
    except Exception as error:
        if not hasattr(error, "format_message"):
            _fail_unforeseen(error)
        _fail_wrong_use(error)
    sys.exit(code)


def _fail_wrong_use(error: Any) -> None:
    """End with what the command line's own parser says, and where the command is explained."""
    told = error.format_message().rstrip(".")
    if told:
        command = error.ctx.command_path if getattr(error, "ctx", None) else "baocao"
        _fail(f"{told}; `{command} --help` tells what there is.", 2)
    sys.exit(2)  # a bare `baocao`: the help was printed


def _fail_unforeseen(error: Exception) -> None:
    if os.environ.get("BAOCAO_TRACEBACK"):
        raise error
    told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    _fail(f"This is a fault of baocao ({told}); what was stored is safe; BAOCAO_TRACEBACK=1 shows where it is.", 1)


def _drop_output() -> None:
    """Let go of what could not be printed, so that the interpreter does not try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(sentence: str, code: int) -> None:
    complain(sentence)
    sys.exit(code)


if __name__ == "__main__":
    main()
