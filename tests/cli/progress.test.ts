import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createProgress } from '../../cli/views/progress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function drawn(terminal: boolean) {
  const stream = Object.assign(new PassThrough(), { columns: 80 }) as unknown as NodeJS.WriteStream &
    PassThrough
  const text = (): string => String(stream.read() ?? '')
  return { progress: createProgress(stream, terminal), text }
}

describe.each([
  ['a terminal', true],
  ['plain lines', false],
])('on %s', (_, terminal) => {
  test('what is done is done wholly, and what fails ends where it stands', () => {
    const { progress, text } = drawn(terminal)
    const good = progress.start('copying', 10)
    good.update(9)
    good.finish('10 files')
    expect(text()).toContain('copying 100 %, 10 files\n')
    const bad = progress.start('starting', 8)
    bad.update(3)
    bad.fail('failed')
    expect(text()).toContain('starting 37 %, failed\n')
  })

  test('what cannot say how far it is says how long it has gone on', () => {
    const { progress, text } = drawn(terminal)
    const step = progress.start('waiting', null)
    step.update(0, 'the driver starts')
    vi.advanceTimersByTime(6_000)
    expect(text()).toContain('waiting, the driver starts, 6 s\n')
    step.finish('done')
    expect(text()).toMatch(/waiting, done\n$/)
  })

  test('what has been told is not told again', () => {
    const { progress, text } = drawn(terminal)
    const step = progress.start('starting', 8)
    vi.advanceTimersByTime(4_000)
    step.fail('failed')
    text()
    step.finish()
    step.fail('again')
    expect(text()).toBe('')
  })

  test('what is over at once and well says nothing', () => {
    const { progress, text } = drawn(terminal)
    progress.start('starting', 8).finish()
    expect(text()).toBe('')
  })
})
