"""What every test shares: the instruction caps, and a quiet, offline environment."""

import stages  # noqa: F401 - sets the caps before any test loads torch or numpy

import os

os.environ.update(
    {
        "DO_NOT_TRACK": "1",
        "DVC_NO_ANALYTICS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "AWS_EC2_METADATA_DISABLED": "true",
        # tests run side by side: two threads each on two cores would spend their time waiting for each other
        "MKL_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
)
