from django.urls import path

from andon.features.closing import views

app_name = "closing"

urlpatterns = [path("<str:round_id>/close/", views.close, name="close")]
