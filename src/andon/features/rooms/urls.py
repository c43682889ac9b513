from django.urls import path

from andon.features.rooms import views

app_name = "rooms"

urlpatterns = [
    path("room/", views.phone, name="phone"),
    path("room/moderate/", views.moderate, name="moderate"),
    path("self-check/", views.self_check, name="self_check"),
    path("room/file/<str:sha256>/<str:name>", views.file, name="file"),
    # All that a room is asked goes below one path, which a proxy in front of several machines leads to one of them.
    path("rooms/<str:deed>", views.answer, name="answer"),
]
