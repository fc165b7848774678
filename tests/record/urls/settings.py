# What manage.py show_urls needs of a site.

SECRET_KEY = "x"
ROOT_URLCONF = "urls"
USE_I18N = True
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django_extensions",
]
