"""The mac of Zalo's webhooks: three disputed terms, each a setting, and nothing else fits."""

import hashlib

import pytest

from bot.zalo_mac import ANY, VARIANTS, Seal

BODY, STAMPS = b'{"event_name":"follow"}', ("1795500000001", "1795500000002")
SEAL = {"app_id": "42", "oa_id": "57", "oa_secret": "oa-bi-mat", "app_secret": "app-bi-mat"}


def mac(first: str, stamp: str, secret: str, body: bytes = BODY) -> str:
    return hashlib.sha256(first.encode() + body + stamp.encode() + secret.encode()).hexdigest()


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_is_found_and_can_be_demanded(variant):
    first, stamp, secret = variant.split(",")
    signed = mac(SEAL[first], STAMPS[("body", "header").index(stamp)], SEAL[secret])
    assert Seal(**SEAL, variant=ANY).check(signed, BODY, STAMPS) == variant
    assert Seal(**SEAL, variant=variant).check(f"mac={signed.upper()}", BODY, STAMPS) == variant
    for other in set(VARIANTS) - {variant}:
        assert Seal(**SEAL, variant=other).check(signed, BODY, STAMPS) is None


@pytest.mark.parametrize("given", ["", "mac=", "x", "mac=" + "0" * 64, "é", mac("42", STAMPS[0], "khác")])
def test_nothing_else_fits(given):
    assert Seal(**SEAL).check(given, BODY, STAMPS) is None


def test_one_byte_more_does_not_fit():
    signed = mac("42", STAMPS[0], "oa-bi-mat")
    assert Seal(**SEAL).check(signed, BODY, STAMPS) and not Seal(**SEAL).check(signed, BODY + b" ", STAMPS)


def test_a_secret_that_is_not_set_signs_nothing():
    bare = Seal("42", "", "", "")
    assert bare.check(mac("42", STAMPS[0], ""), BODY, STAMPS) is None
    assert bare.check(mac("", STAMPS[0], ""), BODY, STAMPS) is None
