"""What is known beforehand about four providers, and where to find each value."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Preset:
    kind: str
    name: str | Promise
    issuer: str
    steps: tuple[str | Promise, ...]
    groups_claim: str = "groups"
    scopes: str = ""


PRESETS = (
    Preset(
        "okta",
        "Okta",
        "https://YOUR-NAME.okta.com",
        (
            _("In the admin console, under Applications, create an app integration: OIDC, web application."),
            _("Enter the redirect address below as sign-in redirect URI. Leave the grant type at authorization code."),
            _("Client ID and client secret are on the General tab of the application."),
            _(
                "For groups: on the Sign On tab, add a groups claim named “groups”, "
                "with a filter for the groups you need."
            ),
        ),
        scopes="groups",
    ),
    Preset(
        "entra",
        "Microsoft Entra ID",
        "https://login.microsoftonline.com/YOUR-TENANT-ID/v2.0",
        (
            _("Under App registrations, register an application for accounts in this directory only."),
            _("Enter the redirect address below, of the type Web."),
            _("Client ID and tenant ID are on the Overview page. Make a client secret under Certificates & secrets."),
            _("Under Token configuration, add the optional claim “email” to the ID token, and a groups claim."),
            _(
                "Groups arrive as object IDs: use those in the rules. Of somebody with more than 200 groups Entra "
                "sends none; limit the claim to groups assigned to the application."
            ),
            _("Entra does not say whether an address is verified: see the box about addresses below."),
        ),
    ),
    Preset(
        "google",
        "Google",
        "https://accounts.google.com",
        (
            _(
                "In the Google Cloud console, set the consent screen to Internal, "
                "so that only your organisation comes in."
            ),
            _("Under Credentials, create an OAuth client ID for a web application."),
            _("Enter the redirect address below as authorised redirect URI."),
            _("Google sends no groups: teams come from the list of people."),
        ),
        groups_claim="",
    ),
    Preset(
        "keycloak",
        "Keycloak",
        "https://YOUR-KEYCLOAK/realms/YOUR-REALM",
        (
            _("In your realm, create a client: OpenID Connect, client authentication on, standard flow only."),
            _("Enter the redirect address below as valid redirect URI."),
            _("The client secret is on the Credentials tab."),
            _(
                "For groups: in the dedicated client scope add a mapper “Group Membership” named “groups”, "
                "with full path off."
            ),
        ),
    ),
    Preset(
        "other",
        _("Another provider"),
        "https://",
        (
            _("Register a confidential web application with the authorization code flow and PKCE."),
            _("Enter the redirect address below."),
        ),
    ),
)


def preset(kind: str) -> Preset | None:
    return next((one for one in PRESETS if one.kind == kind), None)
