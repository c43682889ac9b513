from django.urls import path

from andon.foundation.organisation import views

app_name = "organisation"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/in/<str:node_id>/", views.people, name="people_below"),
    path("people/import/", views.import_preview, name="import_preview"),
    path("people/import/confirm/", views.import_confirm, name="import_confirm"),
]
