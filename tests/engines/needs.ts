/** What tests need beyond engines that answer: null when it is there, otherwise the words that say so in a title. */
import { inject } from 'vitest'

const local = inject('local')
const native = local?.with === 'native'
const tools = local !== null && inject('lacking').length === 0

export const needs = {
  /** Engines whose processes, files and ports are this machine's own. */
  native: native ? null : 'needs native engines',
  /** Java, Maven and what else tests start brokers and controllers of their own with. */
  ownProcesses: tools ? null : 'needs what brokers and controllers of its own are started with',
  /** A broker of the test's own listens on this machine's loopback, which no container reaches. */
  brokerForEngines: native && tools ? null : 'needs native engines and a broker of its own',
} as const

/** Says in the title why it is skipped. */
export function titled(title: string, need: string | null): string {
  return need === null ? title : `${title} (${need})`
}
