"""The commands of `sealgate-gateway`: one small file each, with `add(subcommands)` and `run(arguments)`."""
