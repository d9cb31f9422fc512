"""The record: vinyl with grooves and a paper label that leaves room for the pet's photo."""

import cv2
import numpy as np

from renderer.drawing.brush import (
    GOLD,
    GOLD_DARK,
    OVERSIZE,
    PAPER,
    RASPBERRY,
    Picture,
    Plane,
    fill,
    heart,
    ring,
)

RECORD = 736
VINYL_RADIUS = RECORD / 2
PHOTO_RADIUS, LABEL_RADIUS = 180.0, 214.0
GROOVES = (236.0, 356.0)
TRACK_GAPS = (262.0, 289.0, 318.0, 341.0)


def draw_record() -> Picture:
    """Vinyl with grooves and a paper label; the pet's photo comes on top, the light later."""
    picture = Picture(RECORD, RECORD)
    dx, dy = picture.x - VINYL_RADIUS, picture.y - VINYL_RADIUS
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    # The picture is filled to its corners so that the edge never mixes with black.
    picture.lay(vinyl_colour(radius, angle), 1.0)
    picture.lay((6, 4, 5), ring(radius, LABEL_RADIUS, LABEL_RADIUS + 1.5))
    picture.lay(PAPER, fill(radius - LABEL_RADIUS))
    draw_label(picture, radius, angle)
    picture.alpha = fill(radius - VINYL_RADIUS + 0.5)
    picture.rgb *= picture.alpha[..., None]
    return picture


def vinyl_colour(radius: Plane, angle: Plane) -> Plane:
    """Colours of the vinyl: light and dark grooves of varying loudness, slightly off-centre."""
    random = np.random.default_rng(14_02_2026)
    fine = np.convolve(random.normal(size=4 * RECORD), [0.25, 0.5, 0.25], "same")
    pitch = np.arange(4 * RECORD) / 8
    wobbling = radius + 0.7 * np.cos(angle - 1.0)
    groove = np.interp(wobbling, pitch, fine)
    loud = random.normal(size=(14, 30)).astype(np.float32)
    column = angle / (2 * np.pi) % 1 * loud.shape[1]
    row = radius / VINYL_RADIUS * loud.shape[0]
    passage = cv2.remap(loud, column, row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
    played = np.asarray((radius > GROOVES[0]) & (radius < GROOVES[1]), np.float32)
    for gap in TRACK_GAPS:
        played *= 1 - np.exp(-(((wobbling - gap) / 2.2) ** 2))
    level = 23 + played * (6 + 9.0 * groove + 1.6 * passage)
    level += 10 * np.exp(-(((radius - VINYL_RADIUS + 3.5) / 1.6) ** 2))
    return np.asarray(np.clip(level, 6, 80)[..., None] * (1.0, 0.93, 0.95), np.float32)


def draw_label(picture: Picture, radius: Plane, angle: Plane) -> None:
    """Print a line of text and hearts around the photo."""
    middle = (PHOTO_RADIUS + LABEL_RADIUS) / 2 + 0.5
    strip = print_strip(round(2 * np.pi * middle * 4), round((LABEL_RADIUS - PHOTO_RADIUS) * 4))
    clockwise = ((angle / (2 * np.pi)) + 0.25) % 1
    column = (clockwise * (strip.shape[1] - 1)).astype(np.float32)
    row = ((LABEL_RADIUS - radius) * 4).astype(np.float32)
    ink = cv2.remap(strip, column, row, cv2.INTER_AREA)
    picture.lay(RASPBERRY, ink * ring(radius, PHOTO_RADIUS, LABEL_RADIUS))
    picture.lay(RASPBERRY, ring(radius, LABEL_RADIUS - 4.2, LABEL_RADIUS - 2.6))
    picture.lay(GOLD, ring(radius, PHOTO_RADIUS - 6, PHOTO_RADIUS + 3.2))
    picture.lay(GOLD_DARK, ring(radius, PHOTO_RADIUS + 3.2, PHOTO_RADIUS + 4.0) * 0.6)


def print_strip(width: int, height: int) -> Plane:
    """The ring of the label as a straight strip: ink coverage, read from left to right."""
    strip = np.zeros((height, width), np.uint8)
    line, size = "A LOVE SONG FOR YOU", round(height * 0.50)
    font, spacing, repeats = cv2.FontFace("sans"), round(height * 0.16), 3
    sizes = [
        cv2.getTextSize((width, height), letter, (0, 0), font, size, 500)[2] for letter in line
    ]
    advance = [max(box, round(size * 0.28)) + spacing for box in sizes]
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    ink = np.zeros((height, width), np.float32)
    for part in range(repeats):
        left = round(width * part / repeats + (width / repeats - sum(advance)) / 2)
        for letter, step in zip(line, advance, strict=True):
            cv2.putText(strip, letter, (left, round(height * 0.62)), 255, font, size, 500)
            left += step
        middle = width * part / repeats
        distance = (column - middle + width / 2) % width - width / 2
        ink = np.maximum(ink, fill(heart(distance, row - height * 0.45, height * 0.36) / OVERSIZE))
    return np.maximum(ink, strip.astype(np.float32) / 255)
