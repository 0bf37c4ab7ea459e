import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { NODE_ENV, NODE_FLAGS } from './supervise.ts'

function textOf(file: string): string {
  return readFileSync(new URL(`../../../deploy/images/${file}`, import.meta.url), 'utf8')
}

describe('what keeps a process small', () => {
  it('is the same under up as in the image', () => {
    expect(textOf('entrypoint.sh')).toContain(`exec node ${NODE_FLAGS.join(' ')} `)
    const settings = Object.entries(NODE_ENV).map(([name, value]) => `${name}=${value}`)
    expect(textOf('Dockerfile')).toContain(` ${settings.join(' ')} `)
  })
})
