"""Imported by the fork server, so that what every worker needs is loaded once and forked with it."""

from contextlib import suppress

from baocao.pipeline.analysis import warm_up

with suppress(Exception):  # a worker that finds the same wrong tells it; here it would end the server unheard
    warm_up()
