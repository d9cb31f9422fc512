"""What visitors read from the server: forms, errors, links and cards.

A second language is one more file like this, beside `client/src/words/` and the pages in
`web/templates/`. Names of errors, and messages that only programs see, stay where they are raised.
"""

from typing import Final

LANGUAGE: Final = "en"

# Forms
LETTERS_ONLY: Final = "Please use letters and spaces only."
NAME_LENGTH: Final = "Please use 2 to 100 letters."
COOKIE_ID_INVALID: Final = "This browser's id is not valid."
FIELD_MISSING: Final = "Please fill in this field."
NOT_AN_OPTION: Final = "Please choose one of the options."
NOT_TEXT: Final = "Please enter text."
FORM_INVALID: Final = "Please correct the marked fields."
FORM_CHANGED: Final = "This form was changed after it was sent. Please load the page again."

# Photos
PHOTO_INVALID: Final = "Please upload JPG or PNG image under 5MB"
"""The spec's words."""
PHOTO_UNREADABLE: Final = "This photo could not be read. Please try again, or choose another one."

# Limits and failures
QUOTA_USED_UP: Final = (
    "You have reached the maximum number of submissions. Please check back later."
)
TOO_MANY_REQUESTS: Final = "Too many requests. Please try later."
SOLD_OUT: Final = "Sorry, we're all sold out!"
STORAGE_FULL: Final = "Sorry, we cannot take new songs just now. Please try again later."
UNAVAILABLE: Final = "Service temporarily unavailable"
SERVER_ERROR: Final = "Something went wrong. Please try again."

# Songs
UNFINISHED: Final = "This song is still being made."
FAILED: Final = "Video generation failed. Please try again."
EXPIRED: Final = "This song is no longer available."
NOT_YOURS: Final = "Only the browser that made this song may delete it."
NOT_ENDED: Final = "This song is still being made. Please delete it when it is ready."

# Links, as apps show them
SITE_TITLE: Final = "A love song for you and your pet"
SITE_DESCRIPTION: Final = (
    "Two names, one love song: tell us about your pet, add a photo, and get your own record to "
    "watch, keep and send on."
)
SITE_PICTURE: Final = "A record player; the record's label shows a heart."

# The card: the picture of a link to a song
CARD_TITLE: Final = "A love song for"
CARD_SENDER: Final = "from"
CARD_UNNAMED_PET: Final = "a beloved pet"
"""For names that the card's fonts cannot show."""


def song_title(pet_name: str, owner_name: str) -> str:
    return f"A love song for {pet_name} and {owner_name}"


def song_description(pet_name: str, owner_name: str) -> str:
    return (
        f"{pet_name} and {owner_name} have a love song of their own, on a record that wears "
        f"{pet_name}’s photo. Press play."
    )


def song_picture(pet_name: str) -> str:
    return f"A record with a photo of {pet_name} on its label."
