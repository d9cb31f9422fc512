"""The record player: a blush lacquered body, a gold platter and a button with a heart."""

import numpy as np

from renderer.drawing.brush import (
    BLUSH,
    GOLD,
    GOLD_DARK,
    GOLD_LIGHT,
    RASPBERRY,
    Picture,
    Plane,
    box,
    brushed,
    fill,
    heart,
    ramp,
    ring,
)
from renderer.drawing.cloth import (
    CARD_PETALS,
    PETALS,
    lay_cloth,
    lay_folds,
    lay_petal,
    measure_from_lamp,
)
from renderer.layout import PLAYER_PX, Layout

SPINDLE = PLAYER_PX / 2
VINYL_RADIUS = 368.0
CARD_SPINDLE, CARD_SCALE = (320, 315), 0.68


def draw_background(layout: Layout) -> Picture:
    """The player seen from above; where the canvas is larger than the player, petals on folds."""
    left, top = SPINDLE - layout.spindle_x_px, SPINDLE - layout.spindle_y_px
    picture = Picture(layout.width_px, layout.height_px, left=left, top=top)
    petals = PETALS[layout.name]
    if petals:
        lay_cloth(picture, reach=2000)
        lay_folds(picture)
    else:
        lay_cloth(picture)
    lay_player(picture)
    for petal in petals:
        lay_petal(picture, *petal)
    return picture


def draw_card() -> Picture:
    """The player smaller on the left, cut by the edge, with free cloth for the names."""
    left, top = (SPINDLE - at / CARD_SCALE for at in CARD_SPINDLE)
    picture = Picture(1200, 630, left, top, CARD_SCALE)
    lay_cloth(picture, reach=2600)
    lay_folds(picture)
    lay_player(picture)
    for petal in CARD_PETALS:
        lay_petal(picture, *petal)
    return picture


def lay_player(picture: Picture) -> None:
    """Draw the blush lacquered body and its platter."""
    picture = picture.crop(-120, -120, 1200, 1200)  # as far as its shadow reaches
    x, y = picture.x, picture.y
    from_lamp = measure_from_lamp(picture)
    body = box(x - SPINDLE, y - SPINDLE, (500, 500), 74)
    picture.shade(fill(body), (12, 18), 16, 0.75)
    lacquer = ramp(
        from_lamp,
        [(0, (255, 229, 210)), (420, BLUSH), (900, (218, 140, 132)), (1250, (160, 78, 88))],
    )
    picture.lay(lacquer, fill(body))
    lit_edge = np.clip((SPINDLE - x + SPINDLE - y) / 700, -1, 1)
    picture.lay((255, 246, 236), ring(body, -3.5, -0.5) * np.maximum(lit_edge, 0) * 0.9)
    picture.lay((96, 30, 46), ring(body, -4.0, 0.0) * np.maximum(-lit_edge, 0) * 0.6)

    dx, dy = x - SPINDLE, y - SPINDLE
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    rim = 404.0
    picture.shade(fill(radius - rim), (14, 20), 18, 0.55)
    picture.lay(brushed(angle, [(0, GOLD_DARK), (0.5, GOLD), (1, GOLD_LIGHT)]), fill(radius - rim))
    picture.lay((92, 58, 40), ring(radius, rim - 5, rim - 3.6) * 0.7)
    draw_strobe_dots(picture, radius, angle)
    picture.lay((52, 26, 30), fill(radius - 380))
    picture.shade(fill(radius - VINYL_RADIUS), (5, 8), 5, 0.8)
    picture.lay((30, 14, 18), fill(radius - 360))

    draw_button(picture.crop(70, 890, 200, 1020), 132, 948)


def draw_strobe_dots(picture: Picture, radius: Plane, angle: Plane) -> None:
    """Set the dots around the platter's rim, each with a glint."""
    dots = 120
    around = (angle / (2 * np.pi) * dots) % 1 - 0.5
    spot = np.hypot(around * 2 * np.pi * 391 / dots, (radius - 391) * 1.0) - 4.2
    picture.lay((74, 40, 34), fill(spot) * 0.85)
    glint = np.hypot(around * 2 * np.pi * 391 / dots - 1.2, radius - 390) - 1.4
    picture.lay(GOLD_LIGHT, fill(glint) * 0.7)


def draw_button(picture: Picture, x: float, y: float) -> None:
    """The start button, with a heart that glows: the player's only ornament."""
    dx, dy = picture.x - x, picture.y - y
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    picture.shade(fill(radius - 40), (6, 9), 7, 0.5)
    picture.lay(brushed(angle, [(0, GOLD_DARK), (0.5, GOLD), (1, GOLD_LIGHT)]), fill(radius - 40))
    face = np.clip((dx + dy) / 76 + 0.5, 0, 1)
    picture.lay(ramp(face, [(0, (255, 240, 226)), (1, (222, 158, 146))]), fill(radius - 35))
    picture.lay(RASPBERRY, np.exp(-((radius / 21) ** 2)).astype(np.float32) * 0.28)
    picture.lay((196, 38, 74), fill(heart(dx, dy, 30)))
    picture.lay((255, 150, 150), np.exp(-(((dx + 5) / 5) ** 2) - ((dy + 6) / 4) ** 2) * 0.55)
