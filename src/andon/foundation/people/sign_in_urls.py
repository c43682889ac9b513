"""Signing in and out: of all of allauth's pages only those that are offered here, under allauth's own names."""

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_required
from django.urls import path

from andon.foundation.people import address_views, again, factors, views

urlpatterns = [
    path("login/", views.ask_for_code, name="account_login"),
    path("login/code/", views.ask_for_code, name="account_request_login_code"),
    path("login/code/confirm/", allauth.confirm_login_code, name="account_confirm_login_code"),
    path("login/password/", views.sign_in_by_password, name="account_login_by_password"),
    path("login/passkey/", factors.sign_in_by_passkey, name="account_login_by_passkey"),
    path("login/passkey/options/", factors.passkey_options, name="account_passkey_options"),
    path("login/second-factor/", factors.SecondStep.as_view(), name="mfa_authenticate"),
    path("logout/", views.sign_out, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("again/", views.show_again, name="account_reauthenticate"),
    path("again/passkey/", factors.show_again_by_passkey, name="account_reauthenticate_by_passkey"),
    path("password/set/", again.needs_again(views.AddPassword.as_view()), name="account_set_password"),
    path("password/change/", login_required(views.ChangePassword.as_view()), name="account_change_password"),
    path("password/forgotten/", views.forgotten_password, name="account_password_forgotten"),
    path("password/new/<str:token>/", views.new_password, name="account_password_new"),
    path("address/<str:token>/", address_views.answer, name="account_address"),
    # allauth asks for this name when it writes to an unknown address.
    path("signup/", views.sign_up_is_closed, name="account_signup"),
]
