"""Draws the tonearm over the player and the record."""

import numpy as np

from renderer.drawing.brush import (
    GOLD,
    GOLD_DARK,
    GOLD_LIGHT,
    INK,
    STEEL,
    STEEL_DARK,
    STEEL_LIGHT,
    Picture,
    box,
    brushed,
    fill,
    heart,
    ring,
    shine,
    turn,
)

CANVAS = 1080
SHELL_DEGREES = 34.0  # the headshell leans towards the spindle by this


def draw_needle() -> Picture:
    """The tonearm, from its bearing at the upper right to the headshell in the grooves."""
    whole = Picture(CANVAS, CANVAS)
    picture = whole.crop(730, 20, 1080, 840)
    x, y = picture.x, picture.y
    pivot_x, pivot_y = 956.0, 206.0
    tip_x, tip_y = 812.0, 742.0
    bearing = np.hypot(x - pivot_x, y - pivot_y)
    angle = np.arctan2(y - pivot_y, x - pivot_x)

    shell_x, shell_y = turn(x - tip_x, y - tip_y, SHELL_DEGREES)
    shell = box(shell_x, shell_y, (19, 44), 9)
    lift = box(shell_x - 28, shell_y - 24, (14, 2.8), 2.5)
    collar = box(shell_x, shell_y + 50, (9.5, 8), 2)

    # The tube is a graph over y, a parabola that meets the headshell in its own direction.
    along, steep = np.deg2rad(90 + SHELL_DEGREES), np.tan(np.deg2rad(SHELL_DEGREES))
    end_x, end_y = tip_x - 50 * np.cos(along), tip_y - 50 * np.sin(along)
    bend_length = 2 * (pivot_x - end_x) / steep
    bent = np.clip((y - end_y) / bend_length + 1, 0, 2)
    centre = pivot_x - (pivot_x - end_x) * bent**2
    across = (x - centre) / np.hypot(1, steep * bent)
    tube = np.maximum(np.abs(across) - 7, np.maximum(pivot_y - y, y - end_y))
    weight = box(x - pivot_x, y - 98, (30, 40), 10)
    stub = box(x - pivot_x, y - 158, (9, 40), 2)
    everything = np.minimum.reduce([tube, collar, shell, lift, weight, stub])

    picture.shade(fill(bearing - 70), (8, 12), 9, 0.5)
    picture.lay(
        brushed(angle, [(0, STEEL_DARK), (0.5, STEEL), (1, STEEL_LIGHT)]), fill(bearing - 70)
    )
    picture.lay((70, 40, 46), ring(bearing, 61.5, 63) * 0.7)
    picture.lay(
        brushed(angle + 0.5, [(0, GOLD_DARK), (0.5, GOLD), (1, GOLD_LIGHT)]), fill(bearing - 46)
    )
    picture.lay(INK, ring(bearing, 45, 46.5) * 0.5)

    picture.shade(fill(everything), (12, 18), 8, 0.55)
    picture.lay(shine((x - pivot_x) / 9), fill(stub))
    picture.lay(shine((x - pivot_x) / 30, dark=True), fill(weight))
    for stripe in (-26.0, -18.0, 30.0):
        band = np.maximum(np.abs(y - 98 - stripe) - 2.2, weight)
        picture.lay(shine((x - pivot_x) / 30, gold=True), fill(band))
    picture.lay(shine(across / 7), fill(tube))

    picture.lay(brushed(angle, [(0, STEEL_DARK), (1, STEEL)]), fill(bearing - 25))
    picture.lay(brushed(angle + 1.2, [(0, STEEL), (1, STEEL_LIGHT)]), fill(bearing - 20))
    picture.lay(INK, fill(bearing - 4.5) * 0.8)

    picture.lay(shine((shell_y - 24) / 2.8), fill(lift))
    picture.lay(shine(shell_x / 19, dark=True), fill(shell))
    picture.lay(GOLD, fill(box(shell_x, shell_y - 18, (13, 1.2), 0.5)) * 0.9)
    picture.lay((226, 60, 92), fill(heart(*turn(shell_x, shell_y + 10, -SHELL_DEGREES), 15)))
    picture.lay(STEEL_LIGHT, fill(np.hypot(shell_x, shell_y - 30) - 2.6) * 0.8)
    picture.lay(shine(shell_x / 9.5, gold=True), fill(collar))
    return whole
