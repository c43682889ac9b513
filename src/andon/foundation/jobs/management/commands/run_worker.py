from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from andon.foundation.jobs.worker import AnotherWorker, Worker, only_worker


class Command(BaseCommand):
    help = "Do what is due (open and close rounds, send mail), until SIGTERM. One worker per data directory."
    # The tests and `andon manage check` do that; here it would only make the start slower.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with only_worker(settings.DATA_DIRECTORY):
                Worker().work()
        except AnotherWorker:
            raise CommandError(
                f"A worker already runs with the data directory {settings.DATA_DIRECTORY}. "
                "It keeps running and nothing was changed. Stop it first if you want this one."
            ) from None
