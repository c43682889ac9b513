from django.urls import path

from andon.foundation.invitations import views

app_name = "invitations"

urlpatterns = [
    path("invitations/", views.index, name="index"),
    path("invitations/send/", views.send, name="send"),
    path("invitations/again/", views.again, name="again"),
    path("invitations/stop/", views.stop, name="stop"),
    path("invitation/<str:token>/", views.accept, name="accept"),
]
