"""What a monitor may know: that the service works, and nothing that moves when somebody signs in, fetches or casts.

There are no counters of requests, sessions, mails, slips or ballots here, and no sizes of files or tables, not even
rounded: in a team of five that is asked once a day, one step of one of them is one person. The tests hold the list of
names, and that two looks with a slip and a ballot between them are the same bytes. See docs/security/metrics.md.
"""

import math
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

from cryptography import x509
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from andon.features.ballots import public as ballots
from andon.features.rounds import public as rounds
from andon.foundation.jobs import public as jobs

# A task that waits no longer than this is how it should be, and says only that something was asked for just now.
WAITS_AT_MOST = timedelta(minutes=5)
# Tasks of rounds. Those that send mail would say when somebody was written to.
COUNTED = ("andon.features.rounds.", "andon.features.closing.", "andon.features.results.")
# Free space is told in steps, for each answer takes a little of it.
STEP_OF_DISK = 0.05

Gauges = Iterator[GaugeMetricFamily]


def gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"andon_{name}", says, value=value)


def labelled(name: str, says: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"andon_{name}", says, labels=[label])
    for key in sorted(values):
        family.add_metric([key], values[key])
    return family


def build() -> Gauges:
    yield labelled("build_info", "The version that runs.", "version", {metadata.version("andon"): 1})


def needed() -> Gauges:
    aliases = list(connections)
    wrong = ballots.troubles_by_name(aliases)
    up = {alias: float(wrong.get(alias) != "database") for alias in aliases}
    yield labelled("database_up", "Whether the database answers.", "database", up)
    current = {alias: float(alias not in wrong) for alias in aliases}
    yield labelled("database_current", "Whether it is at this version.", "database", current)
    yield gauge("keys_up", "Whether the key volume is there.", float("keys" not in wrong))


def worker() -> Gauges:
    yield gauge("worker_up", "Whether the worker was heard of.", float(jobs.worker_is_alive(timezone.now())))
    counted = [task for task in DBTaskResult.objects.all() if task.task_path.startswith(COUNTED)]
    late = [
        task.enqueued_at
        for task in counted
        if task.status == "READY" and task.enqueued_at < timezone.now() - WAITS_AT_MOST
    ]
    minutes = (timezone.now() - min(late)) // timedelta(minutes=1) if late else 0
    yield gauge("tasks_late", "Tasks of rounds that wait for more than five minutes.", len(late))
    yield gauge("tasks_late_minutes", "For how many whole minutes the oldest of them waits.", minutes)
    yield gauge("tasks_failed", "Failed attempts of the last day.", sum(task.status == "FAILED" for task in counted))


def of_rounds() -> Gauges:
    counts = dict.fromkeys([state.value for state in rounds.State], 0.0)
    for view in rounds.all_rounds():
        counts[view.state.value] += 1
    yield labelled("rounds", "Rounds by their state, as every member sees it.", "state", counts)


def delegation() -> Gauges:
    until = rounds.delegation_state(timezone.now()).until
    if until is not None:
        left = (until - timezone.now()) // timedelta(days=1)
        yield gauge("delegation_days_left", "Whole days until the steward's key has to sign again.", left)


def certificate() -> Gauges:
    file = os.environ.get("ANDON_TLS_CERTIFICATE")
    if file:
        until = x509.load_pem_x509_certificate(Path(file).read_bytes()).not_valid_after_utc
        left = (until - datetime.now(UTC)) // timedelta(days=1)
        yield gauge("certificate_days_left", "Whole days until the doors' certificate ends.", left)


def disk() -> Gauges:
    places = {"data": settings.DATA_DIRECTORY, "keys": settings.KEY_DIRECTORY}
    free = {name: _in_steps(shutil.disk_usage(place)) for name, place in places.items() if Path(place).exists()}
    yield labelled("disk_free_ratio", "Free space, rounded down to a twentieth.", "place", free)


def _in_steps(usage: "shutil._ntuple_diskusage") -> float:
    return round(math.floor(usage.free / usage.total / STEP_OF_DISK) * STEP_OF_DISK, 2)


SOURCES: list[Callable[[], Gauges]] = [build, needed, worker, of_rounds, delegation, certificate, disk]


class Figures(Collector):
    def collect(self) -> Gauges:
        failed = 0
        for source in SOURCES:
            try:
                yield from list(source())
            except (DatabaseError, OSError, ValueError):
                # A database that is away leaves its own figures out; that it is away is a figure.
                failed += 1
        yield gauge("sources_failed", "Groups of figures that could not be read this time.", failed)


def page() -> bytes:
    """In Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(Figures())
    return generate_latest(registry)
