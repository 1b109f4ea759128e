"""Attacks by strangers on a real server; each prints its figure.

    python3 bench/hostile                 every attack at small size
    python3 bench/hostile S33 S31         some of them
    python3 bench/hostile --full S16      at full size
    python3 bench/hostile --list          list them

Each attack runs against a server of its own, in a process of its own on 127.0.0.1, with its data in
a temporary directory. Where other clients could suffer, a pair of them in a third process exchanges
ten messages per second: none may be lost, and their p99 is printed. The families are files of this
folder; docs/security-tests.md is the table of all attacks. It needs Linux (/proc).
"""
