from django.urls import path

from andon.features.guide import views

app_name = "guide"

urlpatterns = [
    path("", views.index, name="index"),
    path("without-waiting/", views.member_path, name="member_path"),
    path("resources/", views.resources, name="resources"),
    path("taken-up/", views.taken_up, name="taken_up"),
    path("taken-up/<str:entry_id>/", views.settle, name="settle"),
    path("moments/<str:moment_id>/", views.moment, name="moment"),
    path("practices/<str:practice_id>/", views.practice, name="practice"),
    path("practices/<str:practice_id>/take-up/", views.take_up, name="take_up"),
]
