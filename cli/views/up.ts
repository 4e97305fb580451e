/** What `up` and `down` did, for people. */
import type { DownReport, UpReport } from '../../runtime/starter.ts'

export function upText({ started, look }: UpReport): string {
  const first = started.length === 0 ? 'Everything is up already.' : `Started ${listed(started)}.`
  const width = Math.max(...look.map(({ what }) => what.length))
  const lines = look.map(({ what, where }) => `  ${what.padEnd(width)}  ${where}\n`)
  return `${first}\n\n${lines.join('')}`
}

export function downText({ stopped, dataRemoved }: DownReport): string {
  const first = stopped.length === 0 ? 'Nothing was up here.' : `Ended ${listed(stopped)}.`
  return `${first}\n${dataRemoved ? 'Their data is removed.\n' : ''}`
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
