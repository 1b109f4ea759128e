"""What a stranger can do to the others: attacks on a real server, each printing its figure.

    python3 bench/hostile                 every attack, small
    python3 bench/hostile S33 S31         some of them
    python3 bench/hostile --full S16      as large as they are meant
    python3 bench/hostile --list          what there is

Each attack runs against a server of its own, in a process of its own on 127.0.0.1, its data in a
temporary directory. Where others could suffer, a pair of clients in a third process goes on
chatting, ten messages a second: none may be lost, and their p99 is told. The families are files of
this folder; docs/security-tests.md is the table of all of them. It needs Linux (/proc).
"""
