# Flamedrop. SPDX-License-Identifier: MIT OR Apache-2.0
from django.apps import AppConfig


class FlamedropConfig(AppConfig):
    name = "flamedrop.django"
    # Of the last part of the name there may be others.
    label = "flamedrop"
    verbose_name = "Flamedrop"
