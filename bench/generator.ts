/** The demo's records into a file: beside what faker needs for their ids alone. */
import { join } from 'node:path'
import { openInPlace } from '../cli/files.ts'
import type { Generator } from '../compiler/ir.ts'
import { loadFaker } from '../runtime/produce/faker.ts'
import { createGenerator, fixedStart } from '../runtime/produce/generator.ts'
import { unpaced } from '../runtime/produce/pace.ts'
import { writeRecords } from '../runtime/produce/write.ts'
import { demo } from '../tests/fixtures/demo.ts'
import type { Ending } from './ending.ts'
import { median, perCpuSecond, type Row, thousands } from './row.ts'

const count = 500_000
const promised = 200_000

/** An option, even an empty one, has faker itself make the ids, as it makes whatever else a pipeline names. */
const throughFaker: Generator = {
  fields: demo.generator!.fields.map((field) =>
    field.rule.kind === 'faker' ? { ...field, rule: { ...field.rule, arguments: [{}] } } : field,
  ),
}

export async function benchGenerator(ending: Ending): Promise<Row[]> {
  const [ours, faker, ids]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < 3; round++) {
    ours.push(await toFile(demo.generator, ending))
    faker.push(await toFile(throughFaker, ending))
    ids.push(await idsAlone())
  }
  const floor = `${thousands(median(ids))} for faker.string.uuid() alone`
  return [
    {
      what: 'generator: records of the demo into a file',
      measured: thousands(median(ours)),
      floor,
      bound: `at least ${thousands(promised)} of one core`,
      holds: median(ours) >= promised,
    },
    throughFakerRow(median(faker), median(ids), floor),
  ]
}

/** Nothing is promised of it: on a slow core faker alone leaves no room for the rest. It shows what the limit is. */
function throughFakerRow(rate: number, idsAlone: number, floor: string): Row {
  const share = Math.round((100 * rate) / idsAlone)
  return {
    what: 'generator: the same, their ids made by faker itself',
    measured: `${thousands(rate)}; ${share} % of a record's time is faker's own`,
    floor,
    bound: 'none: faker is the limit',
    holds: null,
  }
}

async function toFile(rules: Generator | null, ending: Ending): Promise<number> {
  const clock = { kind: 'spread', startMillis: fixedStart, eventsPerSecond: 1000 } as const
  const generator = await createGenerator(demo.source, rules, { seed: 1, clock })
  const file = openInPlace(join(ending.folder(), 'records.ndjson'))
  const options = { count, pace: unpaced, signal: new AbortController().signal, onProgress: () => {} }
  try {
    return await perCpuSecond(count, () => writeRecords(generator, (text) => file.write(text), options))
  } finally {
    file.keep()
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
