"""placeholder"""

import numpy as np, cv2
from pathlib import Path

F = Path(__file__).parent
cv2.imwrite(str(F / "1080x1080-bg.png"), np.full((1080, 1080, 3), (60, 40, 140), np.uint8))
r = np.full((736, 736, 4), 30, np.uint8)
a = np.arange(736) - 367.5
r[..., 3] = np.clip(368 - np.hypot(a[None], a[:, None]) + 0.5, 0, 1) * 255
cv2.imwrite(str(F / "736-x-736-record.png"), r)
n = np.zeros((1080, 1080, 4), np.uint8)
cv2.line(n, (950, 150), (800, 700), (220, 230, 235, 255), 14, cv2.LINE_AA)
cv2.imwrite(str(F / "needle.png"), n)
