from django.urls import path

from andon.foundation.people import factors, views

app_name = "people"

urlpatterns = [
    path("you/", views.profile, name="profile"),
    path("you/sessions/", views.signed_in_places, name="sessions"),
    path("you/second-factor/", factors.overview, name="second_factor"),
    path("you/second-factor/needed/", views.second_factor_needed, name="second_factor_needed"),
    path("you/second-factor/app/", factors.add_app, name="app_add"),
    path("you/second-factor/app/remove/", factors.remove_app, name="app_remove"),
    path("you/second-factor/recovery-codes/", factors.recovery_codes, name="recovery_codes"),
    path("you/passkeys/", factors.passkeys, name="passkeys"),
    path("you/passkeys/options/", factors.new_passkey_options, name="passkey_options"),
    path("you/passkeys/<int:pk>/", factors.passkey, name="passkey"),
    path("demo/sign-in/<slug:role>/", views.demo_sign_in, name="demo_sign_in"),
]
