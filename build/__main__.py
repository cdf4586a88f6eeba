"""``python build COMMAND``: the build script. The commands are in ``mixbuild.cli.main``."""

if __name__ == "__main__":  # worker processes import this file, and must not run it
    from mixbuild.cli.entry import main

    main()
