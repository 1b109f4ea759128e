#!/usr/bin/env python3
"""Start the server: python3 server.py [HOST] [PORT]

All of it is in src/hubbub; this file begins it in a clone that nobody has installed.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("server.py needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2])

import os

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "src"))

from hubbub import bootstrap

sys.exit(bootstrap.start("serve", "server.py"))
