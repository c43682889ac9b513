"""What the set-up says of the addresses of the two doors. The rule is in `foundation.configuration.origins`.

The page tries the frame in the browser, too, which knows what is a site.
"""

from django.utils.translation import gettext as _

from andon.foundation.configuration import origins
from andon.foundation.configuration.origins import Fault
from andon.foundation.configuration.public import Finding


def check_doors(app_origin: str, anonymous_origin: str) -> list[Finding]:
    """What is right and wrong with the two addresses, as far as they tell it themselves."""
    wrong = origins.wrong_with(app_origin, anonymous_origin)
    faults = {one.fault for one in wrong}
    found = []
    for door, origin in (("app", app_origin), ("anonymous", anonymous_origin)):
        own = [one.fault for one in wrong if one.door == door]
        found.append(_of_one(origin, own[0] if own else None))
    if Fault.NOT_AN_ORIGIN in faults:
        return found
    found.append(_two_names(bool(faults & {Fault.ONE_WITH_TLS, Fault.ONE_NAME, Fault.NOT_BY_PORT})))
    app = origins.split(app_origin)
    host = str(app.hostname) if app else ""
    if host not in origins.LOCAL or Fault.TWO_SITES in faults:
        found += _one_site(faults, origins.site_of(host))
    return found


def _of_one(origin: str, fault: Fault | None) -> Finding:
    said = {"origin": origin}
    if fault is Fault.NOT_AN_ORIGIN:
        return Finding(
            False,
            _("%(origin)s is not an address such as https://andon.example.org.") % said,
            _("Name scheme, host and port, and nothing behind them."),
        )
    if fault is Fault.NO_TLS:
        return Finding(
            False,
            _("%(origin)s is not encrypted, so browsers refuse to make slips there.") % said,
            _("Put a proxy with TLS in front, and name the address with https."),
        )
    if origin.startswith("https:"):
        return Finding(True, _("%(origin)s is encrypted on its way.") % said)
    return Finding(True, _("%(origin)s is on this machine only: good for a trial.") % said)


def _two_names(is_wrong: bool) -> Finding:
    if is_wrong:
        return Finding(
            False,
            _("The two doors have one name, or one of them has no TLS."),
            _("The anonymous door needs a host name of its own, with https too."),
        )
    return Finding(True, _("The two doors have names of their own."))


def _one_site(faults: set[Fault], site: str) -> list[Finding]:
    if Fault.TWO_SITES in faults:
        return [
            Finding(
                False,
                _("The two names do not belong to one site, so browsers would keep two wallets."),
                _("Choose names below one domain, such as andon.example.org and answer.example.org."),
            )
        ]
    if Fault.ONE_NAME in faults:
        return []
    return [Finding(True, _("Both names belong to one site, %(site)s.") % {"site": site})]
