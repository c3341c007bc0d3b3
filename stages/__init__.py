"""Tenfold's stages: what `dvc.yaml` runs.

Importing this package caps the instruction sets that numerical libraries choose at run time, so that the
same inputs and seed give the same bits on any x86-64 machine with AVX2. It has to happen before torch or
numpy is loaded, which is why it stands here. An environment variable that is already set wins: export
`ATEN_CPU_CAPABILITY=default` (and so on) to trade the promise for speed.
"""

import os

AVX2_CAPS = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "COMPATIBLE",  # AVX2 is heeded on Intel's processors only
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}

for _name, _value in AVX2_CAPS.items():
    os.environ.setdefault(_name, _value)
