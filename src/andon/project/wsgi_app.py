"""WSGI entry of the app."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "andon.project.settings.app"
application = get_wsgi_application()
