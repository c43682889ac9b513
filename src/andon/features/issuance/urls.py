from django.urls import path

from andon.features.issuance import views

app_name = "issuance"

urlpatterns = [
    path("", views.slips, name="slips"),
    path("offer/", views.offer, name="offer"),
]
