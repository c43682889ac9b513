from django.urls import path

from andon.foundation.audit import views

app_name = "audit"

urlpatterns = [path("audit/", views.changes, name="changes")]
