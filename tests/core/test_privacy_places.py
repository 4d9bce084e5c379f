"""Addresses by their shape, names in letters, and numbers by which a company knows somebody."""

from __future__ import annotations

import pytest

from core.privacy.finders.addresses import find_addresses
from core.privacy.finders.credentials import credential_finder
from core.privacy.finders.documents import document_finder
from core.privacy.finders.letters import find_letter_names
from core.privacy.finders.places import find_places
from core.privacy.finders.secrets import find_secrets


def found(find, text):
    return [text[span.start : span.end] for span in find(text)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("adresa: Na Příkopě 14, 110 00 Praha 1", "Na Příkopě 14, 110 00 Praha 1"),
        ("Wir wohnen Hinterm Deich 9, 26506 Norden", "Hinterm Deich 9, 26506 Norden"),
        ("Los Aromos 1145, depto 62, Ñuñoa", "Los Aromos 1145, depto 62, Ñuñoa"),
        ("живём Тверская 14, кв 8", "Тверская 14, кв 8"),
        ("we live at 33 Elm, the green one", "33 Elm"),
        ("it's Rose Cottage, Church Lane, Ely CB7 4DJ", "Rose Cottage, Church Lane, Ely CB7 4DJ"),
        ("पता: 42, गांधी नगर, जयपुर 302015", "42, गांधी नगर, जयपुर 302015"),
    ],
)
def test_addresses_by_shape(text, address):
    assert address in found(find_places, text)


@pytest.mark.parametrize(
    "text",
    [
        "we moved to Thursday 3 PM",
        "Chapter 12, page 400",
        "I live at the edge of 3 woods",
        "flight UA 2117, gate B14, boarding 6:20",
        "Lakers 112, Suns 108",
        "the iPhone 15 costs 999 euros",
        "-" * 5_000 + " Aa-1" * 2_000,
    ],
)
def test_no_address(text):
    assert found(find_places, text) == []


@pytest.mark.parametrize("text", ["19 on the road today", "12 people on the street"])
def test_a_number_before_the_road_is_no_address(text):
    assert found(find_addresses, text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("customer no. 88310277, they always ask", "88310277"),
        ("Vertragsnummer VN 4482 9931", "VN 4482 9931"),
        ("n° client 77204518", "77204518"),
        ("my upi: deepa.k@ybl", "deepa.k@ybl"),
        ("NIP 526-104-08-28", "526-104-08-28"),
        ("it is 784-1990-1234567-1", "784-1990-1234567-1"),
    ],
)
def test_numbers_of_customers_and_documents(text, number):
    assert number in found(document_finder(), text)


@pytest.mark.parametrize("text", ["we ordered 40 pizzas", "order 88310277 shipped", "ID please"])
def test_no_document(text):
    assert found(document_finder(), text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dear Quellmalz,\nthe tap drips", "Quellmalz"),
        ("Sehr geehrte Frau Dr. Zwirnhuber,", "Zwirnhuber"),
        ("see you\n\nBest,\nImogen Farrow", "Imogen Farrow"),
        ("From: Imogen Farrow <i.f@tall.example>", "Imogen Farrow"),
        ("Уважаемая Ефросинья!", "Ефросинья"),
    ],
)
def test_names_where_letters_have_them(text, name):
    assert name in found(find_letter_names, text)


@pytest.mark.parametrize("text", ["Hi Team, hello", "Hello World!", "Hi Mom,", "Thanks,\nsee you"])
def test_no_names(text):
    assert found(find_letter_names, text) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("le code de la boîte à clés : 0742", "0742"),
        ("wifi: Lakehouse5G / canoe-canoe-22", "canoe-canoe-22"),
        ("log in with h@mail.example / PurpleYak_204", "PurpleYak_204"),
    ],
)
def test_pairs_and_codes_behind_a_colon(text, secret):
    assert secret in found(find_secrets, text) + found(credential_finder(), text)
