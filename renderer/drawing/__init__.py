"""Draws the pictures in `renderer/assets/`; not used at run time.

All show one record player under one lamp, centred on its spindle. Start reading at `__main__.py`;
`brush.py` has the shared tools. May import numpy and cv2, and nothing of the renderer.
"""
