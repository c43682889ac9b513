from django.urls import path

from andon.features.results import export_views, sharing_views, views

app_name = "results"

urlpatterns = [
    path("", views.index, name="index"),
    path("shared/", sharing_views.shared, name="shared"),
    path("<str:round_id>/", views.report, name="report"),
    path("<str:round_id>/debrief/", views.debrief_page, name="debrief"),
    path("<str:round_id>/debrief/screen/", views.debrief_screen, name="debrief_screen"),
    path("<str:round_id>/step/", views.agree, name="step"),
    path("<str:round_id>/step/outcome/", views.end, name="step_outcome"),
    path("<str:round_id>/sharing/", sharing_views.propose, name="share"),
    path("<str:round_id>/sharing/no/", sharing_views.say_no, name="share_no"),
    path("<str:round_id>/export/", export_views.unit, name="export"),
    path("<str:round_id>/groups/<str:node_id>/export/", export_views.group, name="export_group"),
    path("<str:round_id>/receipt/", views.receipt, name="receipt"),
    path("<str:round_id>/unit.json", views.unit_json, name="unit_json"),
    path("<str:round_id>/groups/", views.group, {"node_id": ""}, name="groups"),
    path("<str:round_id>/groups/<str:node_id>/", views.group, name="group"),
]
