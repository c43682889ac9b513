from django.urls import path

from andon.features.today import views

app_name = "today"

urlpatterns = [path("", views.home, name="home")]
