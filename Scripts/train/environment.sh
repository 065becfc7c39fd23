# Makes the Python environment of training in .build/venv-train. To be sourced; sets $python.
# CSNSTREAM_PYTHON names a Python that has what requirements.txt lists already, such as that of a
# machine with a GPU.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -n "${CSNSTREAM_PYTHON:-}" ]; then
  python=$CSNSTREAM_PYTHON
else
  venv=$here/../../.build/venv-train
  if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    echo "fetching PyTorch and OpenCV into .build/venv-train" >&2
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/"
  fi
  python=$venv/bin/python
fi
export PYTHONPATH=$here
# Activations come and go at every step: on a CPU it pays to keep their memory.
export MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000
