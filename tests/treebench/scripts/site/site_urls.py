from django.urls import path
from shop import views

urlpatterns = [
    path("shelves/", views.shelves, name="shelves"),
    path("books/<int:number>/", views.book, name="book"),
]
