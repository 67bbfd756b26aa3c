# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for bash. Commands and options are asked of the program, so they are always its own;
# sessions of the running engine.

_tracon_sessions() {
	tracon -n list 2>/dev/null | sed -n 's/^ *[0-9]*) \(.*\) \[[a-z ]*\].*$/\1/p'
}

# _tracon_suggest WORD…: those that begin like the word at the cursor.
_tracon_suggest() {
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")
}

_tracon() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command='' i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | --command | -f | --file | --config | -g | --group | -m | --mi) i=$((i + 1)) ;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $command:$previous:$current in
	*:-s:* | *:--session:*) _tracon_suggest "$(_tracon_sessions)" ;;
	*-context:-t:* | *-context:--type:*) _tracon_suggest "$(tracon -n add-context --list 2>/dev/null)" ;;
	:-m:* | :--mi:*) _tracon_suggest xml ;;
	:*:-*) _tracon_suggest "$(tracon --list-options 2>/dev/null)" ;;
	:*) _tracon_suggest "$(tracon --list-commands 2>/dev/null)" ;;
	*:*:-*) _tracon_suggest "$(tracon "$command" --list-options 2>/dev/null)" ;;
	snapshot:snapshot:*) _tracon_suggest "$(tracon -n snapshot --list-commands 2>/dev/null)" ;;
	help:*) _tracon_suggest "$(tracon --list-commands 2>/dev/null)" ;;
	run:*) mapfile -t COMPREPLY < <(compgen -A command -A file -- "$current") ;;
	*)
		if tracon help "$command" 2>/dev/null | head -n 1 | grep -qw SESSION; then
			_tracon_suggest "$(_tracon_sessions)"
		fi
		;;
	esac
}

complete -o default -F _tracon tracon
