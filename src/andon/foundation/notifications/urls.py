from django.urls import path

from andon.foundation.notifications import views

app_name = "notifications"

urlpatterns = [path("demo/outbox/", views.outbox, name="outbox")]
