/** The demo's records into a file: beside what faker needs for their ids alone. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openInPlace } from '../cli/files.ts'
import type { Generator } from '../compiler/ir.ts'
import { loadFaker } from '../runtime/produce/faker.ts'
import { createGenerator, fixedStart } from '../runtime/produce/generator.ts'
import { unpaced } from '../runtime/produce/pace.ts'
import { writeRecords } from '../runtime/produce/write.ts'
import { demo } from '../tests/fixtures/demo.ts'
import { median, perCpuSecond, type Row, thousands } from './row.ts'

const count = 500_000
const promised = 200_000

/** An option, even an empty one, has faker itself make the ids, as it makes whatever else a pipeline names. */
const throughFaker: Generator = {
  fields: demo.generator!.fields.map((field) =>
    field.rule.kind === 'faker' ? { ...field, rule: { ...field.rule, arguments: [{}] } } : field,
  ),
}

export async function benchGenerator(): Promise<Row[]> {
  const [ours, faker, ids]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < 3; round++) {
    ours.push(await toFile(demo.generator))
    faker.push(await toFile(throughFaker))
    ids.push(await idsAlone())
  }
  const floor = `${thousands(median(ids))} for faker.string.uuid() alone`
  return [
    row('generator: records of the demo into a file', median(ours), floor),
    row('generator: the same, their ids made by faker itself', median(faker), floor),
  ]
}

function row(what: string, rate: number, floor: string): Row {
  return {
    what,
    measured: thousands(rate),
    floor,
    bound: `at least ${thousands(promised)} of one core`,
    holds: rate >= promised,
  }
}

async function toFile(rules: Generator | null): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'pipec-bench-'))
  const clock = { kind: 'spread', startMillis: fixedStart, eventsPerSecond: 1000 } as const
  const generator = await createGenerator(demo.source, rules, { seed: 1, clock })
  const file = openInPlace(join(folder, 'records.ndjson'))
  const options = { count, pace: unpaced, signal: new AbortController().signal, onProgress: () => {} }
  try {
    return await perCpuSecond(count, () => writeRecords(generator, (text) => file.write(text), options))
  } finally {
    file.keep()
    rmSync(folder, { recursive: true })
  }
}

async function idsAlone(): Promise<number> {
  const faker = await loadFaker(1, fixedStart)
  let length = 0
  return perCpuSecond(count, async () => {
    for (let made = 0; made < count; made++) length += faker.string.uuid().length
    return length
  })
}
