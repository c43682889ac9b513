from django.urls import path

from andon.features.rounds import views

app_name = "rounds"

urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<str:round_id>/", views.detail, name="detail"),
    path("<str:round_id>/counted/", views.counted, name="counted"),
    path("<str:round_id>/again/", views.renew, name="renew"),
]
