"""What is recorded."""

import packages
import script
import standard

# Looked at while the rule was made.
SEEN = [
    standard.archives,
    standard.decorators,
    standard.documents,
    standard.generators,
    standard.imports,
    standard.json_and_copies,
    standard.patterns,
    standard.recursion,
    standard.syntax_trees,
    standard.tasks,
    packages.django_orm,
    packages.django_requests,
    packages.django_templates,
    packages.jinja,
    packages.sqlalchemy_orm,
]

# Recorded before the rule was tuned, and scored only when it was finished.
UNSEEN = [
    standard.arguments,
    standard.messages,
    standard.unit_tests,
    packages.django_forms,
    packages.mako,
    packages.sql_formatting,
]

# Functions that set themselves up; those of script.py are run as scripts.
PREPARED = {workload.__name__: workload for workload in SEEN + UNSEEN}

ALL = [*PREPARED, *script.SCRIPTS]

# The recording is too large for the repository, it is made where it is needed.
LARGE = ["makemigrations"]
