"""`python -m sim` is `msgfate`."""

from sim.cli import main

if __name__ == "__main__":
    main()
