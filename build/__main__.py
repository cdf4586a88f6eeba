"""``python build COMMAND``: the build script. The commands are in ``mixbuild.cli``."""

from mixbuild.cli import main

if __name__ == "__main__":  # worker processes import this file, and must not run it
    main()
