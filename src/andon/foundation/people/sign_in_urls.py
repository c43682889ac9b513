"""Signing in and out: of all of allauth's pages only those that are offered here, under allauth's own names."""

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_required
from django.urls import path

from andon.foundation.people import views

urlpatterns = [
    path("login/", allauth.request_login_code, name="account_login"),
    path("login/code/", allauth.request_login_code, name="account_request_login_code"),
    path("login/code/confirm/", allauth.confirm_login_code, name="account_confirm_login_code"),
    path("login/password/", allauth.login, name="account_login_by_password"),
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/change/", login_required(views.ChangePassword.as_view()), name="account_change_password"),
    # allauth asks for this name when it writes to an unknown address.
    path("signup/", views.sign_up_is_closed, name="account_signup"),
]
