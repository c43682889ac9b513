from django.urls import path

from andon.features.privacy import views

app_name = "privacy"

urlpatterns = [
    path("privacy/", views.notice, name="notice"),
    path("privacy/erase-me/", views.ask, name="ask"),
    path("privacy/requests/", views.requests, name="requests"),
    path("privacy/erase/<uuid:member_id>/", views.erase, name="erase"),
]
