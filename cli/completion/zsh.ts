import type { CompletedCommand } from './model.ts';
import { posixTables } from './posix.ts';

/** A completion script for zsh; to be evaluated after compinit, or put into a folder of fpath as _lfsb. */
export const zshScript = (commands: readonly CompletedCommand[]): string => `#compdef lfsb
# In ~/.zshrc, after compinit: eval "$(lfsb completion zsh)"

${posixTables(commands)}

_lfsb_described() {
  local -a items
  local name summary
  while IFS=$'\\t' read -r name summary; do items+=("$name:$summary"); done
  (( $#items )) && _describe -t "$1" "$1" items
}

_lfsb_of_kind() {
  local -a names
  case "$1" in
    database) names=(\${(f)"$(_lfsb_databases)"}); (( $#names )) && compadd -a names ;;
    file) _files ;;
    "one of "*) names=(\${=1#one of }); compadd -a names ;;
  esac
}

_lfsb() {
  local cmd="" valued="" word i
  integer place=0
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ -n $valued ]]; then valued=""
    elif [[ $word == -* ]]; then valued="$(_lfsb_value "$cmd $word")"
    elif (( place == 0 )) && _lfsb_is_command "\${cmd:+$cmd }$word"; then cmd="\${cmd:+$cmd }$word"
    else (( place += 1 )); fi
  done
  if [[ -n $valued ]]; then _lfsb_of_kind "$valued"
  elif [[ \${words[CURRENT]} == -* ]]; then _lfsb_described flags < <(_lfsb_flags "$cmd")
  else
    _lfsb_of_kind "$(_lfsb_arg "$cmd $place")"
    (( place == 0 )) && _lfsb_described commands < <(_lfsb_next "$cmd")
  fi
  return 0
}

if [[ \${funcstack[1]} == _lfsb ]]; then _lfsb "$@"; else compdef _lfsb lfsb; fi
`;
