from django.urls import path

from andon.features.cadence import views

app_name = "cadence"

urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<str:schedule_id>/", views.change, name="change"),
]
