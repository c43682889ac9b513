"""Demo mode: letters stay here, where everybody can read them, because nobody in a demonstration has a mailbox."""

from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.db import transaction
from django.utils import timezone

from andon.foundation.notifications.models import OutboxMail

KEPT = 200


class OutboxBackend(BaseEmailBackend):
    """Keeps the newest letters in the database instead of sending them. Refuses to work outside demo mode."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        if not settings.DEMO:
            raise ImproperlyConfigured("The outbox shows sign-in codes to everybody and works in demo mode only.")
        letters = [
            OutboxMail(at=timezone.now(), to=address[:254], subject=str(message.subject)[:500], text=str(message.body))
            for message in email_messages
            for address in message.recipients()
        ]
        with transaction.atomic():
            OutboxMail.objects.bulk_create(letters)
            oldest = OutboxMail.objects.values_list("id", flat=True)[KEPT - 1 : KEPT].first()
            if oldest is not None:
                OutboxMail.objects.filter(id__lt=oldest).delete()
        return len(email_messages)
