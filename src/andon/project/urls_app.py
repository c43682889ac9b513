"""The app's addresses, one line a feature."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because addresses are tried in this order and every answer begins here.
    path("slips/", include("andon.features.issuance.urls")),
    path("", include("andon.features.today.urls")),
    path("", include("andon.foundation.interface.urls")),
    path("accounts/", include("andon.foundation.people.sign_in_urls")),
    path("", include("andon.foundation.people.urls")),
    path("", include("andon.foundation.tokens.urls")),
    path("", include("andon.foundation.invitations.urls")),
    path("", include("andon.foundation.providers.urls")),
    path("", include("andon.foundation.organisation.urls")),
    path("", include("andon.foundation.audit.urls")),
    path("", include("andon.foundation.configuration.urls")),
    path("", include("andon.foundation.notifications.urls")),
    path("guide/", include("andon.features.guide.urls")),
    path("instruments/", include("andon.features.instruments.urls")),
    path("rounds/schedules/", include("andon.features.cadence.urls")),
    path("rounds/", include("andon.features.rounds.urls")),
    path("rounds/", include("andon.features.closing.urls")),
    path("results/", include("andon.features.results.urls")),
    path("", include("andon.features.verify.urls")),
    path("api/v1/", include("andon.gateways.rest.urls")),
    path("", include("andon.gateways.monitoring.urls")),
    path("", include("andon.features.privacy.urls")),
    path("", include("andon.features.setup.urls")),
]

handler400 = "andon.foundation.interface.views.bad_request"
handler403 = "andon.foundation.interface.views.not_found"
handler404 = "andon.foundation.interface.views.not_found"
handler500 = "andon.foundation.interface.views.server_error"
