from django.contrib import admin
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.urls import include, path, re_path
from rest_framework import routers, viewsets


def view(request, *args, **kwargs):
    return HttpResponse("ok")


class Users(viewsets.ViewSet):
    def list(self, request):
        return HttpResponse("ok")

    def retrieve(self, request, pk=None):
        return HttpResponse("ok")


router = routers.DefaultRouter()
router.register(r"users", Users, basename="user")

extra_patterns = [
    path("reports/", view, name="credit-reports"),
    path("reports/<int:id>/", view),
]

urlpatterns = [
    path("", view, name="home"),
    path("admin/", admin.site.urls),
    path("articles/2003/", view),  # a special case: path("nothing/", view)
    path("articles/<int:year>/", view),
    path("articles/<int:year>/<int:month>/<slug:slug>/", view, name="article"),
    path("orders/<uuid:pk>/", view),
    path("files/<path:name>", view, name="file"),
    path("people/<str:name>/", view, name="person"),
    path("plain/<name>/edit/", view),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", view, name="archive"),
    re_path(r"^page/(?:page-(?P<number>\d+)/)?$", view),
    re_path(r"^old/(\d+)/(\w+)/?$", view),
    re_path("^any/(?P<rest>.*)$", view, name="any"),
    path("credit/", include(extra_patterns)),
    path("blog/", include("blog.urls", namespace="blog")),
    path("<page_slug>-<page_id>/", include([path("history/", view), path("edit/", view)])),
    path("api/", include(router.urls)),
]
urlpatterns += i18n_patterns(path("about/", view, name="about"))
