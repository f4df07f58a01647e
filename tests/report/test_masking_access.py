"""
Secrets of pg_hba.conf, pgbouncer.ini and its file of users stay out of quoted lines.
"""

from __future__ import annotations

import pytest

from advisor.report.masking import mask


@pytest.mark.parametrize(
    "line",
    [
        "host all all all ldap ldapserver=x ldapbindpasswd=geheim ldapport=1",
        'host all all all ldap ldapbindpasswd="ge heim" ldapport=1',
        "host all all all radius radiusservers=a radiussecrets=geheim,geheim2",
        'host all all all radius "radiussecrets=geheim,geheim2"',
        '"bob" "geheim"',
        '  "bob""s"\t"x ""geheim" behind it',
        '"bob" "geheim that goes on',
        "shop = host=db password=geheim pool_size=7",
        "shop = host=db password = 'x ''geheim' pool_size=7",
    ],
)
def test_lines(line: str) -> None:
    assert "heim" not in mask(line)
    assert "***" in mask(line)
