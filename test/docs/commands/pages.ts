/** Every command that a page tells its reader to run. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../../..')

/** Programs that a command between backticks within a sentence begins with. */
const PROGRAMS =
  'make|kubectl|helm|docker|curl|grpcurl|node-doctor|npx|node|npm|vitest|apt-get|scripts/\\S+|test/\\S+\\.sh|deploy/\\S+\\.sh'

export interface Command {
  /** Page and line. */
  readonly at: string
  /** As it stands there; lines that end with a backslash are joined. */
  readonly text: string
  /** What stands behind the block's opening backticks; "inline" within a sentence. */
  readonly mark: string
}

export interface Block {
  readonly at: string
  readonly mark: string
  readonly text: string
  readonly line: number
}

/** Pages of people: the README of the project, docs, and the README of every folder. */
export function pages(): string[] {
  const patterns = ['README.md', 'docs/**/*.md', '{deploy,services,libs,test}/**/README.md']
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted()
}

export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(/^ *```(.*)\n([\s\S]*?)^ *```/gm)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length
    return { at: `${page}:${line}`, mark: (match[1] ?? '').trim(), text: match[2] ?? '', line }
  })
}

function linesOf({ at, mark, text }: Block): Command[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ at, text: line, mark }))
}

/** "… /_fake/down" stands for the line above it in its table. */
function whole(text: string): string {
  return text.replace(/^… (?=\/_fake)/, 'curl -X POST http://127.0.0.1:6443')
}

function inlineOf(page: string, text: string): Command[] {
  const prose = text.replace(/^ *```(.*)\n([\s\S]*?)^ *```/gm, (block) => block.replace(/[^\n]/g, ''))
  const begins = new RegExp(`^([A-Z_]+=\\S+ )*(${PROGRAMS}) \\S|^… /_fake`)
  return prose.split('\n').flatMap((line, index) =>
    [...line.matchAll(/`([^`]+)`/g)]
      .map(([, code = '']) => whole(code))
      .filter((code) => begins.test(code))
      .map((code) => ({ at: `${page}:${index + 1}`, text: code, mark: 'inline' })),
  )
}

/** Those of blocks marked `sh` or `sh …`, and those within sentences. */
export function commandsOf(page: string, text: string): Command[] {
  const blocks = blocksOf(page, text).filter(({ mark }) => /^sh( |$)/.test(mark))
  return [...blocks.flatMap(linesOf), ...inlineOf(page, text)]
}

export function allCommands(): Command[] {
  return pages().flatMap((page) => commandsOf(page, readPage(page)))
}
