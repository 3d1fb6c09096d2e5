"""`python -m benchmarks`: the speed benchmark, one table from one run."""

import sys

from benchmarks.speed import main

sys.exit(main())
