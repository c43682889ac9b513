"""Whether a provider is what the steward typed: its discovery document, its endpoints, its keys."""

from dataclasses import dataclass
from typing import Any

import requests
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from andon.foundation.configuration.public import Finding
from andon.foundation.providers import asking
from andon.foundation.providers.models import IdentityProvider
from andon.foundation.providers.oidc import ALGORITHMS, NotTrusted, discovery_url, fetch_configuration, fetch_keys

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")


@dataclass(frozen=True, slots=True)
class Checked:
    """What was seen, and the hosts that signing in would ask; none when it would not work."""

    findings: tuple[Finding, ...]
    hosts: tuple[str, ...]


def check(provider: IdentityProvider) -> Checked:
    """Ask the provider for what it publishes. Sends neither the client id nor the secret, and stores nothing."""
    try:
        with asking.asking_only([asking.host_of(provider.issuer)]):
            found = fetch_configuration(provider.issuer)
    except NotTrusted as wrong:
        advice = _("Copy the issuer as the provider shows it; for Entra that is the one with your tenant's own id.")
        return Checked((Finding(False, str(wrong.reason), advice),), ())
    except requests.RequestException as wrong:
        where = discovery_url(provider.issuer)
        text = _("%(where)s did not give a discovery document (%(why)s).") % {"where": where, "why": _why(wrong)}
        return Checked((Finding(False, text, _("Is the issuer right, and can this server reach it by https?")),), ())
    findings = [Finding(True, _("The discovery document is there and names this issuer."))]
    hosts, complete = _hosts_of(found, findings)
    if not complete:
        return Checked(tuple(findings), ())
    good = [_keys(found, hosts, findings), _algorithms(found, findings)]
    _pkce(found, findings)
    names = ", ".join(hosts)
    findings.append(Finding(True, _("Andon will ask these hosts and no other: %(names)s.") % {"names": names}))
    return Checked(tuple(findings), tuple(hosts) if all(good) else ())


def _hosts_of(found: dict[str, Any], findings: list[Finding]) -> tuple[list[str], bool]:
    hosts, complete = {asking.host_of(str(found["issuer"]))}, True
    for name in ENDPOINTS:
        url = found.get(name)
        if not url and name == "userinfo_endpoint":
            continue
        try:
            asking.check(str(url or ""))
            hosts.add(asking.host_of(str(url)))
        except asking.NotAsked as wrong:
            complete = False
            findings.append(Finding(False, _("The %(name)s cannot be used (%(why)s).") % {"name": name, "why": wrong}))
    return sorted(hosts), complete


def _keys(found: dict[str, Any], hosts: list[str], findings: list[Finding]) -> bool:
    try:
        with asking.asking_only(hosts):
            keys = fetch_keys(str(found["jwks_uri"]))
    except (NotTrusted, requests.RequestException):
        keys = {}
    text = ngettext(
        "The provider publishes %(count)d key for signatures.",
        "The provider publishes %(count)d keys for signatures.",
        len(keys),
    ) % {"count": len(keys)}
    findings.append(Finding(bool(keys), text if keys else _("The provider's keys cannot be read.")))
    return bool(keys)


def _algorithms(found: dict[str, Any], findings: list[Finding]) -> bool:
    offered = found.get("id_token_signing_alg_values_supported")
    usable = [name for name in ALGORITHMS if isinstance(offered, list) and name in offered]
    if usable:
        findings.append(Finding(True, _("ID tokens are signed with %(names)s.") % {"names": ", ".join(usable)}))
    else:
        findings.append(
            Finding(
                False,
                _("The provider offers no signature that can be relied on."),
                _("Let it sign ID tokens with RS256 or better."),
            )
        )
    return bool(usable)


def _pkce(found: dict[str, Any], findings: list[Finding]) -> None:
    methods = found.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" in methods:
        findings.append(Finding(True, _("The provider knows PKCE with S256.")))
    else:
        text = _("The provider does not say that it knows PKCE. Andon sends it all the same.")
        findings.append(Finding(True, text))


def _why(wrong: requests.RequestException) -> str:
    match wrong:
        case asking.NotAsked():
            return str(wrong)
        case requests.HTTPError() if wrong.response is not None:
            return _("status %(status)d") % {"status": wrong.response.status_code}
        case requests.exceptions.SSLError():
            return _("its certificate is not trusted")
        case requests.Timeout():
            return _("no answer in time")
        case requests.exceptions.JSONDecodeError():
            return _("not a discovery document")
    return _("no connection")
