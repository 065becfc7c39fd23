#!/usr/bin/env bash
# csnstream between two ffmpegs:
#
#   Examples/pipes.sh VIDEO OUTPUT.mov
#
# The first ffmpeg decodes and scales; csnstream takes its frames from standard input and gives a soft
# mask for each to standard output; the last ffmpeg makes the mask the picture's alpha channel. The
# result, ProRes 4444, is the cut-out for a video editor.
set -euo pipefail
[ $# = 2 ] || { echo "usage: $0 VIDEO OUTPUT.mov" >&2; exit 2; }
input=$1 output=$2
# Square pixels, as masks have them.
scale="fps=25,scale=round(252*dar/2)*2:252,setsar=1"

ffmpeg -v error -i "$input" -vf "$scale" -f yuv4mpegpipe - |
  csnstream - --mask - --format y4m --soft |
  ffmpeg -v error -y -f yuv4mpegpipe -i - -i "$input" -filter_complex \
    "[1:v]$scale,format=yuv444p[picture];[0:v]format=gray[mask];[picture][mask]alphamerge" \
    -c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le "$output"
