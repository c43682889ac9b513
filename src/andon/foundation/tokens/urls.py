from django.urls import path

from andon.foundation.tokens import views

app_name = "tokens"

urlpatterns = [
    path("you/programs/", views.index, name="index"),
    path("you/programs/<str:key_id>/end/", views.end, name="end"),
]
