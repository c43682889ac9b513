from andon.gateways.rest.api import api

app_name = api.urls_namespace

urlpatterns = api.urls[0]
