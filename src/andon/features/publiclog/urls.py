from django.urls import path

from andon.features.publiclog import views

app_name = "publiclog"

urlpatterns = [
    path("log/", views.entries, name="entries"),
    path("log/head", views.head, name="head"),
    path("blob/<str:sha256>", views.blob, name="blob"),
]
