import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { watchFile } from '../../cli/watch.ts'
import { keptIo } from '../fixtures/io.ts'

class Watcher extends EventEmitter {
  closed = false
  close(): void {
    this.closed = true
  }
}

const watcher = vi.hoisted(() => ({ current: null as unknown }))

/** What a real one says only when the system loses it. */
vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  watch: () => watcher.current,
}))

test('a watcher that the system takes away is an error that says what to do, and nothing is left of it', async () => {
  const own = new Watcher()
  watcher.current = own
  const watching = watchFile('/somewhere/pipeline.yaml', keptIo(), async () => {})
  own.emit('error', new Error('too many'))
  await expect(watching).rejects.toMatchObject({
    message: 'Cannot watch /somewhere: too many.',
    next: expect.stringContaining('--watch'),
  })
  expect(own.closed).toBe(true)
})
