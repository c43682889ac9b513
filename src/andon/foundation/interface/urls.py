from django.urls import path

from andon.foundation.interface import views

app_name = "interface"

urlpatterns = [
    path(".well-known/andon", views.well_known, name="well_known"),
    path("healthz", views.healthz, name="healthz"),
]
