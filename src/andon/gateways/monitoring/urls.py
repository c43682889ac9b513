from django.urls import path

from andon.gateways.monitoring import views

app_name = "monitoring"

urlpatterns = [path("readyz", views.ready, name="ready")]
