import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { frame, lineStarts } from '../../compiler/diagnostics/frame.ts'
import { readFixtures } from '../../compiler/fixtures.ts'

const pipeline = compile(readFileSync('pipeline.yaml')).output!.pipeline

it('complains of fixture files as of pipelines, each mistake at its place', async () => {
  const { text, diagnostics, fixtures } = readFixtures(
    readFileSync('tests/fixture-files/refused/fixtures.yaml'),
    pipeline,
  )
  const frames = diagnostics.map((each) => frame('fixtures.yaml', text, lineStarts(text), each))
  await expect(`${frames.join('\n\n')}\n`).toMatchFileSnapshot('../fixture-files/refused/diagnostics.txt')
  expect(fixtures).toEqual([])
})

it('merges defaults under each row and keeps whole numbers exact', () => {
  const { fixtures } = readFixtures(
    Buffer.from(
      'defaults: { status: Paid, total_paid: 1 }\ncases:\n  - name: x\n    input: [{ row: { total_paid: 9007199254740993 }, partition: 2 }]\n    expect: []\n',
    ),
    pipeline,
  )
  expect(fixtures[0]?.input).toMatchObject([
    { kind: 'record', line: '{"status":"Paid","total_paid":9007199254740993}', partition: 2, fate: null },
  ])
})
