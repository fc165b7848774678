import re

NAME = re.compile(r"[a-z]+(-[a-z]+)*")


def check(source, target, cents):
    if not (NAME.fullmatch(source) and NAME.fullmatch(target)) or cents < 0:
        # Only for those who make mistakes.
        import difflib

        raise ValueError(difflib.get_close_matches(source, [target]))
