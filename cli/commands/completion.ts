/** Completion scripts, written from the same commands and options that the command line parses. */
import type { Command, Option } from 'commander'
import type { ExitCode, Io } from '../io.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

interface Word {
  readonly name: string
  readonly description: string
  readonly options: readonly Option[]
  /** Whether it takes a pipeline or another file. */
  readonly takesFile: boolean
}

export async function completion(shell: Shell, program: Command, io: Io): Promise<ExitCode> {
  const words = wordsOf(program)
  await io.out({ bash, zsh, fish }[shell](words))
  return 0
}

function wordsOf(program: Command): readonly Word[] {
  return program.commands.map((each) => ({
    name: each.name(),
    description: each.description(),
    options: each.createHelp().visibleOptions(each),
    takesFile: each.registeredArguments.some((argument) => argument.name() !== 'shell'),
  }))
}

function flags({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined)
}

/** What may follow the option: one of a list, a file or folder, anything, or (null) nothing. */
function values(option: Option): readonly string[] | 'file' | 'any' | null {
  if (option.isBoolean()) return null
  if (option.argChoices !== undefined) return option.argChoices
  return /<(file|folder|[a-z.]*yaml)>/.test(option.flags) ? 'file' : 'any'
}

// bash

function bash(words: readonly Word[]): string {
  const cases = words.map(
    ({ name, options }) => `    ${name}) options='${options.flatMap(flags).join(' ')}' ;;`,
  )
  const lists = distinctValues(words).map(
    ([flag, list]) => `    ${flag}) COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$word")); return ;;`,
  )
  return `# bash completion for pipec; put this into ~/.bashrc: source <(pipec completion bash)
_pipec() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" before="\${COMP_WORDS[COMP_CWORD-1]}" options
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${words.map(({ name }) => name).join(' ')} --help --version' -- "$word"))
    return
  fi
  case "$command $before" in
${lists.join('\n')}
  esac
  case "$command" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _pipec pipec
`
}

/** `build --engine` and the like, each with the words that may follow it. */
function distinctValues(words: readonly Word[]): [string, readonly string[]][] {
  return words.flatMap(({ name, options }) =>
    options.flatMap((option): [string, readonly string[]][] => {
      const list = values(option)
      if (!Array.isArray(list)) return []
      return [
        [
          flags(option)
            .map((flag) => `'${name} ${flag}'`)
            .join('|'),
          list,
        ],
      ]
    }),
  )
}

// zsh

function zsh(words: readonly Word[]): string {
  const commands = words.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`)
  const cases = words.map(({ name, options, takesFile }) => {
    const specs = [...options.map(zshOption), ...(takesFile ? ["'*:file:_files'"] : [])]
    return `    ${name})\n      _arguments -S ${specs.join(' \\\n        ')} ;;`
  })
  return `#compdef pipec
# zsh completion for pipec; put this into ~/.zshrc: source <(pipec completion zsh)
_pipec() {
  local -a commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _pipec pipec
`
}

function zshOption(option: Option): string {
  const list = values(option)
  const action =
    list === null
      ? ''
      : list === 'file'
        ? ':file:_files'
        : list === 'any'
          ? ':value: '
          : `:value:(${list.join(' ')})`
  const text = `[${option.description.replaceAll(/[[\]]/g, '\\$&')}]${action}`
  const names = flags(option)
  return names.length === 1
    ? quoted(`${names[0]}${text}`)
    : `'(${names.join(' ')})'{${names.join(',')}}${quoted(text)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

// fish

function fish(words: readonly Word[]): string {
  const commands = words.map(
    ({ name, description }) =>
      `complete -c pipec -n __fish_use_subcommand -f -a ${name} -d ${fishText(description)}`,
  )
  const options = words.flatMap(({ name, options: all }) =>
    all.map((option) => `complete -c pipec -n '__fish_seen_subcommand_from ${name}' ${fishOption(option)}`),
  )
  return `# fish completion for pipec; save it as ~/.config/fish/completions/pipec.fish
${[...commands, ...options].join('\n')}
`
}

function fishOption(option: Option): string {
  const list = values(option)
  const action =
    list === null ? '' : list === 'file' ? ' -r' : list === 'any' ? ' -x' : ` -x -a '${list.join(' ')}'`
  const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`
  const long = option.long == null ? '' : ` -l ${option.long.slice(2)}`
  return `${short}${long}${action} -d ${fishText(option.description)}`.trim()
}

function fishText(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`
}
