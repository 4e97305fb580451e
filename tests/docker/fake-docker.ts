/** A `docker` on the PATH that answers as the real one does, remembers its containers in a file, and writes down each call. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { writeGenerated } from '../fixtures/compose.ts'
import { demo } from '../fixtures/demo.ts'

/** What goes wrong. */
export type Fault = 'no-compose' | 'no-daemon' | 'up-fails' | 'up-hangs' | 'up-slow' | 'all-hangs'

export interface FakeDocker {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  calls(): readonly string[]
  running(): readonly string[]
  /** The same containers, with something else going wrong from now on. */
  but(fault: Fault | null): FakeDocker
}

/** A directory with the demo's generated/, and a PATH on which this docker comes first. */
export function fakeDocker(fault: Fault | null = null): FakeDocker {
  const cwd = mkdtempSync(join(tmpdir(), 'pipec-docker-'))
  const bin = join(cwd, 'bin')
  mkdirSync(bin)
  writeGenerated(cwd, demo)
  writeFileSync(join(bin, 'docker'), `#!${process.execPath}\n${script}`)
  chmodSync(join(bin, 'docker'), 0o755)
  const state = join(cwd, 'running.json')
  const log = join(cwd, 'calls.txt')
  const at = (fault: Fault | null): FakeDocker => ({
    cwd,
    env: {
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      FAKE_STATE: state,
      FAKE_LOG: log,
      FAKE_FAULT: fault ?? '',
    },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    running: () => (existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : []),
    but: at,
  })
  return at(fault)
}

const script = String.raw`
const fs = require('node:fs')
const { FAKE_STATE, FAKE_LOG, FAKE_FAULT, FAKE_REMOVAL } = process.env
const words = process.argv.slice(2)
fs.appendFileSync(FAKE_LOG, words.join(' ') + '\n')

const services = { kafka: [], 'kafka-ui': [], ksqldb: ['ksqldb'], pinot: ['pinot'], zookeeper: ['pinot'],
  'spark-master': ['spark'], 'spark-worker': ['spark'],
  'flink-jobmanager': ['flink'], 'flink-taskmanager': ['flink'], 'flink-sql-gateway': ['flink'] }
const running = () => fs.existsSync(FAKE_STATE) ? JSON.parse(fs.readFileSync(FAKE_STATE, 'utf8')) : []
const keep = (names) => {
  // Whole or not at all: it is read while it is written.
  fs.writeFileSync(FAKE_STATE + process.pid, JSON.stringify([...new Set(names)]))
  fs.renameSync(FAKE_STATE + process.pid, FAKE_STATE)
}
const begin = ([first, ...rest]) => { keep([...running(), first]); if (rest.length > 0) setTimeout(begin, 150, rest) }
const profiles = words.flatMap((word, index) => (words[index - 1] === '--profile' ? [word] : []))
const chosen = Object.entries(services).filter(([, of]) => of.length === 0 || profiles.includes('*') || profiles.includes(of[0])).map(([name]) => name)
const say = (text) => process.stdout.write(text + '\n')
const fail = (text) => { process.stderr.write(text + '\n'); process.exit(1) }

if (words[0] === 'version') {
  if (FAKE_FAULT === 'no-daemon') fail('Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?')
  say('28.2.2')
} else if (FAKE_FAULT === 'no-compose') fail("docker: unknown command: docker compose\n\nRun 'docker --help' for more information")
else if (words[1] === 'version') say('2.40.3')
else if (words.includes('--profiles')) { process.stderr.write('time="now" level=warning msg="something"\n'); say('flink\nksqldb\npinot\nspark') }
else if (words.includes('--services') && words.includes('config')) say(chosen.join('\n'))
else if (words.includes('config')) say('name: ' + (process.env.COMPOSE_PROJECT_NAME ?? 'pipec-transactions') + '\nservices:\n  kafka:\n    networks:\n      name: none')
else if (words.includes('ps')) say(running().join('\n'))
else if (words.includes('up') && FAKE_FAULT === 'up-slow') begin(chosen)
else if (words.includes('up')) {
  const all = [...running(), ...chosen]
  keep(FAKE_FAULT === 'up-fails' ? [...running(), chosen[0]] : all)
  if (FAKE_FAULT === 'up-fails') fail(' Container pipec-transactions-kafka-1  Error\ndependency failed to start: container pipec-transactions-kafka-1 is unhealthy')
  if (FAKE_FAULT === 'up-hangs' || FAKE_FAULT === 'all-hangs') setInterval(() => {}, 1000)
  else for (const name of chosen) process.stderr.write(' Container pipec-transactions-' + name + '-1  Healthy\n')
} else if (FAKE_FAULT === 'all-hangs') setTimeout(() => {}, 8000)
else if (words.includes('rm') && FAKE_REMOVAL === 'fails') fail('Error response from daemon: removal in progress')
else if (words.includes('rm')) keep(running().filter((name) => !words.includes(name)))
else if (words.includes('down')) keep([])
else fail('unexpected: ' + words.join(' '))
`
