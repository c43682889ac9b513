from django.urls import path

from andon.features.ballots import views

app_name = "ballots"

urlpatterns = [
    path("", views.front, name="front"),
    path("cast/", views.cast, name="cast"),
    path("doors.json", views.doors, name="doors"),
    path("frame/", views.frame, name="frame"),
    path("answer/", views.answer, name="answer"),
    path("answer/<str:round_id>/", views.answer, name="answer_round"),
    path("bundle/<str:sha256>/<str:name>", views.bundle_file, name="bundle_file"),
    path("healthz", views.health, name="health"),
    path("readyz", views.ready, name="ready"),
]
