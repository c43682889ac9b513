from django.urls import path

from andon.features.setup import views

app_name = "setup"

urlpatterns = [
    path("setup/", views.index, name="index"),
    path("setup/<slug:step>/", views.step, name="step"),
    path("first-sign-in/<str:token>/", views.arrive, name="arrive"),
    path("next-steps/", views.next_steps, name="next"),
]
