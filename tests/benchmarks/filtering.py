"""The filter as a command on any folder, for a benchmark to measure: FOLDER TARGET, and a section as JSON."""

import json
import sys
from pathlib import Path

from stages.filter.params import FilterParams
from stages.filter.run import filter_corpus

if __name__ == "__main__":
    folder, target, section = sys.argv[1:]
    params = FilterParams.model_validate(json.loads(section))
    filter_corpus(Path(folder), Path(target), Path(target) / "work", params, seed=7)
