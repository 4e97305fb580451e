/** A plan and its outcome, for people and for programs. */
import { createColors } from 'picocolors'
import type { Applied } from '../../runtime/apply.ts'
import type { Action, Change } from '../../runtime/engines/engine.ts'
import { countActions, isChange, type Plan } from '../../runtime/plan.ts'

const marks: Readonly<Record<Action, string>> = {
  create: '+',
  update: '~',
  replace: '!',
  delete: '-',
  unchanged: ' ',
  refuse: 'x',
}
const words: Readonly<Record<Action, string>> = {
  create: 'to create',
  update: 'to update',
  replace: 'to replace',
  delete: 'to delete',
  unchanged: 'unchanged',
  refuse: 'refused',
}

export function planText(plan: Plan, color: boolean): string {
  const lines = plan.changes.map((each) => changeText(each, color))
  return `${lines.join('')}${plan.notes.map((note) => `${note}\n`).join('')}${summary(plan)}\n`
}

function changeText(change: Change, color: boolean): string {
  const paint = painter(change.action, color)
  const details = [
    change.reason,
    ...change.fields.map(({ field, from, to }) => `${field}: ${from} -> ${to}`),
    ...(change.state === null ? [] : [`state: ${change.state}`]),
  ]
  const head = paint(`${marks[change.action]} ${change.action.padEnd(9)} ${change.address}`)
  return `${head}\n${details.map((each) => `    ${each}\n`).join('')}`
}

function painter(action: Action, color: boolean): (text: string) => string {
  const { green, yellow, red, dim } = createColors(color)
  return { create: green, update: yellow, replace: red, delete: red, unchanged: dim, refuse: red }[action]
}

function summary({ changes, environment }: Plan): string {
  const counts = countActions(changes)
  const parts = (Object.keys(words) as Action[])
    .filter((action) => counts[action])
    .map((action) => `${counts[action]} ${words[action]}`)
  const total = changes.some(isChange) ? '' : 'Nothing to change: '
  return `${total}${parts.join(', ') || 'nothing is there'} (${environment}).`
}

/** Stable: documented in docs/json.md. */
export function planJson(plan: Plan): unknown {
  const { environment, pipeline, notes, changes } = plan
  return { environment, pipeline, changes: changes.map(changeJson), notes, summary: countActions(changes) }
}

function changeJson({ address, engine, action, reason, fields, state, desired, actual }: Change): unknown {
  return {
    address,
    engine,
    action,
    reason,
    fields,
    state,
    line: desired?.line ?? null,
    status: actual?.status ?? null,
  }
}

export function appliedJson(plan: Plan, applied: Applied): unknown {
  const failed =
    applied.failed === null
      ? null
      : { ...(changeJson(applied.failed.change) as object), error: applied.failed.failure.message }
  return {
    environment: plan.environment,
    pipeline: plan.pipeline,
    done: applied.done.map(changeJson),
    failed,
    left: applied.left.map(changeJson),
  }
}
