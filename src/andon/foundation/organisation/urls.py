from django.urls import path

from andon.foundation.organisation import file_views, person_views, team_views, views

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
    path("people/add/", person_views.add, name="add_person"),
    path("people/<uuid:member_id>/", person_views.person, name="person"),
    path("people/<uuid:member_id>/edit/", person_views.edit, name="edit_person"),
    path("people/<uuid:member_id>/address/keep/", person_views.keep_address, name="keep_address"),
    path("people/<uuid:member_id>/team/", person_views.place, name="place_person"),
    path("people/<uuid:member_id>/team/<int:stay_id>/end/", person_views.last_day, name="last_day"),
    path("people/<uuid:member_id>/team/<int:stay_id>/cancel/", person_views.cancel, name="cancel_planned"),
    path("people/<uuid:member_id>/roles/", person_views.duties, name="duties"),
    path("people/<uuid:member_id>/deactivate/", person_views.deactivate, name="deactivate"),
    path("people/<uuid:member_id>/reactivate/", person_views.reactivate, name="reactivate"),
    path("people/<uuid:member_id>/invite/", person_views.invite, name="invite"),
    path("people/teams/", team_views.tree, name="teams"),
    path("people/teams/<str:node_id>/", team_views.team, name="team"),
    path("people/teams/<str:node_id>/add/", team_views.add_team, name="add_team"),
    path("people/teams/<str:node_id>/rename/", team_views.rename_team, name="rename_team"),
    path("people/teams/<str:node_id>/move/", team_views.move_team, name="move_team"),
    path("people/teams/<str:node_id>/retire/", team_views.retire_team, name="retire_team"),
    path("people/teams/<str:node_id>/revive/", team_views.revive_team, name="revive_team"),
]
