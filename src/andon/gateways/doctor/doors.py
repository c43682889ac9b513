"""The two doors as the world sees them: addresses, certificates, headers, and what a proxy adds or mixes up."""

import http.client
import ssl
from urllib.parse import urlsplit

from andon.gateways.cli import addresses
from andon.gateways.doctor.findings import Said, check, ok, problem, unknown, warning
from andon.gateways.doctor.place import Answer, Place

APP_PATH = "/.well-known/andon"
ANONYMOUS_PATH = "/log/head"
# Added by what keeps copies of answers.
OF_CACHES = ("Age", "X-Cache", "X-Cache-Hits", "CF-Cache-Status", "X-Varnish", "X-Proxy-Cache", "X-Served-By")
OF_OTHERS = ("Set-Cookie", "Alt-Svc", "NEL", "Report-To", "Server-Timing", "X-Request-Id", "CF-Ray")
FEW_DAYS = 14


def _is_local(here: Place) -> bool:
    return urlsplit(here.app_origin).hostname in addresses.LOCAL


def _get(here: Place, url: str) -> Answer | Said:
    """What came back, or what to say where nothing did."""
    try:
        return here.fetch(url)
    except ssl.SSLCertVerificationError as error:
        return problem(
            f"The certificate is not valid: {error.verify_message}.", "Renew it, for exactly this host name."
        )
    except ConnectionRefusedError:
        return problem("Nothing listens there.", "Start the service and the proxy.")
    except TimeoutError:
        return problem("No answer within ten seconds.", "Look at the proxy, the firewall and the name's address.")
    except (OSError, http.client.HTTPException) as error:
        return problem(f"No connection: {type(error).__name__}.", "Look at the proxy and at the name's address.")


def _reach(here: Place, url: str, fine: set[int]) -> Said:
    answer = _get(here, url)
    if isinstance(answer, Said):
        return answer
    if answer.status not in fine:
        return problem(
            f"It answers {answer.status}.", "Look whether the proxy passes this host name to the right port."
        )
    if answer.days_left is None:
        if _is_local(here):
            return ok("answers, on this machine and without TLS")
        return problem("It answers without TLS.", "Put TLS in front and name the origin with https.")
    if answer.days_left < FEW_DAYS:
        return warning(f"The certificate ends in {answer.days_left} days.", "See why it was not renewed.")
    return ok(f"answers; the certificate is valid for {answer.days_left} more days")


@check("D30", "The app is reached under its address")
def app_reached(here: Place) -> Said:
    return _reach(here, here.app_origin + APP_PATH, {200})


@check("D31", "The anonymous door is reached under its address")
def anonymous_reached(here: Place) -> Said:
    # 404: the log is empty before the organisation is founded.
    return _reach(here, here.anonymous_origin + ANONYMOUS_PATH, {200, 404})


@check("D32", "The two addresses are different and of one site")
def same_site(here: Place) -> Said:
    try:
        addresses.check(here.app_origin, here.anonymous_origin)
    except addresses.BadAddresses as error:
        return problem(str(error), "Correct ANDON_APP_ORIGIN or ANDON_ANONYMOUS_ORIGIN.")
    return ok("they are")


def _headers_of_app() -> dict[str, str]:
    from andon.foundation.interface.middleware import SecurityHeaders

    policy = SecurityHeaders(lambda _request: None).policy  # type: ignore[arg-type, return-value]
    return {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def _changed(answer: Answer, wanted: dict[str, str]) -> list[str]:
    found = []
    for name, value in wanted.items():
        came = answer.all(name)
        if not came:
            found.append(f"{name} is missing")
        elif len(came) > 1:
            found.append(f"{name} comes {len(came)} times")
        elif came[0] != value:
            found.append(f"{name} is another one")
    return found


def _headers_arrive(here: Place, url: str, wanted: dict[str, str]) -> Said:
    answer = _get(here, url)
    if isinstance(answer, Said):
        return unknown("There was no answer to look at.", "See the checks above.")
    found = _changed(answer, wanted)
    if found:
        return problem("; ".join(found), "Let the proxy pass headers on as they are, and add none.")
    return ok(f"{len(wanted)} headers, as they were sent")


@check("D33", "The app's security headers arrive through the proxy")
def app_headers(here: Place) -> Said:
    return _headers_arrive(here, here.app_origin + APP_PATH, _headers_of_app())


@check("D34", "The anonymous door's security headers arrive through the proxy")
def anonymous_headers(here: Place) -> Said:
    from andon.features.ballots import public as ballots

    wanted = {**ballots.fixed_headers(), "Cache-Control": "no-store"}
    return _headers_arrive(here, here.anonymous_origin + ANONYMOUS_PATH, wanted)


@check("D35", "Nothing adds cookies, traces or copies to the anonymous door")
def anonymous_is_bare(here: Place) -> Said:
    answers = [_get(here, here.anonymous_origin + ANONYMOUS_PATH) for _time in range(2)]
    if any(isinstance(answer, Said) for answer in answers):
        return unknown("There was no answer to look at.", "See the checks above.")
    came = {
        name
        for answer in answers
        if isinstance(answer, Answer)
        for name in (*OF_CACHES, *OF_OTHERS)
        if answer.all(name)
    }
    if came:
        return problem(
            f"The answers carry {', '.join(sorted(came))}.",
            "Turn off caching, cookies and reporting for the anonymous door's host name in the proxy.",
        )
    return ok("two answers carry none")


@check("D36", "The proxy tells the anonymous door no addresses")
def addresses_on_the_way_in(here: Place) -> Said:
    return unknown(
        "What a proxy adds to a request cannot be seen from outside, and a door that echoed it would be a leak. The "
        "door takes every such header off before any code of ours sees it.",
        "Read the proxy's configuration: no X-Forwarded-For, X-Real-IP or Forwarded for this host name, and no log.",
    )


def _bind(here: Place, name: str, port: int) -> tuple[str, int]:
    host, _, found = (here.environment.get(name) or f"127.0.0.1:{port}").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    return ("127.0.0.1" if host in {"0.0.0.0", "::"} else host), int(found)  # noqa: S104


@check("D37", "Neither door answers to the other's name")
def host_names(here: Place) -> Said:
    app, anonymous = (str(urlsplit(origin).hostname) for origin in (here.app_origin, here.anonymous_origin))
    if app == anonymous:
        return unknown("Both doors have one host name, as in a demonstration on one machine.")
    mixed = []
    for name, port, other, path in (
        ("ANDON_APP_BIND", 8000, anonymous, APP_PATH),
        ("ANDON_ANONYMOUS_BIND", 8001, app, ANONYMOUS_PATH),
    ):
        bind = _bind(here, name, port)
        try:
            answer = here.fetch(f"http://{bind[0]}{path}", host=other, at=bind)
        except (OSError, http.client.HTTPException):
            return unknown("A door does not answer where it listens.", "Start the service, and run this beside it.")
        if answer.status != 400:
            mixed.append(f"{name} answers {answer.status} to the other name")
    if mixed:
        return problem("; ".join(mixed), "Correct the two origins: a proxy that mixes the doors up must be noticed.")
    return ok("both refuse the other's name")


@check("D38", "The doors listen behind the proxy only")
def binds(here: Place) -> Said:
    public = [
        name
        for name in ("ANDON_APP_BIND", "ANDON_ANONYMOUS_BIND")
        if (here.environment.get(name) or "127.0.0.1:0").rpartition(":")[0] in {"0.0.0.0", "[::]", "::", "*"}  # noqa: S104
    ]
    if public and here.environment.get("ANDON_TLS_CERTIFICATE"):
        return ok("on every address of this machine, with TLS of their own")
    if public:
        return warning(
            f"{' and '.join(public)}: every address of this machine.",
            "Listen on 127.0.0.1, or keep others away from the port: past the proxy there is no TLS.",
        )
    return ok("on addresses of their own")
