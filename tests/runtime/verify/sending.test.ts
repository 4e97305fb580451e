import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Context } from '../../../runtime/engines/engine.ts'
import { sendWhileRunning } from '../../../runtime/verify/sending.ts'

function contextOf(signal = new AbortController().signal): Context {
  return { signal, now: () => 5 } as unknown as Context
}

async function untilAborted({ signal }: Context): Promise<never> {
  await sleep(60_000, undefined, { signal })
  throw new Error('nobody ended this')
}

describe('sending while engines run', () => {
  it('gives what ran, and tells it when all is sent', async () => {
    const seen: boolean[] = []
    const answer = await sendWhileRunning(
      contextOf(),
      () => sleep(20),
      async (_, sending) => {
        seen.push(sending.done)
        while (!sending.done) await sleep(1)
        seen.push(sending.done)
        return 'rows'
      },
    )
    expect(answer).toEqual({ ran: 'rows', sentAt: 5 })
    expect(seen).toEqual([false, true])
  })

  it('waits for no engine when sending fails, and says why it did', async () => {
    let ended = false
    const running = sendWhileRunning(
      contextOf(),
      async () => Promise.reject(new Error('the broker has gone')),
      (context) =>
        untilAborted(context).finally(() => {
          ended = true
        }),
    )
    await expect(running).rejects.toThrow('the broker has gone')
    expect(ended).toBe(true)
  })

  it('leaves no sender at work when the engines fail', async () => {
    let sent = false
    const running = sendWhileRunning(
      contextOf(),
      async () => {
        await sleep(20)
        sent = true
      },
      async () => Promise.reject(new Error('the job has gone')),
    )
    await expect(running).rejects.toThrow('the job has gone')
    expect(sent).toBe(true)
  })

  it('ends both with the signal', async () => {
    const user = new AbortController()
    const running = sendWhileRunning(
      contextOf(user.signal),
      () => untilAborted(contextOf(user.signal)),
      untilAborted,
    )
    user.abort(new Error('Ctrl-C'))
    await expect(running).rejects.toThrow(/abort/i)
  })
})
