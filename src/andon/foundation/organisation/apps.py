from django.apps import AppConfig
from django.db import connections, router
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def register_hand_words() -> None:
    """How changes by hand read in the change log."""
    from andon.foundation.audit.public import register_fact, register_words
    from andon.foundation.organisation.models import Membership

    for kind, words in (
        ("person.added", _("A person was added")),
        ("person.renamed", _("The name of a person was changed")),
        ("person.address_changed", _("The address of a person was changed")),
        ("person.placed", _("A person was given a team")),
        ("person.place_ends", _("The last day of a person in a team was changed")),
        ("person.plan_cancelled", _("A planned change of team was cancelled")),
        ("person.duties_changed", _("The roles of a person were changed")),
        ("person.deactivated", _("A person was deactivated")),
        ("person.reactivated", _("A person was reactivated")),
        ("team.added", _("A team was added")),
        ("team.renamed", _("A team was renamed")),
        ("team.moved", _("A team was moved below another")),
        ("team.retired", _("A team was retired")),
        ("team.revived", _("A retired team was brought back")),
    ):
        register_words(kind, words)
    register_fact("role", _("as"), dict(Membership.Role.choices))
    register_fact("starts_on", _("from"))
    register_fact("ends_on", _("until"))
    register_fact("given", _("given:"))
    register_fact("taken", _("taken:"))
    register_fact("name", _("now:"))
    register_fact("to", _("below:"))


def watch_people(app: AppConfig) -> None:
    """What counts, the tree and units depend on: see `revision`."""
    from andon.foundation.organisation import revision

    revision.watch("organisation_node", "id", "parent_id", "name")
    revision.watch("organisation_membership", "member_id", "node_id", "starts_on", "ends_on")
    revision.watch("people_member", "id", "is_active")

    def install_triggers(*, using: str, **_others: object) -> None:
        if router.allow_migrate(using, "organisation"):
            revision.install(connections[using])

    post_migrate.connect(install_triggers, sender=app, dispatch_uid="organisation.revision", weak=False)


class OrganisationApp(AppConfig):
    name = "andon.foundation.organisation"
    label = "organisation"

    def ready(self) -> None:
        from andon.foundation.audit.public import register_fact
        from andon.foundation.configuration.public import register
        from andon.foundation.interface.public import NavigationItem, register_navigation
        from andon.foundation.organisation import tasks
        from andon.foundation.organisation.choices import ORGANISATION

        register_navigation(NavigationItem(label=_("People"), url_name="organisation:people", icon="people", order=60))
        register(ORGANISATION)
        tasks.register()
        watch_people(self)
        register_fact("left", _("left:"))
        register_hand_words()
