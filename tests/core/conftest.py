"""The toy system, importable by this process and by the workers it starts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "toy"))
