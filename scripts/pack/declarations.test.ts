import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { declarationsOf } from './declarations.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-types-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

function made(files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const index = join(folder, 'index.ts')
  const { types, entries } = declarationsOf(folder, { '#wide': './wide.ts' }, [index])
  return { types, names: Object.fromEntries(entries.get(index) ?? []) }
}

describe('the types of a package', () => {
  it('are what its entries need, each once, with their words, and nothing of the rest', () => {
    const { types, names } = made({
      'index.ts': `export { make as create, type Made } from './make.ts'\nexport * from './all.ts'\n`,
      'make.ts': `import type { Way, Other as Second } from '#wide'
/** What is made. */
export interface Made { readonly way: Way; readonly second: Second<string> }
const secret = 3
/** Makes it. */
export function make<Way>(way: Way, rest: readonly Made[] = []): Made { return { way, rest, secret } as never }
`,
      'wide.ts': `import type { Readable } from 'node:stream'
export type Way = { readonly stream: Readable } | (typeof WAYS)[number]
export const WAYS = ['a', 'b'] as const
export interface Other<T> { readonly other: T; readonly made: Unneeded extends infer U ? U : never }
type Unneeded = { readonly [Key in 'x']: Key }
export interface Never { readonly huge: string }
`,
      'all.ts': `export class Fault extends Error { readonly code = 'FAULT' }\n`,
    })
    expect(names).toEqual({ create: 'make', Made: 'Made', Fault: 'Fault' })
    expect(types).toBe(`import type { Readable } from 'node:stream'

/** Makes it. */
export declare function make<Way>(way: Way, rest?: readonly Made[]): Made;

/** What is made. */
export interface Made {
    readonly way: Way;
    readonly second: Other<string>;
}

export declare class Fault extends Error {
    readonly code = "FAULT";
}

export type Way = {
    readonly stream: Readable;
} | (typeof WAYS)[number];

export interface Other<T> {
    readonly other: T;
    readonly made: Unneeded extends infer U ? U : never;
}

export declare const WAYS: readonly ["a", "b"];

export type Unneeded = {
    readonly [Key in 'x']: Key;
};
`)
  })

  it.each([
    [
      {
        'index.ts': `export type { A } from './a.ts'\nexport type { B } from './b.ts'\n`,
        'a.ts': 'export type A = B\ninterface B {}\n',
        'b.ts': 'export interface B {}\n',
      },
      /B is declared in .*b\.ts and in .*a\.ts; rename one|B is declared in .*a\.ts and in .*b\.ts; rename one/,
    ],
    [
      { 'index.ts': `export { missing } from './a.ts'\n`, 'a.ts': '' },
      /index\.ts exports missing, which nobody declares/,
    ],
    [
      { 'index.ts': `export type A = import('./a.ts').B\n`, 'a.ts': '' },
      /import it by its name, so that it can be followed/,
    ],
  ])('cannot be made of what cannot be followed: %j', (files, text) => {
    expect(() => made(files as Record<string, string>)).toThrow(text)
  })
})
