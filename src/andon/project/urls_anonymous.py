"""The anonymous door's addresses."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("andon.features.ballots.urls")),
    path("", include("andon.features.publiclog.urls")),
    path("", include("andon.features.rooms.urls")),
]

handler404 = "andon.features.ballots.views.not_found"
handler500 = "andon.features.ballots.views.server_error"
handler400 = "andon.features.ballots.views.bad_request"
