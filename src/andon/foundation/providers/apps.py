from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Providers(AppConfig):
    name = "andon.foundation.providers"
    label = "providers"

    def ready(self) -> None:
        from django import forms

        from andon.foundation.audit.public import register_fact, register_words
        from andon.foundation.configuration.public import Section, Setting, register
        from andon.foundation.organisation.models import Duty, Membership
        from andon.foundation.providers import policy

        register(
            Section(
                slug="identity",
                title=_("Identity providers"),
                lead=_("Signing in with Okta, Entra, Google, Keycloak or another OpenID Connect provider, and groups."),
                order=25,
                url_name="providers:index",
                settings=(
                    Setting(
                        policy.ONLY,
                        lambda: forms.BooleanField(label=_("Only through an identity provider"), required=False),
                        default=False,
                    ),
                ),
            )
        )
        for kind, words in (
            ("provider.added", _("An identity provider was set up")),
            ("provider.changed", _("An identity provider was changed")),
            ("provider.checked", _("An identity provider was checked")),
            ("provider.on", _("Members can sign in with an identity provider")),
            ("provider.off", _("Signing in with an identity provider was turned off")),
            ("provider.removed", _("An identity provider was removed")),
            ("provider.rule_added", _("A group of an identity provider was given a meaning")),
            ("provider.rule_removed", _("A group of an identity provider lost its meaning")),
            ("identity.forgotten", _("A member's account at an identity provider was forgotten")),
            ("member.by_provider", _("A member was added by an identity provider")),
            ("membership.by_group", _("A group of an identity provider moved somebody to a team")),
            ("duty.by_group", _("A group of an identity provider gave a duty")),
            ("duty.by_group.ended", _("A duty ended with a group of an identity provider")),
            ("standby.added", _("A steward may use password and second factor beside the identity provider")),
            ("standby.removed", _("A steward may sign in through the identity provider only")),
            ("rescue.made", _("A rescue link was made at the server")),
            ("rescue.used", _("A steward signed in with a rescue link")),
        ):
            register_words(kind, words)
        register_fact("issuer", _("issuer:"))
        register_fact("fields", _("changed:"))
        register_fact("hosts", _("hosts:"))
        register_fact("group", _("group:"))
        register_fact("duty", _("duty:"), dict(Duty.Role.choices))
        register_fact("role", _("as"), dict(Membership.Role.choices))
        register_fact("second_factor", _("second factor:"), {"asked": _("asked"), "not asked": _("not asked")})
