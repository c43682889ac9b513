"""Every way that we know of in which real people would be served with what a demonstration or an example left."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.features.setup import obstacles
from andon.features.setup.founding import CannotFound, found
from andon.foundation.organisation import public as organisation
from andon.foundation.people.demo import demo_address
from andon.foundation.people.models import Member
from andon.kernel import wire

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def demo_flag(settings, folder):
    settings.DEMO = True


def demo_people(settings, folder):
    Member.objects.create_user(demo_address("member"), "Anybody")


def demo_key(settings, folder):
    (folder / "steward.key").write_text("k" * 43)


def key_on_the_server(settings, folder):
    settings.STEWARD_KEY_FILE = "/etc/andon/steward.key"


def short_secret(settings, folder):
    settings.SECRET_KEY = "Jk3-qWz8Lm2Xv9Rt5Yb7"


def monotonous_secret(settings, folder):
    settings.SECRET_KEY = "xy" * 40


def example_secret(settings, folder):
    settings.SECRET_KEY = "please-CHANGE-me-0123456789-abcdefghij"


def readable_secret(settings, folder):
    (folder / "secret-key").write_text("s")
    (folder / "secret-key").chmod(0o644)


def rounds_of_another(settings, folder):
    private, public = rounds.new_steward_key()
    key = wire.unb64u(private, 32)
    from andon.kernel import manifest

    body = {"andon": "v1", "organisation": "a" * 32, "steward_key": public}
    publiclog.append("genesis", body=lambda _p: (body, manifest.sign_body(key, "genesis", body)))
    publiclog.append("opened", round_id="b" * 32, body={"round": "b" * 32})


WAYS = {
    demo_flag: "ANDON_DEMO is set",
    demo_people: "people of the demonstration",
    demo_key: "steward key of a demonstration",
    key_on_the_server: "ANDON_STEWARD_KEY_FILE",
    short_secret: "secret key is short",
    monotonous_secret: "secret key is short",
    example_secret: "one of an example",
    readable_secret: "can read the secret key",
    rounds_of_another: "earlier organisation",
}


def a_founding():
    private, _public = rounds.new_steward_key()
    request = rounds.founding_request(at=timezone.now())
    signatures = rounds.sign_founding(request, wire.unb64u(private, 32))
    return found(
        name="Real",
        steward_name="Stella",
        steward_email="stella@example.org",
        request=request,
        signatures=signatures,
        at=timezone.now(),
    )


def test_a_new_installation_has_no_obstacle():
    assert obstacles.obstacles() == []
    assert a_founding().email == "stella@example.org"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_each_is_named_and_nothing_is_founded(way, settings, installation, stella, monkeypatch):
    monkeypatch.delenv("ANDON_SECRET_KEY", raising=False)
    way(settings, installation)
    assert any(WAYS[way] in sentence for sentence in obstacles.obstacles())
    with pytest.raises(CannotFound):
        a_founding()
    assert organisation.current() is None
    if "SECRET" not in way.__name__.upper():
        shown = stella.get("/setup/organisation/")
        assert shown.status_code == 409
        assert b"cannot become a real installation" in shown.content


def test_a_log_that_is_somebody_elses_is_left_alone(settings, installation):
    rounds_of_another(settings, installation)
    before = [entry.hash for entry in publiclog.page(0)]
    with pytest.raises(CannotFound):
        a_founding()
    assert [entry.hash for entry in publiclog.page(0)] == before


@pytest.mark.parametrize("way", [demo_flag, short_secret, monotonous_secret, example_secret])
def test_real_people_are_not_served_with_it_either(way, settings, installation):
    a_founding()
    call_command("check_prepared")
    way(settings, installation)
    with pytest.raises(CommandError, match="Nothing was started"):
        call_command("check_prepared")


def test_a_demonstration_is_not_served_as_a_real_organisation(settings):
    organisation.create_organisation(name="Lanternworks", steward_public_key="k" * 43, at=timezone.now())
    Member.objects.create_user(demo_address("steward"), "Anybody")
    with pytest.raises(CommandError, match="holds the demonstration"):
        call_command("check_prepared")
    settings.DEMO = True
    call_command("check_prepared")


def test_an_obstacle_is_told_to_nobody_without_the_code(settings, installation):
    demo_people(settings, installation)
    assert b"demonstration" not in Client().get("/setup/").content
