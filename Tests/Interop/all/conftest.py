import os
import tempfile

# Prevents downloads at import, telemetry, and files in the home folder.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["MEM0_TELEMETRY"] = "False"
os.environ["MEM0_DIR"] = tempfile.mkdtemp(prefix="mem0-")
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
