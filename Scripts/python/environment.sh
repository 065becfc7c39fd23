# Makes the Python environment of the scripts that compare with other engines, in .build/venv, and
# sets up and builds csnstream. To be sourced in the root folder; sets $python and $CSNSTREAM.
Scripts/setup
venv=.build/venv
if ! cmp -s Scripts/python/requirements.txt $venv/requirements.txt; then
  echo "fetching PyTorch, ONNX Runtime and onnx into $venv" >&2
  python3 -m venv $venv
  $venv/bin/pip install --quiet --disable-pip-version-check -r Scripts/python/requirements.txt
  cp Scripts/python/requirements.txt $venv/
fi
python=$venv/bin/python
swift build -c release --product csnstream >&2
export CSNSTREAM=$PWD/.build/release/csnstream
