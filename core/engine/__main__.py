"""``python -m core.engine serve``"""

import sys

from core.engine.serve import main

if __name__ == "__main__":
    sys.exit(main())
