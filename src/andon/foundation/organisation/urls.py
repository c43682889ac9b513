from django.urls import path

from andon.foundation.organisation import file_views, views

app_name = "organisation"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/in/<str:node_id>/", views.people, name="people_below"),
    path("people/import/", file_views.import_preview, name="import_preview"),
    path("people/import/<str:file_id>/", file_views.people_file, name="people_file"),
    path("people/import/<str:file_id>/progress/", file_views.people_file_progress, name="people_file_progress"),
    path("people/import/<str:file_id>/yes/", file_views.people_file_yes, name="people_file_yes"),
    path("people/import/<str:file_id>/cancel/", file_views.people_file_cancel, name="people_file_cancel"),
    path("people/import/<str:file_id>/bad-rows.csv", file_views.people_file_bad_rows, name="people_file_bad_rows"),
]
