"""``python build COMMAND``: the build script. The commands are in ``mixbuild.cli.main``."""

import sys

if __name__ == "__main__":  # worker processes import this file, and must not run it
    try:
        from mixbuild.cli.main import main

        main()
    except KeyboardInterrupt:  # while it was still being imported
        sys.exit("\nerror: interrupted")
