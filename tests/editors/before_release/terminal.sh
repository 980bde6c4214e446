# For scripts that drive an editor in a terminal: source it, then use begin, keys, shows, and passed.
# Each needs ml-lsp on PATH; $PICTURES gets what the terminal showed.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SCRATCH=$(mktemp -d)
TMUX_SOCKET=ml-lsp-$$
cp "$HERE/project/train.py" "$SCRATCH/"
cd "$SCRATCH"
terminal() { tmux -L "$TMUX_SOCKET" "$@"; }
finish() { terminal kill-server 2>/dev/null; rm -rf "$SCRATCH"; }
trap finish EXIT

begin() { terminal -f /dev/null new-session -d -x 120 -y 30 "$@"; } # begin COMMAND
keys() { terminal send-keys "$@"; sleep 0.3; }                       # keys KEY...
screen() { terminal capture-pane -p; }

shows() { # shows PATTERN: waits until the terminal does
  for _ in $(seq 150); do
    if screen | grep -qE -- "$1"; then return 0; fi
    sleep 0.1
  done
  echo "not ok - $NAME: the terminal never showed $1"; screen; exit 1
}

picture() { mkdir -p "$PICTURES"; screen > "$PICTURES/$1.txt"; }

passed() { # passed: the file on disk has the fix
  for _ in $(seq 50); do
    if grep -q 'settings = yaml.safe_load(stream)  # 🚀' train.py; then echo "ok - $NAME"; return 0; fi
    sleep 0.1
  done
  echo "not ok - $NAME: not fixed on disk"; exit 1
}
