import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { KafkaRecord, Sender } from '../../runtime/engines/kafka-produce.ts'
import type { RecordGenerator } from '../../runtime/produce/generator.ts'
import { pacedAt, unpaced } from '../../runtime/produce/pace.ts'
import { sendRecords } from '../../runtime/produce/send.ts'
import { sharesOf } from '../../runtime/produce/shares.ts'
import { writeRecords } from '../../runtime/produce/write.ts'

const forever = new AbortController().signal

/** Keys k0 to k9 in turn, or none. */
function numbered(keyed = true): RecordGenerator {
  let next = 0
  return { next: () => ({ key: keyed ? `k${next % 10}` : null, value: String(next++) }) }
}

interface Slow {
  readonly sender: Sender
  readonly batches: { readonly partition: number; readonly records: readonly KafkaRecord[] }[]
  /** The most batches that one partition ever had on their way at once. */
  overlap: number
}

/** Three partitions; `fails` sees the number of the batch. */
function slowSender(fails: (batch: number) => boolean = () => false): Slow {
  const flying = [0, 0, 0]
  const slow: Slow = { batches: [], overlap: 0, sender: null as never }
  const sender: Sender = {
    partitions: 3,
    partitionOf: (key) => Number(key.slice(1)) % 3,
    async send(partition, records) {
      flying[partition]!++
      slow.overlap = Math.max(slow.overlap, flying[partition]!)
      slow.batches.push({ partition, records })
      const batch = slow.batches.length
      await sleep(2)
      flying[partition]!--
      if (fails(batch)) throw new Error('the broker is gone')
    },
    close: async () => {},
  }
  return Object.assign(slow, { sender })
}

test('exactly so many, each key in its partition and in order, one batch at a time in each', async () => {
  const slow = slowSender()
  const sent = await sendRecords(numbered(), slow.sender, {
    count: 12_345,
    pace: unpaced,
    signal: forever,
    onProgress() {},
  })
  expect(sent).toEqual({ acknowledged: 12_345, uncertain: 0, error: null })
  expect(slow.overlap).toBe(1)
  for (const partition of [0, 1, 2]) {
    const values = slow.batches
      .filter((batch) => batch.partition === partition)
      .flatMap(({ records }) => records)
    expect(values.every(({ key }) => Number(key!.slice(1)) % 3 === partition)).toBe(true)
    const order = values.map(({ value }) => Number(value))
    expect(order).toEqual([...order].sort((one, other) => one - other))
  }
})

test('records without a key go to every partition', async () => {
  const slow = slowSender()
  await sendRecords(numbered(false), slow.sender, {
    count: 9_000,
    pace: unpaced,
    signal: forever,
    onProgress() {},
  })
  expect(new Set(slow.batches.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
})

test('an error ends it: what was acknowledged is counted, what was on its way is uncertain', async () => {
  const slow = slowSender((batch) => batch >= 4)
  const sent = await sendRecords(numbered(), slow.sender, {
    count: 100_000,
    pace: unpaced,
    signal: forever,
    onProgress() {},
  })
  const sizes = slow.batches.map(({ records }) => records.length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  expect(sent.error).toEqual(new Error('the broker is gone'))
  expect(sent.acknowledged).toBe(sizes.slice(0, 3).reduce((sum, size) => sum + size, 0))
  expect(sent.acknowledged + sent.uncertain).toBe(total)
  expect(total).toBeLessThan(20_000)
})

test('the signal ends it after what is on its way', async () => {
  const slow = slowSender()
  const stop = new AbortController()
  const onProgress = (acknowledged: number): void => {
    if (acknowledged > 5_000) stop.abort()
  }
  const sent = await sendRecords(numbered(), slow.sender, {
    count: null,
    pace: unpaced,
    signal: stop.signal,
    onProgress,
  })
  const total = slow.batches.reduce((sum, { records }) => sum + records.length, 0)
  expect(sent).toEqual({ acknowledged: total, uncertain: 0, error: null })
})

test('a rate is kept, and small rates do not wait for a full batch', async () => {
  const slow = slowSender()
  const began = Date.now()
  const pace = pacedAt(400, Date.now)
  await sendRecords(numbered(), slow.sender, { count: 200, pace, signal: forever, onProgress() {} })
  expect(Date.now() - began).toBeGreaterThan(450)
  expect(slow.batches.length).toBeGreaterThan(10)
})

test('a generator that fails ends it with its error', async () => {
  const broken: RecordGenerator = {
    next() {
      throw new RangeError('no more')
    },
  }
  const sent = await sendRecords(broken, slowSender().sender, {
    count: 5,
    pace: unpaced,
    signal: forever,
    onProgress() {},
  })
  expect(sent.error).toEqual(new RangeError('no more'))
})

test('shares add up', () => {
  const whole = {
    source: null as never,
    generator: null,
    endpoint: null as never,
    seed: 1,
    count: 10,
    rate: 9,
  }
  const shares = sharesOf(whole, 3)
  expect(shares.map(({ count }) => count)).toEqual([4, 3, 3])
  expect(shares.map(({ rate }) => rate)).toEqual([3, 3, 3])
  expect(sharesOf({ ...whole, count: null, rate: null }, 2).map(({ count, rate }) => [count, rate])).toEqual([
    [null, null],
    [null, null],
  ])
})

test('lines are written whole and counted, and the signal stops them', async () => {
  let text = ''
  const write = (more: string): void => {
    text += more
  }
  const options = { pace: unpaced, signal: forever, onProgress() {} }
  expect(await writeRecords(numbered(), write, { ...options, count: 9_001 })).toBe(9_001)
  expect(text.split('\n')).toHaveLength(9_002)
  expect(text.startsWith('0\n1\n2\n')).toBe(true)
  const stop = new AbortController()
  const written = await writeRecords(numbered(), write, {
    ...options,
    signal: stop.signal,
    count: null,
    onProgress: () => stop.abort(),
  })
  expect(written).toBe(4_000)
})
