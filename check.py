#!/usr/bin/env python3
"""Every check of a clone, with one command: python3 check.py [PART ...]

The parts and what they run are in .ci/checks.py.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("check.py needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2])

import os

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "src"), os.path.join(here, ".ci")]

import checks

sys.exit(checks.main())
