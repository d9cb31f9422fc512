"""The pictures of `renderer/assets/`, drawn in code; no part of the running program.

All show one record player under one lamp and meet at its spindle. Start reading in `__main__.py`;
`brush.py` holds what the others paint with. May import numpy and cv2, and nothing of the renderer.
"""
