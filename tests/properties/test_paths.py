"""Session ids and media names: nothing but one of our ids ever becomes part of a path."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer import FORMATS
from server.ids import SESSION_ID, is_session_id
from server.storage import read_video_name, video_name
from server.storage.names import Folders, folders_below
from tests.properties.test_form import ANY_TEXT

ROOT = Path("/storage")
IDS = st.from_regex(SESSION_ID, fullmatch=True)
PIECES = st.sampled_from(["..", "/", "\\", "%2e", "\0", ".", "-", "-story", ".mp4", "\n", "a" * 24])
NEARLY_IDS = IDS.map(str.upper) | st.builds(str.__add__, IDS, PIECES | ANY_TEXT)
NAMES = ANY_TEXT | NEARLY_IDS | st.lists(PIECES, max_size=8).map("".join)


@given(NAMES)
def test_an_id_is_twenty_four_plain_characters(text: str) -> None:
    assert is_session_id(text) == (re.fullmatch("[a-z][a-z0-9]{23}", text) is not None)


@given(NAMES | IDS)
def test_a_path_stays_in_its_folder_or_is_refused(text: str) -> None:
    folders = Folders(*folders_below(ROOT))
    if not is_session_id(text):
        with pytest.raises(ValueError, match="not a session id"):
            folders.files(text)
        return
    for path in folders.files(text):
        assert path.parent in folders.folders
        assert path.name.startswith(text)
        assert Path(str(path)).resolve() == path


@given(NAMES | IDS, st.sampled_from([*FORMATS, "cinema", "", "../x"]))
def test_a_videos_name_is_parsed_back_or_refused(name: str, video_format: str) -> None:
    for text in (name, f"{name}-{video_format}"):
        video = read_video_name(text)
        assert video is None or (video_name(*video) == text and is_session_id(video[0]))


@given(IDS, st.sampled_from(sorted(FORMATS)))
def test_every_video_of_ours_is_found_by_its_name(session_id: str, video_format: str) -> None:
    assert read_video_name(video_name(session_id, video_format)) == (session_id, video_format)
