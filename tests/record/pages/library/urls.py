from django.urls import path

from library.views import page

urlpatterns = [path("<str:side>/<str:name>/", page)]
