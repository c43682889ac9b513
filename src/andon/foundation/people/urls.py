from django.urls import path

from andon.foundation.people import views

app_name = "people"

urlpatterns = [
    path("you/", views.profile, name="profile"),
    path("demo/sign-in/<slug:role>/", views.demo_sign_in, name="demo_sign_in"),
]
