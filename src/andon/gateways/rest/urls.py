from andon.gateways.rest.api import api

app_name = api.urls_namespace

urlpatterns = api.urls[0]
for pattern in urlpatterns:
    # Only a key counts here, which no other site can make a browser send: where nothing can be posted, the answer is
    # 404 or 405, and no advice about forms.
    pattern.callback.csrf_exempt = True  # type: ignore[union-attr]
