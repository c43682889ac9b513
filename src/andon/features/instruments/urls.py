from django.urls import path

from andon.features.instruments import views

app_name = "instruments"

urlpatterns = [
    path("", views.index, name="index"),
    path("add/", views.add, name="add"),
    path("<str:instrument_id>/offer/", views.offer, name="offer"),
    path("<str:instrument_id>/<str:version>/", views.detail, name="detail"),
    path("<str:instrument_id>/<str:version>/rights/", views.rights, name="rights"),
]
