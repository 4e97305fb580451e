/** One process of an engine as data: how it starts, what it listens on, and what shows that it is ready. */
import type { LocalEngine } from '../local.ts'
import type { Ports } from './ports.ts'

export interface Service {
  /** Its name in the record and of its log: `flink-jobmanager`. */
  readonly name: string
  readonly engine: LocalEngine
  /** What messages call it: `Flink's JobManager`. */
  readonly title: string
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly ports: readonly number[]
  /** Services that must be ready before this one is started. */
  readonly after: readonly string[]
  /** A command that runs to its end before, unless the file it makes is there. */
  readonly first: { readonly args: readonly string[]; readonly makes: string } | null
  readonly ready: readonly Probe[]
}

export type Probe =
  /** A broker that is a member of its cluster. */
  | { readonly kind: 'kafka'; readonly port: number }
  /** Something listens. */
  | { readonly kind: 'port'; readonly port: number }
  /** A page that answers 200, and whose text (JSON, mostly) satisfies `holds`. */
  | { readonly kind: 'http'; readonly url: string; holds(text: string): boolean }

/** What an engine's part of `up` comes to. */
export interface EnginePlan {
  readonly services: readonly Service[]
  /** Files to write before the start, by absolute path. */
  readonly files: Readonly<Record<string, string>>
  readonly folders: readonly string[]
}

/** What every engine is told. */
export interface Setup {
  /** The absolute `.pipec` folder. */
  readonly folder: string
  readonly ports: Ports
  readonly java: string
  /** The version of the Python that virtual environments are made with, `3.11`. */
  readonly python: string
}

/** Where log4j2 of every engine is told to write: its process's standard output, which is its log file. */
export function loggingFile(setup: Setup): string {
  return `${setup.folder}/conf/log4j2.properties`
}

export const loggingText = `rootLogger.level = INFO
rootLogger.appenderRef.out.ref = out
appender.out.name = out
appender.out.type = Console
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{2} - %m%n
# Pinot writes several lines for each request and each message of Helix and ZooKeeper.
logger.requests.name = org.apache.pinot.controller.api.resources.ControllerResponseFilter
logger.requests.level = WARN
logger.helix.name = org.apache.helix
logger.helix.level = WARN
logger.zookeeper.name = org.apache.zookeeper
logger.zookeeper.level = WARN
`

/**
 * Where engines put what lives no longer than they do: an engine that is killed leaves it behind, and in the machine's own
 * temporary folder nobody would know whose it was.
 */
export function temporaryFolder(folder: string): string {
  return `${folder}/tmp`
}

/** Options of every Java process: a process without memory ends, and is seen to have ended, instead of lingering. */
export function javaOptions(setup: Setup, megabytes: number): readonly string[] {
  const file = loggingFile(setup)
  return [
    `-Xmx${megabytes}m`,
    '-XX:+ExitOnOutOfMemoryError',
    `-Djava.io.tmpdir=${temporaryFolder(setup.folder)}`,
    // log4j-slf4j-impl reads the one name, older configurations of the engines the other.
    `-Dlog4j2.configurationFile=${file}`,
    `-Dlog4j.configurationFile=${file}`,
  ]
}

export function answers(url: string): Probe {
  return { kind: 'http', url, holds: () => true }
}

export function properties(entries: Readonly<Record<string, string | number>>): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
