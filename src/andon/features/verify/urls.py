from django.urls import path

from andon.features.verify import views

app_name = "verify"

urlpatterns = [
    path("verify/", views.index, name="index"),
    path("verify/me/text/", views.about_me_text, name="about_me_text"),
    path("verify/me/", views.about_me, name="about_me"),
    path("verify/me.json", views.about_me_json, name="about_me_json"),
]
