declare module 'ksql-lint' {
  export const KsqlValidator: {
    validate(input: string): { line: number; column: number; message: string }[]
  }
}

declare module 'ksql-lint/lib/SqlBaseLexer.js' {
  import type { CharStream, Lexer } from 'antlr4'

  const SqlBaseLexer: { new (input: CharStream): Lexer; symbolicNames: (string | null)[] }
  export default SqlBaseLexer
}
