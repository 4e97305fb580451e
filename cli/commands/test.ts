import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import type { Output } from '../../compiler/compile.ts'
import { hasErrors } from '../../compiler/diagnostics/diagnostic.ts'
import { type Fixture, type ReadFixtures, readFixtures } from '../../compiler/fixtures.ts'
import type { EngineName } from '../../compiler/ir.ts'
import { Failure } from '../../runtime/failure.ts'
import { type Outcome, passed } from '../../runtime/fixtures/judge.ts'
import { runFixtures } from '../../runtime/fixtures/run.ts'
import { readBytes, writeAtomically } from '../files.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute, loadOutput } from '../load.ts'
import { renderDiagnostics } from '../views/diagnostics.ts'
import { junitXml, type Results, resultsJson, resultsText } from '../views/fixtures.ts'

export interface TestOptions {
  readonly file: string
  /** Fixture files; none means tests/*.yaml beside the pipeline. */
  readonly fixtures: readonly string[]
  /** Only cases whose name contains this. */
  readonly name: string | null
  /** Writes what came out into the fixtures, after showing the difference. */
  readonly update: boolean
  /** A live engine instead of the embedded one, and where it is. */
  readonly engine: EngineName | null
  readonly environment: string
  readonly json: boolean
  /** A file for a JUnit report. */
  readonly junit: string | null
}

interface FixtureFile extends ReadFixtures {
  readonly path: string
  readonly shown: string
}

/** Runs the pipeline's fixtures on the embedded engine. Exits 2 when one differs, 1 when one cannot be read. */
export async function test(options: TestOptions, io: Io): Promise<ExitCode> {
  const output = loadOutput(options.file, io)
  if (output === null) return 1
  const files = fixtureFiles(options, io).map((path) => readFile(path, output, io))
  const broken = files.filter((each) => hasErrors(each.diagnostics))
  for (const { shown, text, diagnostics } of files.filter((each) => each.diagnostics.length > 0))
    io.err(renderDiagnostics({ file: shown, text, diagnostics }, 'text', io.color))
  if (broken.length > 0) return 1
  const began = io.now()
  const results: Results = {
    files: await (options.engine === null
      ? runAll(files, options, output, io)
      : runLive(files, options, options.engine, output, io)),
    millis: io.now() - began,
  }
  if (options.update && options.engine === null) return update(files, results, io)
  return report(results, options, io)
}

function fixtureFiles({ file, fixtures }: TestOptions, io: Io): readonly string[] {
  if (fixtures.length > 0) return fixtures.map((each) => absolute(io, each))
  const folder = join(dirname(absolute(io, file)), 'tests')
  const found = listYaml(folder)
  if (found.length > 0) return found
  throw new Failure(`There are no fixtures in ${relative(io.cwd, folder) || '.'}/.`, {
    next: 'Write one, tests/first.yaml: `cases: [{ name: …, input: [{ row: … }], expect: [] }]`, and let `pipec test --update` fill in what comes out.',
  })
}

function listYaml(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

function readFile(path: string, { pipeline }: Output, io: Io): FixtureFile {
  return { path, shown: relative(io.cwd, path), ...readFixtures(readBytes(path), pipeline) }
}

async function runAll(
  files: readonly FixtureFile[],
  { name }: TestOptions,
  output: Output,
  { signal }: Io,
): Promise<Results['files']> {
  const sql = output.files.get('duckdb/query.sql')!
  const folder = mkdtempSync(join(tmpdir(), 'pipec-test-'))
  const chosen = files.map((file) => ({ file, fixtures: named(file, name) }))
  try {
    const outcomes = await runFixtures(
      chosen.flatMap((each) => each.fixtures),
      { sql, folder, signal },
    )
    const left = outcomes.values()
    return chosen.map(({ file, fixtures }) => ({
      file: file.shown,
      outcomes: fixtures.map(() => left.next().value!),
    }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function named({ fixtures }: FixtureFile, name: string | null): readonly Fixture[] {
  return fixtures.filter((each) => name === null || each.name.includes(name))
}

/** One after the other, each under a name of its own. */
async function runLive(
  files: readonly FixtureFile[],
  { file, name, environment }: TestOptions,
  engine: EngineName,
  output: Output,
  io: Io,
): Promise<Results['files']> {
  if (output.pipeline.engines[engine] === null)
    throw new Failure(`The pipeline has no ${engine}.`, { next: `Add it under "engines" in ${file}.` })
  const { openLive } = await import('../live-fixtures.ts')
  const live = await openLive({ file, environment, engine }, output, io)
  try {
    const results: { file: string; outcomes: Outcome[] }[] = []
    for (const file of files) {
      const outcomes: Outcome[] = []
      for (const fixture of named(file, name)) {
        io.signal.throwIfAborted()
        outcomes.push(await live.run(fixture))
      }
      results.push({ file: file.shown, outcomes })
    }
    return results
  } finally {
    live.close()
  }
}

async function report(results: Results, { json, junit, file }: TestOptions, io: Io): Promise<ExitCode> {
  await io.out(json ? `${JSON.stringify(resultsJson(results), null, 2)}\n` : resultsText(results, io.color))
  if (junit !== null) writeAtomically(absolute(io, junit), junitXml(results, basename(file)))
  const outcomes = results.files.flatMap((each) => each.outcomes)
  if (outcomes.length === 0) throw new Failure('No fixture has such a name.')
  return outcomes.every(passed) ? 0 : 2
}

async function update(files: readonly FixtureFile[], results: Results, io: Io): Promise<ExitCode> {
  const { updatedFixtures } = await import('../update-fixtures.ts')
  const { unifiedDiff } = await import('../views/diff.ts')
  let written = 0
  for (const [index, { path, shown, text }] of files.entries()) {
    const fresh = updatedFixtures(
      text,
      results.files[index]!.outcomes.filter((each) => !passed(each)),
    )
    if (fresh === text) continue
    await io.out(unifiedDiff(shown, text, fresh, io.color))
    writeAtomically(path, fresh)
    written++
  }
  io.err(
    written === 0
      ? 'Every fixture already says what comes out.\n'
      : `${written} ${written === 1 ? 'file' : 'files'} updated; look at the difference before it is committed.\n`,
  )
  return 0
}
