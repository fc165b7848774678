from django.urls import path
from django.http import HttpResponse
app_name = "blog"
view = lambda request, **kw: HttpResponse("ok")
urlpatterns = [path("", view, name="index"), path("<slug:slug>/comments/<int:pk>/", view, name="comment")]
