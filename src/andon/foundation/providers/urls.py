"""Under the names that allauth asks for, two addresses; the pages of stewards under their own."""

from django.urls import include, path

from andon.foundation.providers import views

_pages = [
    path("", views.index, name="index"),
    path("new/", views.choose, name="choose"),
    path("new/<slug:kind>/", views.add, name="add"),
    path("policy/", views.set_policy, name="policy"),
    path("<slug:slug>/", views.detail, name="detail"),
    path("<slug:slug>/edit/", views.edit, name="edit"),
    path("<slug:slug>/check/", views.check, name="check"),
    path("<slug:slug>/try/", views.try_it, name="try"),
    path("<slug:slug>/switch/", views.switch, name="switch"),
    path("<slug:slug>/remove/", views.remove, name="remove"),
    path("<slug:slug>/groups/", views.groups, name="groups"),
    path("<slug:slug>/groups/<int:number>/remove/", views.remove_rule, name="remove_rule"),
    path("<slug:slug>/forget/", views.forget, name="forget"),
]

urlpatterns = [
    path("accounts/oidc/<slug:provider_id>/login/", views.begin, name="openid_connect_login"),
    path("accounts/oidc/<slug:provider_id>/callback/", views.callback, name="openid_connect_callback"),
    path("rescue/<str:token>/", views.rescue_link, name="rescue"),
    path("identity/", include((_pages, "providers"))),
]
