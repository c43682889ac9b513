from django.apps import AppConfig


class Issuance(AppConfig):
    name = "andon.features.issuance"
    label = "issuance"

    def ready(self) -> None:
        from andon.features.issuance import services
        from andon.features.rounds import public as rounds

        rounds.register_issuance_generation(services.generation)
