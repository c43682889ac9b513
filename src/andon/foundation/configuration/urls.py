from django.urls import path

from andon.foundation.configuration import views

app_name = "configuration"

urlpatterns = [
    path("settings/", views.index, name="index"),
    path("settings/<slug:slug>/", views.section, name="section"),
    path("settings/<slug:slug>/check/", views.check, name="check"),
]
