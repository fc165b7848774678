import string

TEMPLATE = string.Template("<row account='$account'>$amount</row>")


def as_xml(rows):
    from xml.sax import saxutils

    lines = [
        TEMPLATE.substitute(account=saxutils.escape(row.account), amount=saxutils.escape(str(row.amount)))
        for row in rows
    ]
    return f"<rows>{''.join(lines)}</rows>"


def as_text(rows):
    import pprint
    import textwrap

    return textwrap.indent(pprint.pformat([(row.account, str(row.amount)) for row in rows]), "  ")
