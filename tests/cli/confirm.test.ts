import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { confirm } from '../../cli/confirm.ts'
import { keptIo } from '../fixtures/io.ts'

function terminal(answer: string) {
  const stdin = Object.assign(Readable.from([`${answer}\n`]), { isTTY: true })
  return keptIo({ stdin })
}

test.each([
  ['yes', true],
  ['Y', true],
  ['no', false],
  ['', false],
  ['yesterday', false],
])('"%s" is %s', async (answer, agreed) => {
  expect(await confirm('Apply this to production?', terminal(answer))).toBe(agreed)
})

test('where nobody can answer, nothing is done', async () => {
  await expect(confirm('Apply this to production?', keptIo())).rejects.toMatchObject({
    message: expect.stringContaining('nothing was done'),
    next: expect.stringContaining('--yes'),
  })
})
