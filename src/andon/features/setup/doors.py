"""The addresses of the two doors: whether browsers will treat them as two sites' worth of secrets in one site."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from andon.foundation.configuration.public import Finding

LOCAL = ("localhost", "127.0.0.1", "::1")
# Second labels under which many countries register names: a.co.uk and b.co.uk are strangers.
_SHARED_LABELS = {"ac", "co", "com", "edu", "gov", "ltd", "me", "ne", "net", "or", "org", "plc", "sch"}


def check_doors(app_origin: str, anonymous_origin: str) -> list[Finding]:
    """What is right and wrong with the two addresses, as far as they tell it themselves."""
    app, door = urlsplit(app_origin), urlsplit(anonymous_origin)
    app_host, door_host = app.hostname or "", door.hostname or ""
    both_local = app_host in LOCAL and door_host in LOCAL
    found = []
    for parts in (app, door):
        secure = parts.scheme == "https" or parts.hostname in LOCAL
        found.append(
            Finding(
                secure,
                _("%(origin)s is encrypted on its way.") % {"origin": parts.geturl()}
                if secure and parts.scheme == "https"
                else _("%(origin)s is on this machine only: good for a trial.") % {"origin": parts.geturl()}
                if secure
                else _("%(origin)s is not encrypted, so browsers refuse to make slips there.")
                % {"origin": parts.geturl()},
                "" if secure else _("Put a proxy with TLS in front, and name the address with https."),
            )
        )
    same_scheme = app.scheme == door.scheme
    different = (app_host, app.port) != (door_host, door.port) if both_local else app_host != door_host
    found.append(
        Finding(
            different and same_scheme,
            _("The two doors have names of their own.")
            if different and same_scheme
            else _("The two doors have one name, or one of them has no TLS."),
            "" if different and same_scheme else _("The anonymous door needs a host name of its own, with https too."),
        )
    )
    if different and not both_local:
        one = site_of(app_host) == site_of(door_host) and bool(site_of(app_host))
        found.append(
            Finding(
                one,
                _("Both names belong to one site, %(site)s.") % {"site": site_of(app_host)}
                if one
                else _("The two names do not belong to one site, so browsers would keep two wallets."),
                "" if one else _("Choose names below one domain, such as andon.example.org and answer.example.org."),
            )
        )
    return found


def site_of(host: str) -> str:
    """The site that a name belongs to, or "" where that cannot be: a number, or a single word.

    Does not: know the list of public suffixes; a name directly below one that is not in a country's usual form is
    taken for a site. The page tries the frame in the browser, too, which does know.
    """
    labels = host.lower().rstrip(".").split(".")
    if len(labels) < 2 or ":" in host or labels[-1].isdigit():
        return ""
    length = 3 if len(labels[-1]) == 2 and labels[-2] in _SHARED_LABELS else 2
    return ".".join(labels[-length:]) if len(labels) >= length else ""
