import { expect, test } from 'vitest'
import { backlogOf } from '../../../runtime/verify/engine-run.ts'

test('the backlog of a job is that of all its queries, and unknown while one of them does not know', () => {
  expect(backlogOf('CTAS_A_1 RUNNING, 1,500 records behind')).toBe(1500)
  expect(backlogOf('CSAS_A_1 RUNNING, 0 records behind; CTAS_A_3 RUNNING, 7 records behind')).toBe(7)
  expect(backlogOf('CSAS_A_1 RUNNING, 0 records behind; CTAS_A_3 RUNNING, position not known yet')).toBeNull()
  expect(backlogOf('CTAS_A_3 RUNNING, position not known yet')).toBeNull()
  expect(backlogOf('job 7a RUNNING, 12 behind, closed up to 2024')).toBe(12)
  expect(backlogOf('driver-2024, batch 3')).toBeNull()
})
