"""Prints the names of the programs that the tests need and this machine lacks, for .ci/programs."""

from tests.servers.programs import list_missing

for name in list_missing():
    print(name)
