/** Templates are compiled when the package is built; here they meet their views. */
import Handlebars from 'handlebars/dist/cjs/handlebars.runtime.js'
import { templates } from './precompiled/templates.ts'
import type { Py, Sql } from './text.ts'

export type TemplateName = keyof typeof templates

/** No optional fields and no raw strings: the model has decided and quoted everything. */
export interface View {
  readonly [name: string]: Leaf | View | readonly Leaf[] | readonly View[]
}

type Leaf = Sql | Py | number | boolean

/** Each may stand in another, as `{{> [name]}}`. */
const compiled = Object.fromEntries(
  Object.entries(templates).map(([name, template]) => [name, Handlebars.template(template)]),
)

/** The template's text with the view's leaves in it; a name that the view lacks throws. */
export function render(template: TemplateName, view: View): string {
  return compiled[template]!(view, { partials: compiled })
}
