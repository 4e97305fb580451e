/** Spark SQL as dt-sql-parser reads it, and Python as Python does. The engine tests give the same texts to Spark itself. */
import { spawnSync } from 'node:child_process'
import { SparkSQL } from 'dt-sql-parser'
import { lacks } from '../../fixtures/tools.ts'

export const hasPython = !lacks('python3', '--version')

/** What a script is made of: its syntax tree without the texts in it, and those texts. */
export interface Parsed {
  readonly shape: string
  /** Of `F.expr(…)` and `.where(…)`, in order. */
  readonly expressions: readonly string[]
  readonly strings: readonly string[]
}

const program = `
import ast, json, sys

def parsed(text):
    tree = ast.parse(text)
    found = {"expressions": [], "strings": []}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("expr", "where"):
            found["expressions"].append(node.args[0].value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found["strings"].append(node.value)
            node.value = ""
    return {"shape": ast.dump(tree), **found}

json.dump([parsed(text) for text in json.load(sys.stdin)], sys.stdout)
`

/** All scripts in one Python process; throws with its words when one is no Python. */
export function parsePython(scripts: readonly string[]): readonly Parsed[] {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify(scripts),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as readonly Parsed[]
}

/** Complaints about an expression. */
export function syntaxErrors(expression: string): readonly string[] {
  return quietly(() => new SparkSQL().validate(`SELECT ${expression} FROM t`)).map(({ message }) => message)
}

/** The kinds of an expression's tokens, without white space and comments. */
export function kinds(expression: string): readonly number[] {
  return quietly(() => new SparkSQL().getAllTokens(`SELECT ${expression}`))
    .filter(({ channel }) => channel === 0)
    .map(({ type }) => type)
}

/** The parser prints every complaint to the console besides returning it. */
function quietly<T>(parse: () => T): T {
  const { error } = console
  console.error = () => {}
  try {
    return parse()
  } finally {
    console.error = error
  }
}
