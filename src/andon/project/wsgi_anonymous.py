"""WSGI entry of the anonymous door."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.anonymous"
application = get_wsgi_application()
