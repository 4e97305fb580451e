import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ArtefactSet, artefacts } from '../../runtime/native/artefacts.ts'
import { cacheFolder, install, isComplete, setFolder } from '../../runtime/native/cache.ts'
import { fetchSet } from '../../runtime/native/fetch.ts'
import { tryLock } from '../../runtime/native/lock.ts'
import { pomOf } from '../../runtime/native/maven.ts'
import { startOf } from '../../runtime/native/processes.ts'
import { silent } from '../../runtime/progress.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipec-cache-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const small: ArtefactSet = {
  name: 'kafka',
  title: 'Small',
  version: '1',
  parts: [
    {
      from: 'maven',
      folder: 'lib',
      bom: null,
      dependencies: [{ coordinate: 'a:b:1', without: [] }],
      jars: 1,
    },
  ],
}

/** A Maven of a few lines, as a shell script on PATH. */
function fakeMaven(script: string): Record<string, string | undefined> {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(
    join(bin, 'mvn'),
    `#!/bin/sh\nfor a in "$@"; do case $a in -DoutputDirectory=*) out=\${a#*=};; esac; done\n${script}\n`,
  )
  chmodSync(join(bin, 'mvn'), 0o755)
  return { ...process.env, PATH: `${bin}:${process.env.PATH}`, PIPEC_CACHE: join(folder, 'cache') }
}

function fetching(env: Record<string, string | undefined>, signal = new AbortController().signal) {
  return fetchSet(small, { env, python: { program: 'python3', version: '3.11' }, progress: silent, signal })
}

const works =
  'echo run >> "$out/../../../runs"; echo "Downloaded from x: y/b-1.jar"; echo jar > "$out/b-1.jar"'

describe('the folder', () => {
  test('is where the user says', () => {
    expect(cacheFolder({ PIPEC_CACHE: '/p', XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/p')
    expect(cacheFolder({ XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/x/pipec')
    expect(cacheFolder({ HOME: '/h' })).toBe('/h/.cache/pipec')
  })

  test('is another one for another coordinate, and for another Python where one is built in', () => {
    const env = { PIPEC_CACHE: '/p' }
    const newer = { ...small, parts: [{ ...small.parts[0]!, jars: 2 }] } as ArtefactSet
    expect(setFolder(env, small, '3.11')).not.toBe(setFolder(env, newer, '3.11'))
    expect(setFolder(env, small, '3.11')).toBe(setFolder(env, small, '3.12'))
    expect(setFolder(env, artefacts.spark, '3.11')).not.toBe(setFolder(env, artefacts.spark, '3.12'))
  })
})

describe('a set', () => {
  async function installed(): Promise<string> {
    const temporary = join(folder, 'partial')
    mkdirSync(join(temporary, 'lib', '__pycache__'), { recursive: true })
    writeFileSync(join(temporary, 'lib', 'a.jar'), 'twelve bytes')
    writeFileSync(join(temporary, 'lib', '__pycache__', 'a.pyc'), 'x')
    await install(temporary, join(folder, 'set'))
    return join(folder, 'set')
  }

  test('is complete once it is installed, whatever Python does to its caches', async () => {
    const set = await installed()
    expect(await isComplete(set)).toBe(true)
    writeFileSync(join(set, 'lib', '__pycache__', 'a.pyc'), 'rewritten')
    expect(await isComplete(set)).toBe(true)
  })

  test('with a file cut off, missing, or without its marker is not', async () => {
    const set = await installed()
    truncateSync(join(set, 'lib', 'a.jar'), 5)
    expect(await isComplete(set)).toBe(false)
    rmSync(join(set, 'lib', 'a.jar'))
    expect(await isComplete(set)).toBe(false)
    expect(await isComplete(join(folder, 'nowhere'))).toBe(false)
  })
})

test('of many that want a lock at once, one gets it, in one process as well', async () => {
  for (let round = 0; round < 20; round++) {
    const path = join(folder, `lock-${round}`)
    const answers = await Promise.all(Array.from({ length: 20 }, () => tryLock(path)))
    expect(answers.filter((each) => 'release' in each)).toHaveLength(1)
  }
})

describe('fetching', () => {
  test('happens once, also for two at the same time', async () => {
    const env = fakeMaven(`sleep 0.3; ${works}`)
    const [one, other] = await Promise.all([fetching(env), fetching(env)])
    expect(one).toBe(other)
    expect(await fetching(env)).toBe(one)
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n')
    expect(readFileSync(join(one, 'lib', 'b-1.jar'), 'utf8')).toBe('jar\n')
  })

  test('happens again for what was damaged since', async () => {
    const env = fakeMaven(works)
    const set = await fetching(env)
    truncateSync(join(set, 'lib', 'b-1.jar'), 0)
    await fetching(env)
    expect(await isComplete(set)).toBe(true)
  })

  test("that fails shows Maven's errors and leaves nothing half", async () => {
    const env = fakeMaven(
      'echo "[INFO] fine"; echo "[ERROR] Could not resolve a:b:1"; echo half > "$out/b-1.jar"; exit 1',
    )
    await expect(fetching(env)).rejects.toMatchObject({
      name: 'Failure',
      message: 'Maven could not fetch the artefacts of Small 1.',
      detail: 'Could not resolve a:b:1',
    })
    expect(readdirSync(join(folder, 'cache'))).toEqual([])
  })

  test('that is interrupted ends the client and leaves nothing half', async () => {
    const env = fakeMaven(`echo $$ > "${folder}/pid"; sleep 30`)
    const controller = new AbortController()
    const result = fetching(env, controller.signal).catch((error) => error)
    while (!existsSync(join(folder, 'pid'))) await new Promise((resolve) => setTimeout(resolve, 20))
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    controller.abort(new Error('stop'))
    expect(await result).toMatchObject({ message: 'stop' })
    expect(await startOf(pid)).toBeNull()
    expect(readdirSync(join(folder, 'cache'))).toEqual([])
  })

  test('clears away what a killed one left', async () => {
    const env = fakeMaven(works)
    const partial = `${setFolder(env, small, '')}.partial-1`
    mkdirSync(join(partial, 'lib'), { recursive: true })
    writeFileSync(join(partial, 'lib', 'half.jar'), '')
    const set = await fetching(env)
    expect(readdirSync(join(set, 'lib'))).toEqual(['b-1.jar'])
    expect(existsSync(partial)).toBe(false)
  })
})

describe('a lock', () => {
  test('has one holder', async () => {
    const path = join(folder, 'deep', 'lock')
    const lock = await tryLock(path)
    expect(await tryLock(path)).toMatchObject({ pid: process.pid })
    if (!('release' in lock)) throw new Error('not held')
    await lock.release()
    expect(await tryLock(path)).toHaveProperty('release')
  })

  test('of a process that is gone counts for nothing', async () => {
    const child = spawn('true')
    await once(child, 'close')
    const path = join(folder, 'lock')
    writeFileSync(path, JSON.stringify({ pid: child.pid, started: '1' }))
    expect(await tryLock(path)).toHaveProperty('release')
  })

  test('of a process whose pid is another now counts for nothing', async () => {
    const path = join(folder, 'lock')
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'before' }))
    expect(await tryLock(path)).toHaveProperty('release')
  })
})

describe('the project that Maven is given', () => {
  test('names each dependency with what it is to leave out', () => {
    const pom = pomOf(artefacts.flink.parts[1])
    expect(pom).toContain(
      '<groupId>org.apache.flink</groupId><artifactId>flink-sql-gateway</artifactId><version>2.2.1</version>' +
        '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>',
    )
    expect(pom).not.toContain('dependencyManagement')
  })

  test('takes versions from a bill of materials where there is one', () => {
    expect(pomOf(artefacts['pinot-controller'].parts[0])).toContain('<scope>import</scope>')
  })

  test('names no address', () => {
    expect(JSON.stringify(artefacts)).not.toMatch(/https?:/)
  })
})
