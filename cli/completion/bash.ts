import type { CompletedCommand } from './model.ts';
import { posixTables } from './posix.ts';

/** A completion script for bash 4 and later, without the bash-completion package. */
export const bashScript = (commands: readonly CompletedCommand[]): string => `# bash completion for lfsb
# In ~/.bashrc: eval "$(lfsb completion bash)"

${posixTables(commands)}

_lfsb_of_kind() {
  case "$1" in
    database) COMPREPLY=($(compgen -W "$(_lfsb_databases)" -- "$2")) ;;
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    "one of "*) COMPREPLY=($(compgen -W "\${1#one of }" -- "$2")) ;;
  esac
}

_lfsb() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" cmd="" valued="" place=0 i word
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -n $valued ]]; then valued=""
    elif [[ $word == -* ]]; then valued="$(_lfsb_value "$cmd $word")"
    elif [[ $place == 0 ]] && _lfsb_is_command "\${cmd:+$cmd }$word"; then cmd="\${cmd:+$cmd }$word"
    else place=$((place + 1)); fi
  done
  if [[ -n $valued ]]; then _lfsb_of_kind "$valued" "$cur"
  elif [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$(_lfsb_flags "$cmd" | cut -f 1)" -- "$cur"))
  else
    _lfsb_of_kind "$(_lfsb_arg "$cmd $place")" "$cur"
    [[ $place == 0 ]] && COMPREPLY+=($(compgen -W "$(_lfsb_next "$cmd" | cut -f 1)" -- "$cur"))
  fi
  return 0
}

complete -F _lfsb lfsb
`;
